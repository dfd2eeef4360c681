"""The condition language: what can be written, how it is refused, and rewriting that keeps the meaning."""

import json
from random import Random

import pytest
from hypothesis import given, settings

from generators import conditions, patients, random_condition, random_findings, written
from regimen_advisor.files.sources import parse_document
from regimen_advisor.knowledge.conditions_yaml import ConditionReader
from regimen_advisor.knowledge.rulebook import default_folders
from regimen_advisor.language.conditions import (
    ALWAYS,
    NEVER,
    AllOf,
    AnyOf,
    Leaf,
    Named,
    Not,
    all_of,
    any_of,
    atoms_of,
    fields_of,
    findings_of,
    negation_normal_form,
    walk,
)
from regimen_advisor.language.interpreter import judge
from regimen_advisor.language.values import Between, Includes, Is, Truth
from regimen_advisor.patient.drugs import load_formulary
from regimen_advisor.patient.facts import domain_for

DOMAIN = domain_for(load_formulary(default_folders()[0] / "drugs.yaml"))
FIT = Leaf(Between("ecog", 0, 1))
NSCLC = Leaf(Is("disease", frozenset({"nsclc"})))
PLATINUM = Leaf(Includes("received", "platinum"))


def read(text, findings=None):
    problems = []
    document = parse_document(text, "rule.yaml")
    condition = ConditionReader(DOMAIN, findings or {}, problems).read(document, (), document.value)
    return condition, problems


def condition_in(text, findings=None):
    condition, problems = read(text, findings)
    assert not problems
    return condition


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("disease: nsclc", NSCLC),
        ("stage: IV", Leaf(Is("stage", frozenset({"IVA", "IVB"})))),
        ("stage: [III, IVA]", Leaf(Is("stage", frozenset({"IIIA", "IIIB", "IIIC", "IVA"})))),
        ("on_maintenance: true", Leaf(Is("on_maintenance", frozenset({"true"})))),
        ("ecog: 1", Leaf(Between("ecog", 1, 1))),
        ("ecog: {at_most: 1}", FIT),
        ("ecog: {below: 2}", FIT),
        ("pd_l1_tps: {at_least: 1, below: 50}", Leaf(Between("pd_l1_tps", 1, 49))),
        ("pd_l1_tps: {above: 0, at_most: 49}", Leaf(Between("pd_l1_tps", 1, 49))),
        ("received: {includes: platinum}", PLATINUM),
        ("received: {any_of: [platinum, ici]}", AnyOf((PLATINUM, Leaf(Includes("received", "ici"))))),
        ("received: {all_of: [platinum, ici]}", AllOf((PLATINUM, Leaf(Includes("received", "ici"))))),
        ("received: {none_of: [platinum, ici]}", AllOf((Not(PLATINUM), Not(Leaf(Includes("received", "ici")))))),
        ("received: {none_of: [platinum]}", Not(PLATINUM)),
        ("egfr: {includes: wild-type}", Leaf(Includes("egfr", "wild-type"))),
        ("{disease: nsclc, ecog: {at_most: 1}}", AllOf((NSCLC, FIT))),
        ("any: [{disease: nsclc}, {ecog: {at_most: 1}}]", AnyOf((NSCLC, FIT))),
        ("all: [{disease: nsclc}, {ecog: {at_most: 1}}]", AllOf((NSCLC, FIT))),
        ("not: {disease: nsclc, ecog: {at_most: 1}}", Not(AllOf((NSCLC, FIT)))),
        ("fit: true", Named("fit", FIT)),
        ("fit: false", Not(Named("fit", FIT))),
    ],
)
def test_what_is_written_means(text, meaning):
    assert condition_in(text, {"fit": FIT}) == meaning


