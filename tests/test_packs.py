"""Packs: rules of further sources that add to those that ship, and what is refused of them."""

import json
import re
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from regimen_advisor import Standing, advise, compare, explain
from regimen_advisor.advice import Advice
from regimen_advisor.cli.app import app
from regimen_advisor.differing import source_differences
from regimen_advisor.documents.writing import rendered
from regimen_advisor.files.errors import InputError
from regimen_advisor.guideline import Case, Guideline
from regimen_advisor.knowledge.finding_packs import named_folder, shipped_folder
from regimen_advisor.knowledge.publications import last_day
from regimen_advisor.knowledge.rulebook import Rulebook, chosen_folders, fresh_manifest, load_rulebook
from regimen_advisor.knowledge.source_names import SourceNames
from regimen_advisor.page.serving import answered
from regimen_advisor.reports.advice_document import document
from regimen_advisor.reports.screen import screen
from regimen_advisor.reviewing.checking import check
from regimen_advisor.reviewing.differing import sources_differ
from regimen_advisor.reviewing.revisions import named_rulebook
from regimen_advisor.reviewing.same_studies import studies_twice
from regimen_advisor.reviewing.silences import silences_ended
from small_rulebooks import LABELS, SOURCES, write_two_rules

FIRST, SECOND = LABELS
ROOT = Path(__file__).parent.parent
RULES = ROOT / "rules"
PACK = ROOT / "examples" / "invented-consensus"
ALK = ROOT / "profiles" / "alk-untreated.yaml"
BRAIN = ROOT / "profiles" / "egfr-l858r-brain-metastases-untreated.yaml"


@pytest.fixture(scope="module")
def stack() -> Rulebook:
    return load_rulebook([RULES, PACK])


def made(tmp_path: Path, name: str = "pack", **files: str) -> Path:
    """A pack of these files; ``__`` stands for a slash and the ending is left out."""
    folder = tmp_path / name
    for file, text in files.items():
        path = folder / f"{file.replace('__', '/').replace('_', '-')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def written(advice: Advice) -> str:
    """The whole answer as markdown, on one line."""
    assert isinstance(advice.case, Case)
    guideline, patient = advice.case.guideline, advice.case.patient
    shown = document(screen(advice, guideline.rulebook, patient, cut=False))
    return " ".join(rendered(shown, "markdown").split())


def problems(*folders: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        load_rulebook(folders)
    return [str(problem) for problem in caught.value.problems]


def test_the_example_pack_adds_to_the_rules_that_ship(shipped: Rulebook, stack: Rulebook) -> None:
    assert set(stack.rules) - set(shipped.rules) == {
        "ic-alectinib-first-line", "ic-ivonescimab-first-line", "ic-no-erlotinib-bevacizumab-in-brain-metastases",
        "already-failed-alectinib",  # the rule that ships for each regimen, for the new one too
    }  # fmt: skip
    assert set(shipped.rules) <= set(stack.rules)
    assert set(stack.reviews) - set(shipped.reviews) == {"invented-consensus"}
    assert not check(stack, warn=False).faults


def test_a_source_offers_where_the_reviews_are_silent_and_the_silence_ends(shipped: Rulebook, stack: Rulebook) -> None:
    before, after = advise(ALK, shipped), advise(ALK, stack)
    assert "silent-on-alk-drugs" in {entry.rule for entry in before.silent}
    assert "silent-on-alk-drugs" not in {entry.rule for entry in after.silent}
    assert after.standing("alectinib") is Standing.OFFERED


def test_sources_are_called_what_they_are(shipped: Rulebook, stack: Rulebook) -> None:
    assert "Standard stated by the reviews" in written(advise(ALK, shipped))
    after = written(advise(ALK, stack))
    assert "Standard stated by the sources" in after
    assert "by the reviews" not in after
    (first, *_) = stack.reviews.values()
    guideline = first.model_copy(update={"key": "g", "kind": "guideline"})
    assert SourceNames({"g": guideline}).trials == "Trials under way when the guideline was written"
    assert SourceNames({"g": guideline, "h": guideline}).outside == "outside the guidelines"
    assert SourceNames({"g": guideline, "r": first}).of(["g"]) == "the guideline"


def test_no_word_of_the_program_supposes_what_its_sources_are() -> None:
    """But for the names of keys and values, ``review`` and ``outside the reviews``, in the files that are read."""
    of_a_format = (
        "knowledge/publications.py",
        "knowledge/rules.py",
        "advice.py",
        "advising.py",
        "explaining/arguments.py",
        "page/data.py",
    )
    package = ROOT / "src" / "regimen_advisor"
    shown = [file for ending in ("py", "js", "j2") for file in package.rglob(f"*.{ending}")]
    shown = [file for file in shown if file.name != "source_names.py"]
    labels = "|".join(review.cited_as for review in load_rulebook([RULES]).reviews.values())
    for file in shown:
        code = re.sub(
            r'(?s:"{3}.*?"{3})|(?m:^ *(?://|\*|/\*\*|#).*$)', "", file.read_text("utf-8")
        )  # prose for readers
        if file.relative_to(package).as_posix() in of_a_format:
            code = re.sub('"outside the reviews"|"stated in the review text"', "", code)
        found = re.findall(rf"\b(?:[Tt]he|two|both|these) reviews?\b|\b(?:{labels}) \d", code)
        assert not found, f"{file}: {found}"


def test_a_silence_goes_on_for_the_patients_to_whom_the_source_offers_nothing(stack: Rulebook) -> None:
    after = advise(ROOT / "profiles" / "alk-after-alectinib.yaml", stack)
    assert "silent-on-alk-drugs" in {entry.rule for entry in after.silent}


def test_a_source_excludes_what_a_review_offers_and_the_explanation_shows_both(stack: Rulebook) -> None:
    assert advise(BRAIN, stack).standing("erlotinib-bevacizumab") is Standing.EXCLUDED
    (answer,) = explain(BRAIN, stack, regimen="erlotinib-bevacizumab").options
    cited = {argument.cited for argument in answer.arguments}
    assert {f"{FIRST} 4.2", "IC 3"} <= cited


def test_a_grade_is_reported_in_the_words_of_its_source(stack: Rulebook) -> None:
    rule = stack.rules["ic-ivonescimab-first-line"]
    assert rule.says.endswith("(grade of IC: weak, by two thirds of the invented experts).")


def test_each_source_keeps_its_own_figures_of_one_study(stack: Rulebook) -> None:
    rule = stack.rules["ivonescimab-first-line-pd-l1-positive"]
    assert rule.studies[:2] == ("harmoni-2", "ic-harmoni-2")
    figures = [stack.studies[name].results[0].values[0].value for name in rule.studies[:2]]
    assert figures == [11.14, 12.6]


def test_the_difference_of_the_stacks_is_what_the_pack_says(shipped: Rulebook, stack: Rulebook) -> None:
    changed = {change.subject for change in compare(shipped, stack).changes}
    assert "erlotinib-bevacizumab" in changed
    assert not any(stack.regimens[name].disease == "sclc" for name in changed if name in stack.regimens)


def test_a_pack_may_take_over_a_name_only_with_a_reason(tmp_path: Path) -> None:
    regimen = "- {id: ivonescimab, name: ivonescimab, disease: nsclc, drugs: [{drug: ivonescimab}],\n"
    regimen += f'   source: {{review: {SOURCES[1]}, section: "3.2"}}}}\n'
    pack = made(tmp_path, pack="name: mine\ntitle: Mine\n", regimens=regimen)
    (words,) = problems(RULES, pack)
    assert words.startswith(
        f"{pack / 'regimens.yaml'}:1:8: expected a new name, found that of the regimen `ivonescimab`"
    )
    allowed = "name: mine\ntitle: Mine\nreplaces: [{regimen: ivonescimab, reason: No dose is stated.}]\n"
    (pack / "pack.yaml").write_text(allowed, "utf-8")
    stack = load_rulebook([RULES, pack])
    assert stack.regimens["ivonescimab"].schedule is None
    assert [(change.outcome, change.id, change.reason) for change in stack.changes] == [
        ("replaced", "ivonescimab", "No dose is stated.")
    ]


def test_a_retired_rule_no_longer_counts_and_is_kept_with_the_reason(tmp_path: Path, shipped: Rulebook) -> None:
    text = "name: mine\ntitle: Mine\nretires: [{rule: erlotinib-bevacizumab-first-line, reason: Out of date.}]\n"
    stack = load_rulebook([RULES, made(tmp_path, pack=text)])
    assert set(shipped.rules) - set(stack.rules) == {"erlotinib-bevacizumab-first-line"}
    rule, change = stack.withdrawn["erlotinib-bevacizumab-first-line"]
    assert (rule.subject, change.reason) == ("erlotinib-bevacizumab", "Out of date.")


RETIRES = "name: mine\ntitle: Mine\nretires: [{%s, reason: For a reason.}]\n"
REPLACED = "REPLACED, RETIRED OR OVERRIDDEN BY A PACK\n"


def advised(profile: Path | str, pack: Path, *options: str) -> str:
    done = CliRunner().invoke(app, ["advise", str(profile), "--rules", str(RULES), "--rules", str(pack), *options])
    assert done.exit_code == 0, done.output
    return done.output


def unwrapped(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        (
            "rule: erlotinib-bevacizumab-first-line",
            "rule erlotinib-bevacizumab-first-line, retired by mine: For a reason. It read: Erlotinib with bevacizumab",
        ),
        ("regimen: erlotinib-bevacizumab", "regimen erlotinib-bevacizumab, retired by mine: For a reason."),
        ("study: jo25567", "study jo25567, retired by mine: For a reason."),
        # no rule names the study that gives the harm of bevacizumab
        ("study: sail", "study sail, retired by mine: For a reason."),
    ],
)
def test_an_answer_gives_the_reason_of_what_a_pack_retired_where_it_mattered(
    tmp_path: Path, entry: str, value: str
) -> None:
    pack = made(tmp_path, pack=RETIRES % entry)
    for options in ((), ("--format", "markdown"), ("--details",), ("--format", "html")):
        assert value in unwrapped(advised(BRAIN, pack, *options))
    assert "For a reason" not in advised(ALK, pack), "where it does not matter nothing is said"


