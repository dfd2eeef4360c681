"""``explain``: trees in words, arguments for and against, what would change it, what to ask next."""

import json
from collections.abc import Iterator

import pytest
from syrupy.assertion import SnapshotAssertion
from typer.testing import CliRunner

from conftest import PROFILES, ROOT
from regimen_advisor.advising import advise
from regimen_advisor.cli.app import app
from regimen_advisor.documents.writing import rendered
from regimen_advisor.explaining.clauses import ClauseTree
from regimen_advisor.explaining.explain import explain, explain_all
from regimen_advisor.explanation import Clause, Explanation, OptionExplained
from regimen_advisor.files.errors import InputError
from regimen_advisor.files.sources import parse_document
from regimen_advisor.knowledge.conditions_yaml import ConditionReader
from regimen_advisor.knowledge.effective import effective_conditions, regimen_rules
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.conditions import AllOf, AnyOf, Not
from regimen_advisor.language.interpreter import Interpreter
from regimen_advisor.language.standings import Standing
from regimen_advisor.patient.profile import profile_from, read_profile
from regimen_advisor.patient.reading import Patient, read
from regimen_advisor.reports.explanation import document

RUNNER = CliRunner()


def patient(rulebook: Rulebook, name: str) -> Patient:
    profile, document = read_profile(ROOT / "profiles" / f"{name}.yaml")
    return read(profile, rulebook.domain, document)


def written(rulebook: Rulebook, text: str) -> Patient:
    document = parse_document(text, "patient.yaml")
    return read(profile_from(document), rulebook.domain, document)


def explained(rulebook: Rulebook, name: str, regimen: str) -> OptionExplained:
    (option,) = explain(patient(rulebook, name), rulebook, [regimen]).options
    return option


def clause_tree(rulebook: Rulebook, when: str, profile: str) -> Clause:
    """The tree in words of a condition, given as YAML, for a profile."""
    document = parse_document(when, "rule.yaml")
    findings = {name: finding.condition for name, finding in rulebook.findings.items()}
    condition = ConditionReader(rulebook.domain, findings, []).read(document, (), document.value)
    first = written(rulebook, profile)
    return ClauseTree(first, rulebook, ()).build(Interpreter(first.facts).judge(condition))


def every(clause: Clause) -> Iterator[Clause]:
    yield clause
    for part in clause.parts:
        yield from every(part)


# Clauses ------------------------------------------------------------------------------------------------------------


def test_a_clause_shows_the_value_of_the_patient(rulebook: Rulebook) -> None:
    clause = clause_tree(rulebook, "ecog: {at_most: 1}", "ecog: 2")
    assert (clause.words, clause.state, clause.value) == ("ECOG at most 1", "not met", "ECOG: 2")


def test_a_negated_condition_is_worded_positively(rulebook: Rulebook) -> None:
    clause = clause_tree(rulebook, "not: {received: {includes: egfr-tki}}", "history: []")
    assert (clause.words, clause.state) == ("never received EGFR-TKI", "met")


def test_a_negated_conjunction_asks_for_one_of_the_opposites(rulebook: Rulebook) -> None:
    clause = clause_tree(
        rulebook, "not: {ecog: {at_least: 2}, brain_metastases: true}", "ecog: 3\nbrain_metastases: false"
    )
    assert (clause.joined, clause.state) == ("any", "met")
    assert [(part.words, part.state) for part in clause.parts] == [
        ("ECOG below 2", "not met"),
        ("no brain metastases", "met"),
    ]


def test_a_negated_finding_is_opened(rulebook: Rulebook) -> None:
    clause = clause_tree(rulebook, "driver-negative: false", "egfr: wild-type\nalk: positive\nros1: negative")
    assert (clause.finding, clause.state, clause.joined) == ("driver-negative", "met", "any")
    assert [part.words for part in clause.parts] == ["an EGFR variant", "ALK fusion positive", "ROS1 fusion positive"]


def test_members_of_one_set_are_one_clause(rulebook: Rulebook) -> None:
    clause = clause_tree(rulebook, "egfr: {any_of: [ex19del, L858R]}", "egfr: [T790M]")
    assert (clause.words, clause.state, clause.value) == (
        "EGFR exon 19 deletion or L858R",
        "not met",
        "EGFR: T790M",
    )


