"""``list``, parts of ids, and what the tab key offers."""

import json
import os
import subprocess

import pytest

from regimen_advisor.cli.case_files import refuse_unknown
from regimen_advisor.documents.json import as_json
from regimen_advisor.documents.writing import rendered
from regimen_advisor.explaining.explain import regimen_named
from regimen_advisor.files.errors import InputError
from regimen_advisor.knowledge.setting_names import setting_named
from regimen_advisor.quiz.generating import settings_of
from regimen_advisor.reports.listing import KINDS, Filters, document, listed_entries
from regimen_advisor.reports.show import render
from running import programs


def ids(kind, rulebook, **filters):
    return [row["id"] for row in listed_entries(kind, rulebook, Filters(**filters))]


def test_a_list_without_filters_names_every_entry_once_in_the_order_of_the_rulebook(rulebook):
    assert ids("studies", rulebook) == list(rulebook.studies)
    assert ids("regimens", rulebook) == list(rulebook.regimens)
    assert ids("rules", rulebook) == list(rulebook.rules)
    assert ids("findings", rulebook) == list(rulebook.findings)
    assert ids("drugs", rulebook) == [*rulebook.formulary.drugs, *rulebook.formulary.classes]
    assert ids("settings", rulebook) == list(rulebook.settings)
    assert ids("errata", rulebook) == list(rulebook.errata)
    assert len(ids("sources", rulebook)) == sum(len(review.sections) for review in rulebook.reviews.values())


def test_a_setting_keeps_its_rules_and_what_they_rest_on(shipped):
    rules = ids("rules", shipped, setting="later-line-egfr")
    assert {shipped.rules[id].setting.id for id in rules} == {"nsclc/later-line-egfr"}
    assert ids("settings", shipped, setting="later-line-egfr") == ["nsclc/later-line-egfr"]
    assert ids("studies", shipped, setting="later-line-egfr") == ["harmoni-a", "mariposa-2", "paloma-3"]
    places = [id.split() for id in ids("sources", shipped, setting="later-line-egfr")]
    assert [section for _, section in places] == ["3.1", "3.2"]
    assert {source for source, _ in places} == {source for id in rules for source in shipped.rules[id].source.reviews}
    offered = {shipped.rules[id].subject for id in rules if shipped.rules[id].effect == "offer"}
    assert set(ids("regimens", shipped, setting="later-line-egfr")) == offered
    assert "D38a" in ids("errata", shipped, setting="later-line-egfr")
    assert "D38a" not in ids("errata", shipped, setting="sclc/later-line")


def test_a_drug_is_found_by_any_of_its_names_and_a_class_by_its_members(rulebook):
    assert ids("regimens", rulebook, drug="AMG 757") == ids("regimens", rulebook, drug="tarlatamab") != []
    assert {"carboplatin", "cisplatin", "platinum"} <= set(ids("drugs", rulebook, drug="platinum"))
    assert ids("drugs", rulebook, drug="carboplatin") == ["carboplatin"]
    assert all("sclc" in id for id in ids("settings", rulebook, drug="tarlatamab"))


def test_a_rule_about_all_options_is_not_listed_for_each_drug(rulebook):
    everything = [id for id, rule in rulebook.rules.items() if rule.target is not None and not rule.target.items]
    assert everything
    assert not set(everything) & set(ids("rules", rulebook, drug="bevacizumab"))


def test_filters_must_all_be_met(rulebook):
    both = ids("rules", rulebook, drug="bevacizumab", text="kidney")
    assert set(both) <= set(ids("rules", rulebook, drug="bevacizumab"))
    assert len(ids("rules", rulebook, setting="sclc/second-line", drug="tarlatamab")) == 1


def test_every_word_of_the_text_must_be_in_the_entry(rulebook):
    assert ids("drugs", rulebook, text="amg 757") == ["tarlatamab"]
    assert ids("drugs", rulebook, text="amg zebra") == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_table_holds_every_id_and_the_json_every_word(rulebook, kind):
    rows = listed_entries(kind, rulebook)
    lines = rendered(document(rows)).splitlines()
    assert [line.split("  ")[0].strip() for line in lines[1:]] == [row["id"] for row in rows]
    assert json.loads(as_json(rows)) == rows


@pytest.mark.parametrize("filters", [{"setting": "later-line"}, {"setting": "nowhere"}, {"drug": "platin"}])
def test_a_filter_that_names_nothing_or_several_things_is_refused(rulebook, filters):
    with pytest.raises(InputError):
        ids("rules", rulebook, **filters)


# A part of an id -----------------------------------------------------------------------------------------------------


def test_a_part_of_an_id_is_answered_with_every_id_that_has_it(rulebook):
    wanted = [id for id in rulebook.regimens if "bevacizumab" in id]
    assert len(wanted) > 1
    with pytest.raises(InputError) as refused:
        render("regimen", "bevacizumab", rulebook)
    assert str(refused.value).endswith(f"(part of {len(wanted)} names: {', '.join(wanted)})")


def test_a_part_of_a_name_of_a_drug_is_answered_with_the_ids_of_all_drugs_that_have_it(rulebook):
    with pytest.raises(InputError, match="part of 1 name: tarlatamab"):
        render("drug", "imdell", rulebook)


def test_explain_and_the_filters_of_cases_list_every_id_that_has_the_word_too(rulebook):
    with pytest.raises(InputError, match="part of 9 names: bevacizumab-carboplatin-paclitaxel, "):
        regimen_named("bevacizumab", rulebook)
    with pytest.raises(InputError, match=r"part of \d+ names: .*anlotinib-third-line"):
        refuse_unknown(["anlotinib"], rulebook.rules, "rule")
    with pytest.raises(InputError, match="did you mean `anlotinib-third-line`"):
        refuse_unknown(["anlotinib-thrid-line"], rulebook.rules, "rule")


@pytest.mark.parametrize("choices", [lambda _: None, settings_of], ids=["of all", "of those of a quiz"])
def test_a_file_name_that_is_part_of_other_settings_names_them_all(rulebook, choices):
    with pytest.raises(InputError) as refused:
        setting_named("later-line", rulebook, choices(rulebook))
    for setting in ("nsclc/later-line-egfr", "nsclc/later-line-immunotherapy", "sclc/later-line"):
        assert setting in str(refused.value)
    assert setting_named("sclc/later-line", rulebook, choices(rulebook)) is rulebook.settings["sclc/later-line"]


# The tab key ---------------------------------------------------------------------------------------------------------


def completed(words):
    environment = {
        **os.environ,
        "_REGIMEN_ADVISOR_COMPLETE": "complete_bash",
        "COMP_WORDS": f"regimen-advisor {words}",
        "COMP_CWORD": str(len(words.split())),
    }
    command = programs() / "regimen-advisor"
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False).stdout.split()


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("show study mari", ["mariposa-2"]),
        ("show drug tarla", ["tarlatamab"]),
        ("map sclc/sec", ["sclc/second-line"]),
        ("list rules --setting later-line-i", ["later-line-immunotherapy"]),
        ("list rules --drug tarla", ["tarlatamab"]),
        ("cite paloma", ["paloma-3"]),
        ("test --rule tarlatamab-sec", ["tarlatamab-second-line"]),
        ("show study mari --rules nowhere", []),
    ],
)
def test_the_tab_key_completes_ids_of_the_rulebook(words, offered):
    assert completed(words) == offered
