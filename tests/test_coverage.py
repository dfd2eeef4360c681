"""Coverage: masking MC/DC of every occurrence of a condition, proofs of what cannot matter, pairs to paste."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generators import random_condition, random_patient
from regimen_advisor.cli.app import main
from regimen_advisor.documents.writing import rendered
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.conditions import ALWAYS, NEVER, AnyOf, Leaf, Named, Not
from regimen_advisor.language.interpreter import judge
from regimen_advisor.language.paths import deciding, nodes, part_at, replaced
from regimen_advisor.language.values import Is, Truth
from regimen_advisor.reports.coverage import data, document, render_html
from regimen_advisor.testing.cases import RuleCase, case_files, parse_cases, read_cases
from regimen_advisor.testing.condition_instances import occurrences
from regimen_advisor.testing.coverage import Covered, measure
from regimen_advisor.testing.mutation import mutate
from regimen_advisor.testing.results import run_case
from regimen_advisor.testing.suggesting import case_of_occurrence, missing_examples
from seeing import Look, faults, looks, without_tips
from small_rulebooks import rulebook_of

ROOT = Path(__file__).parent.parent

EITHER = """
- id: either
  offer: anlotinib
  when:
    disease: nsclc
    any:
      - {alk: positive}
      - {prior_lines: {at_least: 2}}