def test_the_harm_that_a_retired_study_gave_is_known_where_its_file_is_gone(tmp_path: Path) -> None:
    """As on a worker of Spark, whose rules are deleted once they are read."""
    rules = shutil.copytree(RULES, tmp_path / "rules")
    stack = load_rulebook([rules, made(tmp_path, pack=RETIRES % "study: sail")])
    shutil.rmtree(rules)
    (bearing,) = Guideline.of(stack).bearings
    assert "bevacizumab-carboplatin-paclitaxel" in bearing.regimens


@pytest.mark.parametrize(
    "asked", [["lesson"], ["quiz", "--export", "quiz.md", "--patients"], ["cite", "--for"]], ids=lambda asked: asked[0]
)
def test_what_a_pack_retired_is_named_with_its_reason_in_lessons_quizzes_and_beside_citations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    pack = made(tmp_path, pack=RETIRES % "study: jo25567")
    printed = {}
    for profile in (BRAIN, ALK):
        done = CliRunner().invoke(app, [*asked, str(profile), "--rules", str(RULES), "--rules", str(pack)])
        assert done.exit_code == 0, done.output
        printed[profile] = done.output + (Path("quiz.md").read_text("utf-8") if asked[0] == "quiz" else "")
    assert "study jo25567, retired by mine: For a reason." in unwrapped(printed[BRAIN])
    assert "For a reason" not in printed[ALK]


FAILED = """
disease: nsclc
histology: adenocarcinoma
stage: IVB
history:
- {line: 1, drugs: [carboplatin, pemetrexed], outcome: progressed}
- {line: 2, drugs: [docetaxel], outcome: progressed}
- {line: 3, drugs: [anlotinib], outcome: progressed}
"""


def test_a_rule_that_is_declared_for_each_regimen_may_be_retired_for_one_or_replaced(
    tmp_path: Path, shipped: Rulebook
) -> None:
    profile = tmp_path / "failed.yaml"
    profile.write_text(FAILED, "utf-8")
    assert advise(profile, shipped).standing("anlotinib") is Standing.EXCLUDED
    text = RETIRES % "rule: already-failed-anlotinib"
    retired = load_rulebook([RULES, made(tmp_path, "first", pack=text)])
    assert set(shipped.rules) - set(retired.rules) == {"already-failed-anlotinib"}
    answer = advise(profile, retired)
    assert answer.standing("anlotinib").is_offered
    assert [change.reason for change in answer.changes] == ["For a reason."]
    source = shipped.regimens["anlotinib"].source.places[0]
    rule = f"""
setting: own
title: Own
disease: nsclc
rules:
  - id: already-failed-anlotinib
    exclude: {{regimen: anlotinib}}
    when: {{progressed_on: {{includes: anlotinib}}, ecog: {{at_least: 2}}}}
    source: {{review: {source.review}, section: "{source.section}"}}
    says: It has failed, and the patient is weak.
"""
    replaces = made(tmp_path, "second", pack=text.replace("retires", "replaces"), nsclc__own=rule)
    assert advise(profile, load_rulebook([RULES, replaces])).standing("anlotinib") is Standing.UNDETERMINED