def test_an_unknown_clause_says_so(rulebook: Rulebook) -> None:
    clause = clause_tree(rulebook, "alk: negative", "egfr: wild-type")
    assert (clause.state, clause.value) == ("unknown", "ALK fusion: unknown")


@pytest.mark.parametrize("file", PROFILES[::6], ids=lambda file: file.stem)
def test_the_state_of_a_tree_is_the_truth_of_the_rule_and_follows_from_its_parts(rulebook: Rulebook, file) -> None:
    first = patient(rulebook, file.stem)
    reader, clause_tree = Interpreter(first.facts), ClauseTree(first, rulebook, ())
    names = {"true": "met", "false": "not met", "unknown": "unknown"}
    for condition in effective_conditions(rulebook).values():
        tree = reader.judge(condition)
        clause = clause_tree.build(tree)
        assert clause.state == names[tree.truth.value]
        opposite = clause_tree.build(tree, wanted=False)
        assert opposite.state == names[(~tree.truth).value]
        for part in every(clause):
            states = [inner.state for inner in part.parts]
            if part.joined == "all":
                assert part.state == ("not met" if "not met" in states else "unknown" if "unknown" in states else "met")
            if part.joined == "any":
                assert part.state == ("met" if "met" in states else "unknown" if "unknown" in states else "not met")


def test_no_clause_of_any_rule_is_reported_as_a_failed_not(rulebook: Rulebook) -> None:
    first = written(rulebook, "disease: nsclc")
    reader, clause_tree = Interpreter(first.facts), ClauseTree(first, rulebook, ())
    for rule in rulebook.rules.values():
        for clause in every(clause_tree.build(reader.judge(AllOf((rule.condition, Not(AnyOf((rule.condition,)))))))):
            assert not clause.words.startswith("not (")
            assert "not not" not in clause.words


# Options ------------------------------------------------------------------------------------------------------------


def test_an_option_shows_every_rule_that_speaks_of_it_with_its_place(rulebook: Rulebook) -> None:
    option = explained(rulebook, "egfr-l858r-after-osimertinib", "amivantamab-platinum-chemotherapy")
    rules_about = regimen_rules(rulebook)["amivantamab-platinum-chemotherapy"]
    assert {argument.rule for argument in option.arguments} == {rule.id for rule in rules_about.rules}
    for argument in option.arguments:
        file, _, line = argument.written_in.rpartition(":")
        assert (
            f"id: {rulebook.rules[argument.rule].declared or argument.rule}"
            in (ROOT / file).read_text("utf-8").splitlines()[int(line) - 1]
        )


def test_a_rule_that_is_overridden_does_not_hold_and_says_by_which(rulebook: Rulebook) -> None:
    option = explained(rulebook, "egfr-l858r-after-osimertinib", "amivantamab-platinum-chemotherapy")
    (argument,) = [
        entry for entry in option.arguments if entry.rule == "amivantamab-chemotherapy-after-another-egfr-tki"
    ]
    assert argument.condition.state == "met"
    assert argument.state == "not met"
    assert [(unless.rule, unless.state) for unless in argument.unless] == [
        ("amivantamab-chemotherapy-after-osimertinib", "met")
    ]


def test_an_excluded_option_shows_its_contraindication_against_it(rulebook: Rulebook) -> None:
    option = explained(rulebook, "squamous-driver-negative-untreated", "bevacizumab-carboplatin-paclitaxel")
    assert option.standing is Standing.EXCLUDED
    assert option.side("against")[0].rule == "no-bevacizumab-in-squamous-disease"
    assert option.side("against")[0].state == "met"
    assert option.never == "Otherwise only if histology were different, which never changes."
    assert option.no_way is not None


@pytest.mark.parametrize("file", PROFILES, ids=lambda path: path.stem)
def test_a_caution_that_is_open_is_worded_as_a_condition_never_as_a_finding(rulebook: Rulebook, file) -> None:
    first = patient(rulebook, file.stem)
    explained = explain_all(first, rulebook, advise(first, rulebook, ask=False))
    cautions = [rule for option in explained.options for rule in option.arguments if rule.effect == "caution"]
    assert {rule.rule for rule in cautions if rule.says.startswith("If ") != (rule.state == "unknown")} == set()