"""


def cases_of(rulebook: Rulebook, *profiles: str) -> list[RuleCase]:
    text = "\n---\n".join(
        f"name: {number}\nprofile: {profile}\nexactly: true" for number, profile in enumerate(profiles, start=1)
    )
    return parse_cases(text.replace("name: ", "name: case "), "x.case.yaml", rulebook)


def by_words(covered: tuple[Covered, ...]) -> dict[str, Covered]:
    return {entry.occurrence.leaf.atom.fact: entry for entry in covered}


@pytest.fixture(scope="module")
def either(rulebook: Rulebook) -> Rulebook:
    return rulebook_of(rulebook, EITHER)


# Occurrences -------------------------------------------------------------------------------------------------------


def test_an_occurrence_is_an_atom_at_one_place_with_findings_opened(rulebook: Rulebook) -> None:
    book = rulebook_of(
        rulebook,
        "- {id: r, offer: anlotinib, when: {driverless: true, prior_lines: 2}}",
        "- {id: driverless, name: x, says: x, when: {alk: negative, ros1: negative}, basis: convention}",
    )
    found = occurrences(book.rules["r"])
    assert [(entry.leaf.atom.fact, entry.within, entry.place.file) for entry in found] == [
        ("alk", ("driverless",), "findings.yaml"),
        ("ros1", ("driverless",), "findings.yaml"),
        ("prior_lines", (), "rules.yaml"),
    ]
    assert {entry.line_in_rule for entry in found} == {1}


def test_a_part_alone_decides_where_all_the_others_let_it_through(rulebook: Rulebook) -> None:
    """Flipping just that part flips the whole exactly there: checked against the definition on random conditions."""

    @given(st.integers(0, 10**9))
    @settings(max_examples=150, deadline=None)
    def law(seed: int) -> None:
        random = Random(seed)
        condition = random_condition(random, rulebook.domain, depth=3)
        facts = random_patient(random, rulebook.domain, known=0.9).facts
        for steps, node in nodes(condition):
            if isinstance(node, Leaf):
                if_true = judge(replaced(condition, steps, ALWAYS), facts).truth
                if_false = judge(replaced(condition, steps, NEVER), facts).truth
                flips = Truth.UNKNOWN not in (if_true, if_false) and if_true is not if_false
                assert (judge(deciding(condition, steps), facts).truth is Truth.TRUE) == flips

    law()


def test_the_parts_of_a_condition_are_those_of_its_findings_too_unless_they_are_kept_closed() -> None:
    leaf = Leaf(Is("alk", frozenset({"positive"})))
    condition = Not(Named("driver", Not(leaf)))
    assert [steps for steps, _ in nodes(condition)] == [(), (0,), (0, 0), (0, 0, 0)]
    assert [steps for steps, _ in nodes(condition, opened=False)] == [(), (0,)]


def test_a_replaced_part_is_where_the_old_one_was(either: Rulebook) -> None:
    condition = either.rules["either"].condition
    (steps, leaf) = next(
        (steps, node) for steps, node in nodes(condition) if isinstance(node, Leaf) and len(steps) == 2
    )
    assert part_at(replaced(condition, steps, Not(leaf)), steps) == Not(leaf)
    without = part_at(replaced(condition, steps, None), steps[:-1])
    assert isinstance(without, AnyOf)
    assert len(without.parts) == 1


# Measuring ---------------------------------------------------------------------------------------------------------


def test_a_condition_is_covered_by_two_cases_in_which_it_alone_decides(either: Rulebook) -> None:
    cases = cases_of(
        either,
        "{disease: nsclc, alk: positive, prior_lines: 0}",
        "{disease: nsclc, alk: negative, prior_lines: 0}",
    )
    found = by_words(measure(either, cases).rules["either"])
    assert found["alk"].status == "covered"
    assert found["alk"].decided == {True: ["case 1"], False: ["case 2"]}
    assert found["prior_lines"].status == "missing"
    assert found["prior_lines"].lacking == (True,)
    assert found["disease"].status == "guard"


def test_a_condition_masked_by_another_one_is_not_covered(either: Rulebook) -> None:
    cases = cases_of(
        either,
        "{disease: nsclc, alk: positive, prior_lines: 2, last_outcome: progressed}",
        "{disease: nsclc, alk: negative, prior_lines: 2, last_outcome: progressed}",
    )
    found = by_words(measure(either, cases).rules["either"])
    assert found["alk"].lacking == (True, False)
    assert [len(found["alk"].by_truth[truth]) for truth in (Truth.TRUE, Truth.FALSE, Truth.UNKNOWN)] == [1, 1, 0]


def test_an_unknown_condition_decides_nothing_and_is_counted_as_unknown(either: Rulebook) -> None:
    found = by_words(measure(either, cases_of(either, "{disease: nsclc, prior_lines: 0}")).rules["either"])
    assert found["alk"].by_truth[Truth.UNKNOWN] == ["case 1"]
    assert found["alk"].lacking == (True, False)


def test_the_truth_that_counts_is_that_of_the_rule_less_those_that_override_it(rulebook: Rulebook) -> None:
    book = rulebook_of(rulebook, """
        - {id: general, offer: anlotinib, when: {disease: nsclc, alk: positive}}
        - {id: special, offer: anlotinib, when: {disease: nsclc, ros1: positive}, overrides: [general]}
    """)  # fmt: skip
    cases = cases_of(
        book,
        "{disease: nsclc, alk: positive, ros1: positive}",
        "{disease: nsclc, alk: negative, ros1: negative}",
    )
    found = by_words(measure(book, cases).rules["general"])
    assert found["alk"].lacking == (True,)


@pytest.mark.parametrize(("ros1", "decided"), [("positive", []), ("unknown", []), ("negative", ["case 1"])])
def test_a_condition_alone_decides_only_where_the_overriding_rule_surely_does_not_hold(
    rulebook: Rulebook, ros1: str, decided: list[str]
) -> None:
    book = rulebook_of(rulebook, """
        - {id: general, offer: anlotinib, when: {disease: nsclc, alk: positive}}
        - {id: special, offer: anlotinib, when: {disease: nsclc, ros1: positive}, overrides: [general]}
    """)  # fmt: skip
    cases = cases_of(book, f"{{disease: nsclc, alk: positive, ros1: {ros1}}}")
    found = by_words(measure(book, cases).rules["general"])
    assert found["alk"].by_truth[Truth.TRUE] == ["case 1"]
    assert found["alk"].decided[True] == decided


def test_a_rule_that_holds_in_no_case_is_named(either: Rulebook) -> None:
    coverage = measure(either, cases_of(either, "{disease: nsclc, alk: negative, prior_lines: 0}"))
    assert coverage.unused == ("either",)
    assert "either: holds in no case" in rendered(document(coverage))


def test_without_anything_that_can_matter_the_share_is_whole(rulebook: Rulebook) -> None:
    book = rulebook_of(rulebook, "- {id: r, caution: all-options, kind: patient, when: {disease: nsclc}}")
    assert measure(book, []).share == 1.0


# Proofs ------------------------------------------------------------------------------------------------------------


def test_what_cannot_matter_is_proved_and_names_the_axiom_it_needs(rulebook: Rulebook) -> None:
    book = rulebook_of(rulebook, "- {id: r, offer: anlotinib, when: {extent: metastatic, stage: IV}}")
    found = by_words(measure(book, []).rules["r"])
    assert found["stage"].status == "cannot matter"
    (proof,) = found["stage"].proofs
    assert (proof.value, proof.axioms) == (False, ("metastatic disease is stage IV",))


def test_a_proof_from_the_meaning_of_a_history_names_its_axiom_too(rulebook: Rulebook) -> None:
    book = rulebook_of(
        rulebook, "- {id: r, offer: anlotinib, when: {prior_lines: {at_least: 1}, last_outcome: progressed}}"
    )
    (proof,) = by_words(measure(book, []).rules["r"])["prior_lines"].proofs
    assert proof.axioms == (
        "without a line for advanced disease there is no outcome, drug, cycle or maintenance of one",
    )


def test_what_an_overriding_rule_leaves_no_patient_for_cannot_matter(rulebook: Rulebook) -> None:
    book = rulebook_of(rulebook, """
        - {id: general, offer: anlotinib, when: {alk: positive, ecog: 1}}
        - {id: special, offer: anlotinib, when: {alk: positive}, overrides: [general]}
    """)  # fmt: skip
    found = by_words(measure(book, [], ["general"]).rules["general"])
    assert found["ecog"].status == "cannot matter"
    assert [(proof.value, proof.axioms) for proof in found["ecog"].proofs] == [(True, ()), (False, ())]


def test_a_condition_that_occurs_twice_cannot_matter_and_needs_no_axiom(rulebook: Rulebook) -> None:
    book = rulebook_of(
        rulebook, "- {id: r, offer: anlotinib, when: {any: [{alk: positive}, {alk: positive, ecog: 1}]}}"
    )
    found = measure(book, []).rules["r"]
    assert [entry.status for entry in found] == ["missing", "cannot matter", "cannot matter"]
    assert found[1].proofs[0].axioms == ()


# What is missing ---------------------------------------------------------------------------------------------------


def pasted(rulebook: Rulebook, *rules: str) -> list[RuleCase]:
    """The cases that coverage suggests where there are none."""
    blocks = [
        "\n".join(case_of_occurrence(entry, profile, rulebook, value=value))
        for entry in measure(rulebook, [], rules or None).of("missing")
        for value, profile in missing_examples(entry, rulebook)
    ]
    return parse_cases("\n---\n".join(blocks), "pasted.case.yaml", rulebook)


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    "rule",
    [
        "already-progressed-on-bevacizumab", "ivonescimab-alone-without-pd-l1", "nsclc-ecog-2",
        "no-bevacizumab-in-squamous-disease", "bevacizumab-carboplatin-paclitaxel-first-line", "egfr-tki-resistance",
    ],
)  # fmt: skip
def test_the_suggested_cases_notice_when_a_condition_is_dropped_turned_or_moved_by_one(
    rulebook: Rulebook, rule: str
) -> None:
    cases = pasted(rulebook, rule)
    assert [failure for case in cases for failure in run_case(case, rulebook)] == []
    made = mutate(rulebook, cases, subjects=[rule], workers=1)
    survived = {mutant.operator for mutant, _ in made.of("survived")}
    assert made.of("killed")
    assert survived <= {"value swapped", "finding replaced"}, "one word for another is more than the condition tells"


def test_a_suggested_case_names_the_caution_that_it_shows_and_that_it_shows_not(rulebook: Rulebook) -> None:
    rule = "ivonescimab-alone-without-pd-l1"
    found = [case.expect["ivonescimab"] for case in pasted(rulebook, rule)]
    assert [rule in (entry.because or ()) for entry in found] == [True, False]
    assert found[1].because is not None
    assert all(entry.standing.is_offered for entry in found)


def test_a_suggested_case_lies_at_each_edge_of_a_number(rulebook: Rulebook) -> None:
    book = rulebook_of(rulebook, "- {id: r, offer: anlotinib, when: {pd_l1_tps: {at_least: 1, at_most: 49}}}")
    (first,) = [entry for entry in measure(book, []).of("missing") if entry.occurrence.leaf.atom.fact == "pd_l1_tps"]
    found = [(value, profile["pd_l1_tps"]) for value, profile in missing_examples(first, book)]
    assert found == [(True, 1), (True, 49), (False, 0), (False, 50)]


def test_a_rulebook_that_is_covered_is_reported_in_one_line(either: Rulebook) -> None:
    text = rendered(document(measure(either, pasted(either))))
    assert text == "1 rule, 4 cases: 2 of 2 conditions covered by masking MC/DC (100.0 %)\n"
    assert len(rendered(document(measure(either, pasted(either)), everything=True)).splitlines()) > 5


def test_the_missing_pair_pasted_as_cases_passes_and_closes_the_gap(either: Rulebook) -> None:
    cases = pasted(either)
    assert len(cases) == 4
    assert [failure for case in cases for failure in run_case(case, either)] == []
    assert measure(either, cases).share == 1.0


def test_the_text_shows_where_what_and_two_patients(either: Rulebook) -> None:
    text = rendered(document(measure(either, [])))
    assert "1 rule, 0 cases: 0 of 2 conditions covered by masking MC/DC (0.0 %)" in text
    assert "rules.yaml:7:10: either: ALK fusion positive" in text
    assert "no case has it true nor false where it alone decides the rule" in text
    assert text.count("ready to paste as a case") == 4


def test_the_json_holds_every_occurrence_with_its_cases(either: Rulebook) -> None:
    cases = cases_of(either, "{disease: nsclc, alk: positive, prior_lines: 0}")
    found = data(measure(either, cases))
    assert found["counts"] == {"covered": 0, "missing": 2, "cannot_matter": 0, "guards": 1}
    alk = found["rules"][0]["occurrences"][1]
    assert (alk["true"], alk["decides_true"], alk["decides_false"]) == (["case 1"], ["case 1"], [])
    assert [entry["value"] for entry in alk["missing"]] == [False]


# The shipped rulebook ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped_cases(shipped: Rulebook) -> list[RuleCase]:
    return [
        case for path in case_files([ROOT / "tests/cases"]) for case in read_cases(path, shipped, ROOT / "profiles")
    ]


def test_the_shipped_cases_cover_every_condition_that_can_matter(
    shipped: Rulebook, shipped_cases: list[RuleCase]
) -> None:
    coverage = measure(shipped, shipped_cases)
    assert [(entry.occurrence.rule, str(entry.occurrence.place)) for entry in coverage.of("missing")] == []
    assert coverage.unused == ()
    assert all(
        proof.axioms
        or entry.occurrence.within
        or shipped.rules[entry.occurrence.rule].declared  # platinum is chemotherapy
        for entry in coverage.of("cannot matter")
        for proof in entry.proofs
    )


def test_the_page_shows_the_lines_of_the_rules_and_asks_nothing_of_the_network(
    shipped: Rulebook, shipped_cases: list[RuleCase]
) -> None:
    page = render_html(
        measure(shipped, shipped_cases[:40], ["anlotinib-third-line", "no-bevacizumab-in-squamous-disease"])
    )
    assert '<code class="text">    offer: anlotinib</code>' in page
    assert '<code class="text">      histology: squamous</code>' in page
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    assert "<script" not in without_tips(page)
    assert "http" not in page.replace('http-equiv="Content-Security-Policy"', "")


@looks
def test_the_page_is_sound_on_every_screen(
    shipped: Rulebook, shipped_cases: list[RuleCase], browser: Any, tmp_path: Path, look: Look
) -> None:
    page = render_html(
        measure(shipped, shipped_cases[:40], ["anlotinib-third-line", "no-bevacizumab-in-squamous-disease"])
    )
    assert faults(browser, page, tmp_path, look) == []


def test_text_of_rules_and_cases_is_escaped_on_the_page(rulebook: Rulebook) -> None:
    text = 'name: "<script>alert(1)</script> & co."\nprofile: {disease: nsclc, ecog: 3}\nexactly: true\n'
    page = render_html(measure(rulebook, parse_cases(text, "x", rulebook), ["nsclc-ecog-3-4"]))
    assert "<script>" not in without_tips(page)
    assert "&lt;script&gt;" in page


# The verb ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def run(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main([str(argument) for argument in (*arguments, "--rules", ROOT / "rules")])
        out, err = capsys.readouterr()
        return int(left.value.code or 0), out, err

    return run


def test_coverage_fails_under_the_share_that_is_asked_for(run: Callable[..., tuple[int, str, str]]) -> None:
    folder = ROOT / "tests/cases/nsclc/squamous.case.yaml"
    options = (folder, "--profiles", ROOT / "profiles", "--rule", "no-bevacizumab-in-squamous-disease")
    assert run("coverage", *options, "--fail-under", 100)[0] == 0
    code, out, _ = run("coverage", *options, "--rule", "anlotinib-third-line", "--fail-under", 100)
    assert code == 1
    assert "anlotinib-third-line: holds in no case" in out


def test_an_unknown_rule_is_refused(run: Callable[..., tuple[int, str, str]]) -> None:
    code, out, err = run("coverage", "--rule", "anlotinib-third")
    assert (code, out) == (2, "")
    assert "unknown rule `anlotinib-third` (part of 1 name: anlotinib-third-line)" in err