def test_a_regimen_that_a_pack_retired_is_refused_with_the_reason(tmp_path: Path) -> None:
    stack = load_rulebook([RULES, made(tmp_path, pack=RETIRES % "regimen: erlotinib-bevacizumab")])
    for word in ("erlotinib-bevacizumab", "Erlotinib + bevacizumab"):
        with pytest.raises(InputError) as raised:
            explain(BRAIN, stack, regimen=word)
        assert str(raised.value) == f"regimen: `{word}` was retired by mine: For a reason."


@pytest.mark.sampled(3)
@pytest.mark.parametrize("form", ["text", "html", "json"])
@pytest.mark.parametrize("entry", ["study: jo25567", "rule: erlotinib-bevacizumab-first-line"])
def test_a_cohort_names_what_a_pack_changed_with_its_reason_where_it_bears_on_a_patient(
    tmp_path: Path, entry: str, form: str
) -> None:
    pytest.importorskip("polars", reason="the extra `cohort` is not installed")
    pack = made(tmp_path, pack=RETIRES % entry)
    printed = {}
    for name, rows in {
        "both": "a,nsclc,L858R,[]\nb,nsclc,wild-type,[]\nc,nsclc,,[]\n",
        "none": "b,nsclc,wild-type,[]\ne,sclc,,[]\n",
    }.items():
        table = tmp_path / f"{name}.csv"
        table.write_text("id,disease,egfr,history\n" + rows, "utf-8")
        done = CliRunner().invoke(app, ["cohort", str(table), "--rules", str(RULES), "--rules", str(pack), "-f", form])
        assert done.exit_code == 0, done.output
        printed[name] = unwrapped(done.output)
    if form == "json":
        (found,) = json.loads(printed["both"])["changed_by_packs"]
        assert found["patients"] == 2
    else:
        assert "retired by mine: For a reason." in printed["both"]
        assert "bear, on 2 patients" in printed["both"], "on a, and perhaps on c"
    assert "For a reason" not in printed["none"]


@pytest.mark.parametrize("form", ["text", "markdown", "html", "json", "explain", "page"])
def test_a_rule_that_a_pack_overrides_is_named_with_what_the_pack_says_instead(form: str) -> None:
    """The pack offers alectinib in ALK-positive disease, and overrides the caution that no option here hits ALK."""
    overridden = "rule alk-fusion-has-its-own-drugs, overridden by invented-consensus: Alectinib first"
    stack = ["--rules", str(RULES), "--rules", str(PACK)]
    if form == "explain":
        shown = CliRunner().invoke(app, ["explain", str(ALK), *stack]).output
    elif form == "page":
        shown = CliRunner().invoke(app, ["page", "--patients", str(ALK), "--output", "-", *stack]).output
    else:
        shown = advised(ALK, PACK, "--format", form)
    if form == "json":
        (change,) = json.loads(shown)["changes"]
        assert (change["id"], change["how"]) == ("alk-fusion-has-its-own-drugs", "overridden")
        assert change["said"].startswith("The tumour has an ALK fusion")
    else:
        assert overridden in unwrapped(shown)
    assert REPLACED not in advised(ROOT / "profiles" / "driver-negative-tps-50-untreated.yaml", PACK)


def test_diff_gives_the_reason_of_each_change_of_a_pack(tmp_path: Path) -> None:
    pack = made(tmp_path, pack=RETIRES % "rule: erlotinib-bevacizumab-first-line")
    for options in ((), ("--format", "json")):
        shown = CliRunner().invoke(app, ["diff", str(RULES), f"{RULES}+{pack}", *options]).output
        assert "For a reason." in shown
    same = CliRunner().invoke(app, ["diff", f"{RULES}+{pack}", f"{RULES}+{pack}"]).output
    assert "For a reason." not in same


def test_the_reason_of_a_replaced_regimen_is_given_where_the_regimen_is_an_option(tmp_path: Path) -> None:
    regimen = "- {id: ivonescimab, name: ivonescimab, disease: nsclc, drugs: [{drug: ivonescimab}],\n"
    regimen += f'   source: {{review: {SOURCES[1]}, section: "3.2"}}}}\n'
    text = (RETIRES % "regimen: ivonescimab").replace("retires", "replaces")
    pack = made(tmp_path, pack=text, regimens=regimen)
    offered = ROOT / "profiles" / "driver-negative-tps-50-untreated.yaml"
    assert "regimen ivonescimab, replaced by mine: For a reason." in unwrapped(advised(offered, pack))
    assert REPLACED not in advised(ALK, pack)
    assert REPLACED not in advised(offered, PACK)


def test_what_names_a_retired_study_does_without_it(tmp_path: Path) -> None:
    text = "name: mine\ntitle: Mine\nretires: [{study: jo25567, reason: Withdrawn.}]\n"
    stack = load_rulebook([RULES, made(tmp_path, pack=text)])
    assert "jo25567" not in stack.studies
    assert all("jo25567" not in rule.studies for rule in stack.rules.values())
    assert all("jo25567" not in approval.studies for approval in stack.approvals.values())


def test_the_rules_of_a_retired_regimen_go_with_it(tmp_path: Path) -> None:
    text = "name: mine\ntitle: Mine\nretires: [{regimen: gefitinib-apatinib, reason: Not sold here.}]\n"
    stack = load_rulebook([RULES, made(tmp_path, pack=text)])
    assert "gefitinib-apatinib" not in stack.regimens
    assert stack.withdrawn
    assert all(change.reason == "Not sold here." for _, change in stack.withdrawn.values())


def test_a_change_of_an_entry_that_is_not_there_is_refused_with_the_near_name(tmp_path: Path) -> None:
    text = "name: mine\ntitle: Mine\nretires: [{regimen: ivonescimap, reason: Old.}]\n"
    (words,) = problems(RULES, made(tmp_path, pack=text))
    assert "pack.yaml:3:21: regimen: expected an entry of an earlier folder, found `ivonescimap`" in words
    assert "did you mean `ivonescimab`?" in words