@pytest.mark.parametrize(
    ("text", "message", "help"),
    [
        ("ecgo: 1", "ecgo: unknown fact or finding", "did you mean `ecog`?"),
        ("disease: nslc", "disease: expected nsclc, sclc; found `nslc`", "did you mean `nsclc`?"),
        ("disease: []", "disease: expected at least one value", None),
        ("ecog: fit", "ecog: expected a whole number or a mapping of at_least, at_most, above, below", None),
        ("ecog: true", "ecog: expected a whole number or a mapping of at_least, at_most, above, below", None),
        ("ecog: 5", "ecog: expected whole numbers from 0 to 4", None),
        ("ecog: {at_least: true}", "ecog: expected whole numbers from 0 to 4", None),
        ("ecog: {at_least: 3, below: 3}", "ecog: expected a range with at least one number in it", None),
        ("received: platinum", "received: expected a mapping with one of includes, any_of, all_of, none_of", None),
        ("received: {any_of: []}", "received: expected a list of at least one member", None),
        ("egfr: {includes: L858}", "egfr: expected ", "did you mean `L858R`?"),
        ("any: []", "any: expected a list of at least one condition", None),
        ("any: {ecog: 1}", "any: expected a list of at least one condition", None),
        ("not: 1", "expected conditions as a mapping with at least one key", None),
        ("fit: 1", "fit: expected true or false", None),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(text, message, help):
    _, problems = read(text, {"fit": FIT})
    assert [problem.message.startswith(message) for problem in problems] == [True], problems
    assert (problems[0].location.file, problems[0].location.line) == ("rule.yaml", 1)
    assert problems[0].searched().help == help


def test_all_faults_of_a_condition_are_found_at_once():
    _, problems = read("any:\n  - {ecgo: 1}\n  - not: {disease: nslc}\n  - {ecog: 7}\n")
    assert [problem.location.line for problem in problems] == [2, 3, 4]


def test_the_place_of_a_condition_is_no_part_of_what_it_means():
    first, second = condition_in("disease: nsclc"), condition_in("\n\ndisease: nsclc")
    assert first == second
    assert (first.place.line, second.place.line) == (1, 3)


def test_every_condition_that_can_be_written_is_read_as_what_it_is():
    dice = Random(6)
    findings = random_findings(dice, DOMAIN, empties=False)
    for _ in range(200):
        condition = random_condition(dice, DOMAIN, findings, empties=False)
        again = condition_in(json.dumps(written(condition)), findings)
        assert _flat(again) == _flat(condition)


def _flat(condition):
    """Without conjunctions and disjunctions of one part, which the reader leaves out or keeps as written."""
    match condition:
        case AllOf(parts=(part,)) | AnyOf(parts=(part,)):
            return _flat(part)
        case AllOf(parts=parts):
            return AllOf(tuple(map(_flat, parts)))
        case AnyOf(parts=parts):
            return AnyOf(tuple(map(_flat, parts)))
        case Not(part=part):
            return Not(_flat(part))
    return condition


def test_a_single_part_needs_no_conjunction_around_it():
    assert (all_of(FIT), any_of(FIT), all_of(), any_of()) == (FIT, FIT, ALWAYS, NEVER)


def test_facts_and_findings_are_seen_through_findings():
    inner = Named("fit", FIT)
    outer = Named("eligible", AllOf((NSCLC, Not(inner))))
    assert fields_of(outer) == {"disease", "ecog"}
    assert atoms_of(outer) == {NSCLC.atom, FIT.atom}
    assert findings_of(outer) == {"eligible", "fit"}
    assert [type(node).__name__ for node in walk(outer)] == ["Named", "AllOf", "Leaf", "Not", "Named", "Leaf"]


@settings(max_examples=150)
@given(conditions(DOMAIN), patients(DOMAIN))
def test_negation_normal_form_keeps_the_truth_and_gives_the_opposite_for_the_opposite(condition, patient):
    truth = judge(condition, patient.facts).truth
    assert judge(negation_normal_form(condition), patient.facts).truth is truth
    assert judge(negation_normal_form(condition, positive=False), patient.facts).truth is ~truth


@settings(max_examples=150)
@given(conditions(DOMAIN))
def test_in_negation_normal_form_only_atoms_are_negated_and_no_finding_is_left(condition):
    for node in walk(negation_normal_form(condition)):
        assert not isinstance(node, Named)
        assert not isinstance(node, Not) or isinstance(node.part, Leaf)


@settings(max_examples=150)
@given(conditions(DOMAIN), patients(DOMAIN))
def test_in_negation_normal_form_taking_unknown_atoms_for_unmet_finds_exactly_what_is_true(condition, patient):
    def matches(node):
        match node:
            case Leaf(atom=atom):
                return atom.judge(patient.facts[atom.fact]) is Truth.TRUE
            case Not(part=Leaf(atom=atom)):
                return atom.judge(patient.facts[atom.fact]) is Truth.FALSE
            case AllOf(parts=parts):
                return all(map(matches, parts))
            case AnyOf(parts=parts):
                return any(map(matches, parts))
        raise TypeError(node)

    assert matches(negation_normal_form(condition)) == (judge(condition, patient.facts).truth is Truth.TRUE)


def test_what_is_denied_is_denied_of_each_atom_and_findings_are_opened():
    condition = AllOf((FIT, Not(AnyOf((NSCLC, Named("treated", PLATINUM))))))
    assert negation_normal_form(condition) == AllOf((FIT, AllOf((Not(NSCLC), Not(PLATINUM)))))
    assert negation_normal_form(condition, positive=False) == AnyOf((Not(FIT), AnyOf((NSCLC, PLATINUM))))