def test_an_undetermined_option_says_what_has_only_to_be_learnt(rulebook: Rulebook) -> None:
    option = explained(rulebook, "adenocarcinoma-drivers-unknown-untreated", "bevacizumab-carboplatin-paclitaxel")
    assert option.ways[0].kind == "learn"
    assert [(step.question, step.says) for step in option.ways[0].steps] == [
        ("egfr", "wild-type"),
        ("alk", "negative"),
        ("ros1", "negative"),
    ]
    assert option.questions.sets == (("egfr", "alk", "ros1"),)


def test_an_offered_option_needs_no_change(rulebook: Rulebook) -> None:
    option = explained(rulebook, "driver-negative-two-prior-lines", "anlotinib")
    assert (option.ways, option.no_way, option.never) == ((), None, None)


def test_a_regimen_of_the_other_disease_is_explained_too(rulebook: Rulebook) -> None:
    option = explained(rulebook, "egfr-l858r-after-osimertinib", "tarlatamab")
    assert option.standing is Standing.NOT_INDICATED
    assert "small cell lung cancer" in option.summary


def test_without_a_regimen_each_option_has_one_paragraph_and_the_order_of_advise(rulebook: Rulebook) -> None:
    first = patient(rulebook, "egfr-l858r-after-osimertinib")
    found = explain(first, rulebook).options
    assert [option.regimen for option in found] == [option.regimen for option in advise(first, rulebook).options]
    assert all(option.summary and not option.arguments for option in found)


def test_the_questions_of_a_patient_say_what_each_answer_makes_of_every_option(rulebook: Rulebook) -> None:
    unknown = patient(rulebook, "first-line-drugs-unknown")
    explanation = explain(unknown, rulebook)
    (question,) = explanation.questions.single
    made = {say: answer.standings for answer in question.answers for say in answer.says}
    assert made["no immune checkpoint inhibitor"]["ivonescimab"].is_offered
    assert made["lenvatinib, pembrolizumab"]["ivonescimab"] is Standing.NOT_INDICATED
    assert made["lenvatinib, pembrolizumab"]["lenvatinib-pembrolizumab"] is Standing.EXCLUDED
    assert explanation.questions.sets == (("history[0].drugs",),)
    waiting = [option for option in explanation.options if option.standing is Standing.UNDETERMINED]
    assert {option.questions.sets for option in waiting} == {(("history[0].drugs",),)}
    shown = rendered(document(explanation, rulebook, unknown))
    assert "Which drugs were given in line 1? It can settle 6 of 6." in shown
    assert "settles every" in shown


def test_answers_and_changes_are_given_in_words_not_in_keys(rulebook: Rulebook) -> None:
    asked = explain(patient(rulebook, "almost-everything-unknown"), rulebook).questions.single
    (history,) = [question for question in asked if question.question == "history"]
    found = [words for answer in history.answers for words in answer.says]
    assert {"no prior line", "outcome of the latest line progressed", "at least 4 prior lines"} <= set(found)
    assert not any("_" in words for question in asked for answer in question.answers for words in answer.says)
    option = explained(rulebook, "almost-everything-unknown", "ivonescimab-pemetrexed-carboplatin")
    steps = {step.question: step.says for step in option.ways[0].steps}
    assert steps["progressed_on_in_lines"] == "EGFR-TKI"
    assert steps["extent"] == "locally advanced disease or metastatic disease"
    assert steps["egfr"] == "C797S"


@pytest.mark.parametrize("file", PROFILES[::9], ids=lambda file: file.stem)
def test_the_standing_follows_from_the_arguments(rulebook: Rulebook, file) -> None:
    first = patient(rulebook, file.stem)
    for option in explain_all(first, rulebook, advise(first, rulebook, ask=False)).options:
        states = {(argument.effect, argument.state) for argument in option.arguments}
        if option.standing.is_offered:
            assert ("exclude", "met") not in states
            assert ("offer", "met") in states or ("offer", "unknown") in states
        if option.standing is Standing.OFFERED_WITH_CAUTION and ("offer", "unknown") not in states:
            assert ("caution", "met") in states or ("caution", "unknown") in states
        if option.standing is Standing.NOT_INDICATED:
            assert ("offer", "met") not in states
        if option.standing is Standing.EXCLUDED:
            assert ("exclude", "met") in states or ("exclude", "unknown") in states