def test_a_replacement_that_the_pack_does_not_hold_is_refused(tmp_path: Path) -> None:
    text = "name: mine\ntitle: Mine\nreplaces: [{rule: erlotinib-bevacizumab-first-line, reason: Old.}]\n"
    (words,) = problems(RULES, made(tmp_path, pack=text))
    assert "expected an entry `erlotinib-bevacizumab-first-line` of this pack in its place" in words


def test_a_folder_that_adds_to_others_must_say_what_it_is(tmp_path: Path) -> None:
    pack = made(tmp_path, findings="[]\n")
    (words,) = problems(RULES, pack)
    assert words == f"{pack / 'pack.yaml'}: expected the name and title of a pack that adds to other rules"


def test_the_problems_of_all_folders_are_reported_at_once_each_at_its_place(tmp_path: Path) -> None:
    rule = "setting: x\ntitle: X\ndisease: nsclc\nrules:\n  - id: one\n    offer: nothing\n    when: {disease: nsclc}\n"
    rule += '    source: {review: nobody, section: "1"}\n    says: A sentence.\n'
    first = made(tmp_path, "first", pack="name: a\ntitle: A\n", nsclc__x=rule)
    second = made(tmp_path, "second", pack="name: b\ntitle: B\n", nsclc__y=rule.replace("one", "two"))
    message = problems(RULES, first, second)
    unknown = "6:12: offer: unknown regimen `nothing`"
    assert any(entry.startswith(f"{first / 'nsclc/x.yaml'}:{unknown}") for entry in message)
    assert any(entry.startswith(f"{first / 'nsclc/x.yaml'}:8:22: review: expected `{SOURCES[0]}`") for entry in message)
    assert any(entry.startswith(f"{second / 'nsclc/y.yaml'}:{unknown}") for entry in message)
    assert f"{second / 'nsclc/y.yaml'}:1:10: setting: expected the name of the file, `y`" in message


def test_a_study_that_cannot_be_read_does_not_hide_what_is_wrong_with_the_rules(tmp_path: Path) -> None:
    shutil.copytree(PACK, tmp_path / "pack")
    study, rules = (tmp_path / "pack" / name for name in ("studies/ic-alk-1.yaml", "nsclc/invented-consensus.yaml"))
    study.write_text(study.read_text("utf-8").replace("value: 21.5", "valu: 21.5"), "utf-8")
    rules.write_text(rules.read_text("utf-8").replace("alk: positive", "alk: positiv"), "utf-8")
    found = problems(RULES, tmp_path / "pack")
    assert {problem.partition(".yaml")[0] for problem in found} == {
        str(file).removesuffix(".yaml") for file in (study, rules)
    }
    assert not any("ic-alk-1`" in problem for problem in found), "the rule that names the study is not wrong"


def broken_stack(tmp_path: Path, *broken: str) -> list[Path]:
    """Copies of the rules and of the pack, in which these files are no YAML."""
    folders = [tmp_path / "rules", tmp_path / "pack"]
    shutil.copytree(RULES, folders[0])
    shutil.copytree(PACK, folders[1])
    for file in broken:
        tmp_path.joinpath(file).write_text("a: [\n", "utf-8")
    return folders


@pytest.mark.parametrize(
    "file",
    [
        "rules/drugs.yaml", "rules/reviews.yaml", "rules/approvals.yaml", "rules/regimens.yaml", "rules/findings.yaml",
        "rules/each-regimen.yaml", "rules/manifest.yaml", "rules/studies/mariposa-2.yaml", "rules/nsclc/standards.yaml",
        "pack/pack.yaml", "pack/reviews.yaml", "pack/regimens.yaml",
    ],
)  # fmt: skip
def test_what_names_an_entry_of_a_file_that_cannot_be_read_is_not_wrong(tmp_path: Path, file: str) -> None:
    (only,) = problems(*broken_stack(tmp_path, file))
    assert only.startswith(f"{tmp_path / file}:2:1: not valid YAML")


def test_rules_without_their_folder_of_studies_are_refused_for_that_alone(tmp_path: Path) -> None:
    rules, _ = broken_stack(tmp_path)
    shutil.rmtree(rules / "studies")
    (only,) = problems(rules)
    assert only.startswith(f"{rules / 'studies'}: ")


def test_no_broken_file_hides_what_is_wrong_with_another(tmp_path: Path) -> None:
    broken = ["rules/drugs.yaml", "rules/approvals.yaml", "rules/manifest.yaml", "pack/pack.yaml", "pack/reviews.yaml"]
    folders = broken_stack(tmp_path, *broken)
    for file, right, wrong in (
        ("pack/regimens.yaml", "disease: nsclc", "disease: nsclcc"),
        ("pack/studies/ic-alk-1.yaml", "value: 21.5", "valu: 21.5"),
        ("pack/nsclc/invented-consensus.yaml", "alk: positive", "alk: positiv"),
        ("rules/findings.yaml", "extent: metastatic", "extent: metastatik"),
        ("rules/sclc/second-line.yaml", "offer: ", "ofer: "),
    ):
        path = tmp_path / file
        text = path.read_text("utf-8")
        assert right in text
        path.write_text(text.replace(right, wrong, 1), "utf-8")
        broken.append(file)
    found = problems(*folders)
    assert {str(Path(problem.split(":")[0]).relative_to(tmp_path)) for problem in found} == set(broken)
    assert len(found) <= len(broken) + 3, "a key that is misspelt is also one that is missing"


def test_a_pack_that_says_nothing_readable_of_itself_is_not_blamed_for_names_it_may_replace(tmp_path: Path) -> None:
    folders = broken_stack(tmp_path, "pack/pack.yaml")
    shutil.copy(RULES / "nsclc" / "standards.yaml", folders[1] / "nsclc")
    shutil.copy(RULES / "studies" / "mariposa-2.yaml", folders[1] / "studies")
    (only,) = problems(*folders)
    assert "pack.yaml:2:1" in only


def test_a_draft_hides_its_own_other_problems_and_no_others(tmp_path: Path) -> None:
    folders = broken_stack(tmp_path, "rules/reviews.yaml")
    study = folders[1] / "studies" / "ic-alk-1.yaml"
    study.write_text(study.read_text("utf-8").replace("value: 21.5", "valu: 21.5  # CHECK"), "utf-8")
    assert [problem.split(":")[0] for problem in problems(*folders)] == [
        str(study), str(folders[0] / "reviews.yaml"),
    ]  # fmt: skip


def test_a_later_entry_keeps_its_line_in_its_own_file(tmp_path: Path) -> None:
    broken = PACK.joinpath("regimens.yaml").read_text("utf-8").replace("drug: alectinib", "drug: alectinip")
    shutil.copytree(PACK, tmp_path / "pack")
    (tmp_path / "pack" / "regimens.yaml").write_text(broken, "utf-8")
    (words,) = problems(RULES, tmp_path / "pack")
    assert words.startswith(f"{tmp_path / 'pack/regimens.yaml'}:5:18: drug: unknown drug `alectinip`")


def test_as_of_a_day_only_the_sources_that_speak_by_then_count() -> None:
    stack = load_rulebook([RULES, PACK], date(2025, 5, 31))
    assert set(stack.reviews) == {SOURCES[0]}
    assert {review for rule in stack.rules.values() for review in rule.source.reviews} == {SOURCES[0]}
    assert {review for regimen in stack.regimens.values() for review in regimen.source.reviews} == {SOURCES[0]}
    assert all(approval.year is None or approval.year <= 2025 for approval in stack.approvals.values())
    assert load_rulebook([RULES, PACK], date(2025, 12, 31)).rules.keys() == load_rulebook([RULES, PACK]).rules.keys()


STACK_OF_MAY = ["--rules", str(RULES), "--rules", str(PACK), "--as-of", "2025-05"]


@pytest.mark.parametrize(
    "verb",
    [
        ["advise", str(ALK)],
        ["advise", str(ALK), "--format", "html"],
        ["advise", str(ALK), "--format", "json"],
        ["explain", str(ALK), "erlotinib-bevacizumab"],
        ["lesson", str(ALK)],
        ["lesson", str(ALK), "--format", "slides"],
        ["page", "--patients", str(ALK), "--output", "-"],
        ["quiz", "--patients", str(ALK)],
    ],
    ids=" ".join,
)
def test_every_answer_as_of_a_day_says_the_day(verb: list[str]) -> None:
    assert "2025-05-31" in CliRunner().invoke(app, [*verb, *STACK_OF_MAY]).stdout
    assert "2025-05-31" not in CliRunner().invoke(app, [*verb, *STACK_OF_MAY[:-2]]).stdout


def test_a_cohort_as_of_a_day_says_the_day(tmp_path: Path) -> None:
    table = tmp_path / "patients.csv"
    table.write_text("id,disease,alk\na,nsclc,positive\n", "utf-8")
    assert "as of 2025-05-31" in CliRunner().invoke(app, ["cohort", str(table), *STACK_OF_MAY]).stdout


def test_the_server_answers_as_of_the_day_that_it_was_started_with(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[tuple[Rulebook, str]] = []
    monkeypatch.setattr("regimen_advisor.cli.serve.run", lambda rulebook, html, port: started.append((rulebook, html)))
    assert CliRunner().invoke(app, ["serve", *STACK_OF_MAY]).exit_code == 0
    ((rulebook, html),) = started
    status, answer = answered(b'{"disease": "nsclc"}', rulebook)
    assert status == 200
    assert '"as_of": "2025-05-31"' in answer
    assert "as of 2025-05-31" in html


@pytest.mark.parametrize(
    ("verb", "named"),
    [(["cite", "--for", str(ALK)], "ALK-INVENTED-1"), (["map", "nsclc/invented-consensus"], "alectinib")],
)
def test_what_is_drawn_or_cited_as_of_a_day_leaves_out_what_came_later(verb: list[str], named: str) -> None:
    assert named in CliRunner().invoke(app, [*verb, *STACK_OF_MAY[:-2]]).stdout
    assert named not in CliRunner().invoke(app, [*verb, *STACK_OF_MAY]).stdout


def test_a_regimen_of_a_source_that_speaks_only_later_is_named_with_that_day_and_place(stack: Rulebook) -> None:
    earlier = load_rulebook([RULES, PACK], date(2025, 5, 31))
    for word in ("alectinib", "Alectinib"):
        with pytest.raises(InputError) as raised:
            explain(ALK, earlier, regimen=word)
        assert str(raised.value) == (
            f"regimen: `{word}` is from a source that applies only from 2025-06 [IC 1]; "
            "these rules are as of 2025-05-31 (a later date includes it: --as-of 2025-06)"
        )
    for rules in (earlier, stack):
        with pytest.raises(InputError, match="expected a regimen of the rulebook, found `alektinib`"):
            explain(ALK, rules, regimen="alektinib")


@pytest.mark.parametrize(
    ("written", "day"),
    [("2020", date(2020, 12, 31)), ("2020-02", date(2020, 2, 29)), ("2021-06-15", date(2021, 6, 15))],
)
def test_a_date_without_a_day_means_the_last_one(written: str, day: date) -> None:
    assert last_day(written) == day


@pytest.mark.parametrize("written", ["", "yesterday", "2020-13", "2020-02-30", "20-1", "0000", "2020-1"])
def test_what_is_no_date_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="expected a date such as"):
        last_day(written)


def test_a_stack_is_known_by_the_digest_of_all_its_folders(shipped: Rulebook, stack: Rulebook) -> None:
    assert stack.digest not in (shipped.digest, load_rulebook([RULES, PACK], date(2026, 1, 1)).digest)
    assert load_rulebook([RULES]).digest == shipped.digest


def test_a_pack_has_a_manifest_of_its_own(tmp_path: Path) -> None:
    shutil.copytree(PACK, tmp_path / "pack")
    (tmp_path / "pack" / "manifest.yaml").write_text(fresh_manifest(tmp_path / "pack", RULES), "utf-8")
    assert load_rulebook([RULES, tmp_path / "pack"]).outdated_manifest is None
    with (tmp_path / "pack" / "nsclc" / "invented-consensus.yaml").open("a", encoding="utf-8") as file:
        file.write("# Changed.\n")
    outdated = load_rulebook([RULES, tmp_path / "pack"]).outdated_manifest
    assert outdated is not None
    assert outdated.location.file == str(tmp_path / "pack" / "manifest.yaml")