def test_a_regimen_may_be_named_by_its_name(rulebook: Rulebook) -> None:
    first = patient(rulebook, "egfr-l858r-after-osimertinib")
    by_name = explain(first, rulebook, ["Ivonescimab + pemetrexed + carboplatin"])
    assert by_name.options[0].regimen == "ivonescimab-pemetrexed-carboplatin"


def test_a_misspelt_regimen_gets_did_you_mean(rulebook: Rulebook) -> None:
    with pytest.raises(InputError, match="did you mean `anlotinib`") as caught:
        explain(patient(rulebook, "egfr-l858r-after-osimertinib"), rulebook, ["anlotinb"])
    assert "found `anlotinb`" in str(caught.value)


def test_rules_that_are_far_from_holding_are_only_named_unless_all_are_asked_for(rulebook: Rulebook) -> None:
    treated = patient(rulebook, "egfr-l858r-after-osimertinib")
    explanation = explain(treated, rulebook, ["anlotinib"])
    (option,) = explanation.options
    cautions = [entry for entry in option.side("against") if entry.effect == "caution" and entry.state == "not met"]
    assert len(cautions) > 5
    for format in ("text", "markdown"):
        short, whole = (
            rendered(document(explanation, rulebook, treated, everything=every), format) for every in (False, True)
        )
        assert f"{len(cautions)} more do not hold (--all says why)" in short
        assert "--all" not in whole
        assert "ECOG 2 (ECOG: 1)" in whole.replace("\n    ", " ")
        assert "ECOG 2 (ECOG: 1)" not in short.replace("\n    ", " ")
        assert "nsclc-ecog-2" in short


def test_of_the_rules_that_offer_the_nearest_keeps_its_tree(rulebook: Rulebook) -> None:
    first = patient(rulebook, "small-cell-extensive-untreated")
    explanation = explain(first, rulebook, ["tarlatamab"])
    shown = rendered(document(explanation, rulebook, first))
    offers = explanation.options[0].side("for")
    assert all(argument.state == "not met" for argument in offers)
    assert sum(f"  - {argument.rule}: does not hold" in shown for argument in offers) >= 1


# Reports ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "regimen"),
    [
        ("egfr-l858r-after-osimertinib", "amivantamab-platinum-chemotherapy"),
        ("adenocarcinoma-drivers-unknown-untreated", "ivonescimab"),
        ("squamous-driver-negative-untreated", "bevacizumab-carboplatin-paclitaxel"),
        ("small-cell-after-platinum-etoposide", None),
    ],
)
def test_the_text_reads_as_reviewed(
    shipped: Rulebook, name: str, regimen: str | None, snapshot: SnapshotAssertion
) -> None:
    first = patient(shipped, name)
    explanation = explain(first, shipped, [regimen] if regimen else [])
    shown = rendered(document(explanation, shipped, first)).replace(shipped.version, "VERSION")
    assert max(map(len, shown.splitlines())) <= 80
    assert shown == snapshot


def test_the_markdown_puts_for_and_against_side_by_side(rulebook: Rulebook) -> None:
    first = patient(rulebook, "squamous-driver-negative-untreated")
    shown = rendered(
        document(explain(first, rulebook, ["bevacizumab-carboplatin-paclitaxel"]), rulebook, first), "markdown"
    )
    assert "| For | Against |" in shown
    assert "Contraindication, holds:" in shown


def test_the_json_follows_its_schema_and_is_the_same_each_time(rulebook: Rulebook) -> None:
    arguments = ["explain", str(ROOT / "profiles" / "egfr-l858r-after-osimertinib.yaml"), "anlotinib", "-f", "json"]
    first, second = RUNNER.invoke(app, arguments), RUNNER.invoke(app, arguments)
    assert first.stdout == second.stdout
    assert Explanation.model_validate_json(first.stdout).options[0].regimen == "anlotinib"
    assert set(json.loads(first.stdout)) <= set(Explanation.model_json_schema(mode="serialization")["properties"])


def test_a_contradicting_profile_is_refused_as_in_advise(rulebook: Rulebook, tmp_path) -> None:
    file = tmp_path / "odd.yaml"
    file.write_text("disease: nsclc\nhistology: small-cell\n", "utf-8")
    refused = [RUNNER.invoke(app, [verb, str(file)]).exception for verb in ("explain", "advise")]
    assert all(isinstance(error, InputError) for error in refused)
    assert str(refused[0]) == str(refused[1])