def test_a_project_file_names_the_rules_of_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "regimen-advisor.yaml").write_text(f"rules: [shipped, {PACK}]\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    assert chosen_folders() == (shipped_folder(), PACK)
    assert "alectinib" in load_rulebook().regimens


def test_a_project_file_that_names_no_rules_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "regimen-advisor.yaml").write_text("rules: []\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"regimen-advisor\.yaml:1:8: rules: expected"):
        load_rulebook()


def test_an_installed_pack_is_found_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(PACK, tmp_path / "my_guideline")
    (tmp_path / "my_guideline" / "__init__.py").write_text("raise RuntimeError('a pack is data')\n", "utf-8")
    known = tmp_path / "my_guideline-1.dist-info"
    known.mkdir()
    (known / "METADATA").write_text("Metadata-Version: 2.1\nName: my-guideline\nVersion: 1\n", "utf-8")
    (known / "entry_points.txt").write_text("[regimen_advisor.packs]\nmy-guideline = my_guideline\n", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert named_folder("my-guideline") == tmp_path / "my_guideline"
    assert "alectinib" in load_rulebook([RULES, "my-guideline"]).regimens


def test_a_pack_whose_name_is_misspelt_gets_the_name_that_may_be_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = tmp_path / "my_guideline-1.dist-info"
    known.mkdir()
    (known / "METADATA").write_text("Metadata-Version: 2.1\nName: my-guideline\nVersion: 1\n", "utf-8")
    (known / "entry_points.txt").write_text("[regimen_advisor.packs]\nmy-guideline = my_guideline\n", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    misspelt = PACK.with_name("invented-consenus")
    with pytest.raises(InputError) as caught:
        load_rulebook(["shiped", "my-guidline", misspelt, "nothing-like-it"])
    assert [str(problem).partition(": ")[2] for problem in caught.value.problems] == [
        "expected a folder, found none of this name (did you mean `shipped`?)",
        "expected a folder, found none of this name (did you mean `my-guideline`?)",
        f"expected a folder, found none of this name (did you mean `{PACK}`?)",
        "expected a folder, found none of this name",
    ]
    for argument in ("my-guidline", f"{RULES}+my-guidline"):
        with pytest.raises(InputError, match=r"did you mean `my-guideline`\?"):
            named_rulebook(argument)


@pytest.mark.parametrize("link", ["name", "registry", "doi", "said", "one source"])
def test_a_trial_that_two_sources_report_without_saying_so_is_warned_of(tmp_path: Path, link: str) -> None:
    """``ic-alk-1`` is made the trial of ``mariposa-2``, or linked to it, or an entry of its source."""
    shutil.copytree(PACK, tmp_path / "pack")
    study = tmp_path / "pack" / "studies" / "ic-alk-1.yaml"
    text = study.read_text("utf-8")
    citation = "citation:\n  {0}: {{value: {1}, confidence: confirmed, where: PubMed record}}\n"
    trial = load_rulebook([RULES]).studies["mariposa-2"]
    assert trial.citation.registry is not None
    assert trial.citation.doi is not None
    text += {
        "registry": citation.format("registry", trial.citation.registry.value),
        "doi": citation.format("doi", trial.citation.doi.value),
    }.get(link, "")
    if link not in ("registry", "doi"):
        text = text.replace("name: ALK-INVENTED-1", "name: mariposa-2")
    if link == "said":
        text = f"same_study_as: mariposa-2\n{text}"
    study.write_text(text, "utf-8")
    rulebook = load_rulebook([RULES, tmp_path / "pack"])
    if link == "one source":
        places = {"cited_in": trial.cited_in}
        same = {**rulebook.studies, "ic-alk-1": rulebook.studies["ic-alk-1"].model_copy(update=places)}
        rulebook = replace(rulebook, studies=same)
    found = [flaw for flaw in studies_twice(rulebook) if flaw.subject == "ic-alk-1"]
    if link in ("said", "one source"):
        assert not found
        return
    (flaw,) = found
    assert flaw.location.file == str(study)
    assert f"`mariposa-2` ({RULES / 'studies' / 'mariposa-2.yaml'}" in flaw.says
    assert "write `same_study_as: mariposa-2`" in flaw.says


def test_no_source_that_ships_reports_a_trial_of_the_other_without_saying_so(stack: Rulebook) -> None:
    assert not list(studies_twice(stack))


@pytest.mark.parametrize("verb", [["list", "rules"], ["show", "study", "ic-alk-1"]])
def test_every_verb_takes_a_stack(verb: list[str]) -> None:
    done = CliRunner().invoke(app, [*verb, "--rules", str(RULES), "--rules", str(PACK)])
    assert done.exit_code == 0, done.output


def test_diff_names_stacks_with_a_plus() -> None:
    done = CliRunner().invoke(app, ["diff", str(RULES), f"{RULES}+{PACK}"])
    assert done.exit_code == 0
    assert "erlotinib-bevacizumab: offered-with-caution -> excluded" in done.output


def test_diff_between_two_days_names_the_folders_that_it_compares() -> None:
    days = ["--as-of", "2020", "--as-of", "2021"]
    done = CliRunner().invoke(app, ["diff", "--rules", str(RULES), "--rules", str(PACK), *days])
    assert f"{RULES}+{PACK} as of 2020-12-31 -> {RULES}+{PACK} as of 2021-12-31" in unwrapped(done.output)


def test_where_the_sources_differ_check_lists_both_sides_with_their_places(shipped: Rulebook, stack: Rulebook) -> None:
    found = [flaw.says for flaw in sources_differ(stack)]
    figures = f"ivonescimab 11.14 months; pembrolizumab 5.82 months [{SECOND} 3.2] versus "
    assert any(figures + "ivonescimab 12.6 months; pembrolizumab 5.82 months [IC 2]" in entry for entry in found)
    assert any(f"[{FIRST} 4.2] versus No bevacizumab with erlotinib" in entry and "[IC 3]" in entry for entry in found)
    assert not any("7.1" in entry for entry in found), "sources that agree are not told"
    assert not list(sources_differ(shipped))


def test_the_warnings_of_a_stack_are_those_that_its_pack_adds_or_changes(stack: Rulebook) -> None:
    checked = check(stack, whole_stack=False)
    assert {flaw.subject for flaw in checked.warnings if flaw.kind == "judged less exactly"} == {
        "alectinib", "erlotinib-bevacizumab",
    }  # fmt: skip
    assert not [flaw for flaw in checked.warnings if flaw.kind == "no option"], "it gives options and leaves nobody"


def two_rules_and_one(tmp_path: Path, effect: str) -> list[Path]:
    """A rulebook of two rules, and a pack whose one rule has this effect on ivonescimab in brain metastases."""
    rule = f"""
setting: brain
title: Brain metastases
disease: nsclc
rules:
  - id: little-for-the-brain
    {effect}
    when: {{brain_metastases: true}}
    source: {{review: made-up, section: "1"}}
    says: Little of it reaches the brain.
"""
    pack = made(tmp_path, pack="name: brain\ntitle: Brain", nsclc__brain=rule)
    return [write_two_rules(tmp_path / "rules"), pack]


def test_patients_who_lose_their_only_option_to_a_pack_are_named_in_its_warnings(tmp_path: Path) -> None:
    folders = two_rules_and_one(tmp_path, "exclude: {regimen: ivonescimab}")
    warnings = check(load_rulebook(folders), whole_stack=False).warnings
    assert [flaw.says for flaw in warnings if flaw.kind == "no option"] == [
        "no option at all: non-small cell lung cancer; brain metastases"
    ]


def test_check_counts_the_warnings_of_the_folders_before_and_prints_them_when_asked(tmp_path: Path) -> None:
    folders = two_rules_and_one(tmp_path, "caution: {regimen: ivonescimab}\n    kind: patient")
    named = [word for folder in folders for word in ("--rules", str(folder))]
    short, long = (CliRunner().invoke(app, ["check", *named, *flag]).output for flag in ([], ["--whole-stack"]))
    assert "more warnings are there without" in short
    assert "no option at all" not in short
    assert "no option at all" in long
    assert "--whole-stack" not in long
    checked, every = (check(load_rulebook(folders), whole_stack=whole) for whole in (False, True))
    assert checked.left_out
    assert len(checked.warnings) + checked.left_out == len(every.warnings)


def test_a_pack_that_is_named_alone_is_refused_with_how_to_name_it() -> None:
    (problem,) = problems(PACK)
    assert problem.startswith(f"{PACK / 'pack.yaml'}: a pack adds to other rules")
    assert f"--rules shipped --rules {PACK}" in problem


def test_an_answer_shows_the_differences_that_bear_on_it_and_no_other(stack: Rulebook) -> None:
    def shown(profile: str) -> list[str]:
        return [difference.subject for difference in advise(ROOT / "profiles" / f"{profile}.yaml", stack).differences]

    assert shown("driver-negative-tps-50-untreated") == ["HARMONi-2, PFS median"]
    assert shown("egfr-l858r-brain-metastases-untreated") == ["erlotinib + bevacizumab"]
    assert shown("alk-untreated") == []


@pytest.mark.parametrize("format", ["text", "markdown", "html"])
def test_the_difference_is_shown_in_every_form_of_the_answer(format: str) -> None:
    with_it = ["advise", str(BRAIN), "--format", format, "--rules", str(RULES), "--rules", str(PACK)]
    assert "the sources differ" in CliRunner().invoke(app, with_it).output.lower()
    assert "the sources differ" not in CliRunner().invoke(app, with_it[:-2]).output.lower()


def test_a_population_and_a_number_of_patients_that_differ_are_reported(tmp_path: Path) -> None:
    shutil.copytree(PACK, tmp_path / "pack")
    file = tmp_path / "pack" / "studies" / "ic-harmoni-2.yaml"
    text = file.read_text("utf-8").replace("value: 398", "value: 400").replace("line: first line", "line: any line")
    file.write_text(text, "utf-8")
    found = {
        difference.difference.subject: difference.difference.says
        for difference in source_differences(load_rulebook([RULES, tmp_path / "pack"]))
    }
    assert found["HARMONi-2, patients"] == f"n 398 [{SECOND} 3.2] versus n 400 [IC 2]"
    assert found["HARMONi-2, line"] == f"first line [{SECOND} 3.2] versus any line [IC 2]"


def changed(tmp_path: Path, file: str, *edits: tuple[str, str]) -> Rulebook:
    """The rules that ship with the example pack, in which these texts of one file are others."""
    shutil.copytree(PACK, tmp_path / "pack")
    path = tmp_path / "pack" / file
    text = path.read_text("utf-8")
    for before, after in edits:
        assert before in text
        text = text.replace(before, after)
    path.write_text(text, "utf-8")
    return load_rulebook([RULES, tmp_path / "pack"])


IVONESCIMAB = """
  - endpoint: PFS
    measure: median
    unit: months
    values:
      - {of: ivonescimab, value: 12.6}
      - {of: pembrolizumab, value: 5.82}
"""
OF = "of: ivonescimab, against: pembrolizumab"
FOLLOWED = f"median follow-up 18.2 months (ivonescimab); median follow-up 17.9 months (pembrolizumab) [{SECOND} 3.2]"
PRINTED = f"ivonescimab v pembrolizumab: HR 0.51, risk 49 % lower [{SECOND} 3.2]"
AGREES = IVONESCIMAB.replace("12.6", "11.14")


@pytest.mark.parametrize(
    ("edit", "subject", "says"),
    [
        (
            (IVONESCIMAB, AGREES + f"    comparisons: [{{{OF}, hazard_ratio: 0.6}}]\n"),
            "HARMONi-2, PFS median",
            f"{PRINTED} versus ivonescimab v pembrolizumab: HR 0.6 [IC 2]",
        ),
        (
            (IVONESCIMAB, AGREES + f"    comparisons: [{{{OF}, risk_reduction: 40}}]\n"),
            "HARMONi-2, PFS median",
            f"{PRINTED} versus ivonescimab v pembrolizumab: risk 40 % lower [IC 2]",
        ),
        (
            (
                IVONESCIMAB + '    source: {review: invented-consensus, section: "2"}\n',
                AGREES + '    source: {review: invented-consensus, section: "2"}\n'
                "safety:\n  - event: treatment-related adverse events of grade 3 or worse\n    unit: '%'\n"
                '    values: [{of: ivonescimab, value: 31}]\n    source: {review: invented-consensus, section: "2"}\n',
            ),
            "HARMONi-2, treatment-related adverse events of grade 3 or worse",
            f"ivonescimab 29 %; pembrolizumab 16 % [{SECOND} 3.2] versus ivonescimab 31 % [IC 2]",
        ),
        (
            (
                IVONESCIMAB,
                IVONESCIMAB.replace("PFS", "OS").replace("12.6", "21.68").replace("5.82", "17.64")
                + "    follow_up: [{of: ivonescimab, months: 20}]\n",
            ),
            "HARMONi-2, OS median",
            f"{FOLLOWED} versus median follow-up 20 months (ivonescimab) [IC 2]",
        ),
        (
            ("ivonescimab, value: 12.6", "ivonescimab, value: 11.14, interval: {low: 9, high: 13, level: 95}"),
            None,
            None,
        ),
    ],
    ids=["a hazard ratio", "a reduction of risk", "harm", "a follow-up", "an interval that only one prints is none"],
)  # fmt: skip
def test_each_kind_of_figure_that_differs_is_reported(
    tmp_path: Path, edit: tuple[str, str], subject: str | None, says: str | None
) -> None:
    rulebook = changed(tmp_path, "studies/ic-harmoni-2.yaml", edit)
    found = [(entry.difference.subject, entry.difference.says) for entry in source_differences(rulebook)]
    assert [entry for entry in found if entry[0].startswith("HARMONi-2")] == ([(subject, says)] if subject else [])


def test_arms_of_other_names_are_known_by_their_drugs(tmp_path: Path) -> None:
    edits = ("name: ivonescimab", "name: AK112"), ("of: ivonescimab", "of: AK112")
    rulebook = changed(tmp_path, "studies/ic-harmoni-2.yaml", *edits)
    found = [entry.difference.subject for entry in source_differences(rulebook)]
    assert "HARMONi-2, PFS median" in found


def test_a_figure_that_another_report_differs_on_is_shown_with_it_though_no_rule_cites_that_report(
    tmp_path: Path,
) -> None:
    rulebook = changed(tmp_path, "studies/ic-harmoni-a.yaml", ("value: 7.1", "value: 7.9"))
    profile = ROOT / "profiles" / "egfr-l858r-after-osimertinib.yaml"
    (difference,) = advise(profile, rulebook).differences
    assert difference.subject.startswith("HARMONi-A, PFS median")
    assert "7.9 months" in difference.says


def test_an_exclusion_that_the_rule_of_another_source_overrides_is_still_shown(tmp_path: Path) -> None:
    offer = """
  - id: ic-brain-after-all
    offer: erlotinib-bevacizumab
    when: {disease: nsclc, brain_metastases: true}
    overrides: [no-bevacizumab-in-squamous-disease]
    source: {review: invented-consensus, section: "3"}
    says: With brain metastases, in squamous carcinoma too.
"""
    file = "nsclc/invented-consensus.yaml"
    text = (PACK / file).read_text("utf-8")
    exclusion = text[text.index("  - id: ic-no-erlotinib") :]
    rulebook = changed(tmp_path, file, (exclusion, offer.lstrip("\n")))
    profile = {"disease": "nsclc", "histology": "squamous", "brain_metastases": True, "egfr": ["L858R"]}
    advice = advise(profile, rulebook)
    sentences = [
        difference.says for difference in advice.differences if difference.subject == "erlotinib + bevacizumab"
    ]
    assert any(
        "in squamous carcinoma too. [IC 3]" in sentence and f"[{FIRST} 4.1]" in sentence for sentence in sentences
    )
    assert any("in squamous carcinoma too" in flaw.says for flaw in sources_differ(rulebook))
    without = advise({**profile, "histology": "adenocarcinoma"}, rulebook)
    assert not any(
        "squamous" in difference.says and f"[{FIRST} 4.1]" in difference.says for difference in without.differences
    )


def test_check_names_each_silence_that_a_source_ended(shipped: Rulebook, stack: Rulebook) -> None:
    (found,) = silences_ended(stack)
    assert found.subject == "silent-on-alk-drugs"
    assert found.location == stack.rules["ic-alectinib-first-line"].location
    assert found.says.endswith("is narrowed: `ic-alectinib-first-line` offers alectinib [IC 1]")
    assert not list(silences_ended(shipped))


def test_a_silence_that_ended_for_every_patient_is_withdrawn_and_no_fault(tmp_path: Path) -> None:
    shutil.copytree(PACK, tmp_path / "pack")
    file = tmp_path / "pack" / "nsclc" / "invented-consensus.yaml"
    text = file.read_text("utf-8")
    wanted = "      disease: nsclc\n      advanced: true\n      alk: positive\n      untreated: true\n"
    assert wanted in text
    file.write_text(text.replace(wanted, "      disease: nsclc\n      alk: positive\n"), "utf-8")
    rulebook = load_rulebook([RULES, tmp_path / "pack"])
    (found,) = silences_ended(rulebook)
    assert "is withdrawn: `ic-alectinib-first-line` offers alectinib" in found.says
    assert not [flaw for flaw in check(rulebook, warn=False).faults if flaw.subject == "silent-on-alk-drugs"]


def test_a_study_of_a_pack_that_no_rule_cites_is_named_in_its_own_file(tmp_path: Path) -> None:
    shutil.copytree(PACK, tmp_path / "pack")
    file = tmp_path / "pack" / "nsclc" / "invented-consensus.yaml"
    file.write_text(file.read_text("utf-8").replace("    studies: [ic-alk-1]\n", ""), "utf-8")
    (found,) = check(load_rulebook([RULES, tmp_path / "pack"]), warn=False).faults
    assert found.location.file == str(tmp_path / "pack" / "studies" / "ic-alk-1.yaml")


def test_an_erratum_that_came_later_is_not_told_as_of_a_day_before_it() -> None:
    later, before = load_rulebook(RULES), load_rulebook(RULES, date(2020, 12, 31))
    assert {"D20a", "D20b"} <= {erratum.id for erratum in later.studies["ctong1509"].errata}
    study = before.studies["ctong1509"]
    assert not {"D20a", "D20b"} & {erratum.id for erratum in study.errata}
    assert not any({"D20a", "D20b"} & set(part.errata) for part in study.parts())


def test_figures_of_two_sources_in_one_study_keep_their_places_and_their_difference(tmp_path: Path) -> None:
    shutil.copytree(PACK, tmp_path / "pack")
    file = tmp_path / "pack" / "studies" / "ic-harmoni-2.yaml"
    text = file.read_text("utf-8").replace("same_study_as: harmoni-2\n", "")
    second = text[text.index("results:\n") + len("results:\n") : text.index("cited_in:")]
    second = second.replace("invented-consensus", SOURCES[1]).replace('section: "2"', 'section: "3.2"')
    text = text.replace("results:\n", "results:\n" + second.replace("12.6", "11.14"))
    text = text.replace("cited_in: [", f'cited_in: [{{review: {SOURCES[1]}, sections: ["3.2"]}}, ')
    file.write_text(text, "utf-8")
    (found,) = [
        difference.difference
        for difference in source_differences(load_rulebook([RULES, tmp_path / "pack"]))
        if difference.difference.studies
    ]
    assert found.studies == ("ic-harmoni-2",)
    assert [side[side.index("[") :] for side in found.sides] == [f"[{SECOND} 3.2]", "[IC 2]"]
