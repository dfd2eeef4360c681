"""``compare`` against its definition: enumeration of all complete patients of small random rulebooks."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

from conftest import ROOT, needed, sized
from enumeration import CLINICAL, domain, holds, random_condition
from generators import ANYWHERE, SOURCE, drawn
from regimen_advisor.advising import advise
from regimen_advisor.cli.app import main
from regimen_advisor.files.errors import InputError
from regimen_advisor.files.sources import parse_document
from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.conditions_yaml import ConditionReader
from regimen_advisor.knowledge.effective import effective_conditions, regimen_rules
from regimen_advisor.knowledge.regimens import Component, Regimen, Target
from regimen_advisor.knowledge.rulebook import Rulebook, load_rulebook
from regimen_advisor.knowledge.rules import Effect, Rule, Setting
from regimen_advisor.language.conditions import (
    AllOf,
    AnyOf,
    Condition,
    Leaf,
    Named,
    Not,
    atoms_of,
    negation_normal_form,
)
from regimen_advisor.language.standings import Standing
from regimen_advisor.language.values import Includes, Is
from regimen_advisor.patient.profile import Profile, read_profile
from regimen_advisor.patient.reading import read
from regimen_advisor.reports.diff import wording_words
from regimen_advisor.reviewing.comparing import AdviceChange, Difference, RulebookComparison, compare
from regimen_advisor.reviewing.implicant_text import way_condition
from regimen_advisor.reviewing.joining import _Renamer
from regimen_advisor.reviewing.matching import place_in
from regimen_advisor.reviewing.smallest import is_smallest
from regimen_advisor.reviewing.wording_changes import WordingChange
from regimen_advisor.solving.witness import witness
from small_rulebooks import rulebook_of
from worlds import World, worlds

SETTING = Setting("nsclc/generated", "Generated", "nsclc", "generated")
STUDIES = ("mariposa-2", "harmoni-a", "impower150")


# Random pairs -----------------------------------------------------------------------------------------------------


def random_book(random: Random, base: Rulebook) -> tuple[Rulebook, list[str]]:
    """Two regimens and five rules that ask two clinical facts and two of the history; and the names of those facts."""
    names = [*drawn(random, CLINICAL, 2), *drawn(random, domain().of_history, 2)]
    small = domain(1)
    regimens = {
        id: Regimen(id=id, name=id, disease="nsclc", drugs=(Component(drug=drug),), source=SOURCE)
        for id, drug in (("first", "osimertinib"), ("second", "carboplatin"))
    }
    book = dataclasses.replace(
        base, folders=(Path("generated"),), digest=f"sha256:{random.getrandbits(64):x}",
        formulary=small.formulary, domain=small, regimens=regimens, approvals={}, findings={},
        settings={SETTING.id: SETTING}, rules={},
    )  # fmt: skip
    effects = [Effect.OFFER, Effect.OFFER, *random.choices(list(Effect), (4, 3, 4, 0, 1, 0, 0), k=3)]
    rules = [rule_of(random, names, index, effect) for index, effect in enumerate(effects)]
    for later in rules[1:]:
        book = with_rules(book, [*rules])
        if random.random() < 0.4 and set(book.meets(rules[0])) & set(book.meets(later)):
            rules[0] = dataclasses.replace(rules[0], overrides=(later.id,))
    return with_rules(book, rules), names


def with_rules(book: Rulebook, rules: list[Rule]) -> Rulebook:
    return dataclasses.replace(book, rules={rule.id: rule for rule in rules}, digest=book.digest + "+")


def rule_of(random: Random, names: list[str], index: int, effect: Effect) -> Rule:
    regimen = random.choice(("first", "second"))
    target = Target.model_validate(random.choice(["all-options", {"regimen": regimen}]))
    acts = effect in (Effect.EXCLUDE, Effect.CAUTION)
    condition = random_condition(random, names, 2 if effect is Effect.OFFER else 1)
    return Rule(
        id=f"rule-{index}", effect=effect, subject=str(target) if acts else regimen, target=target if acts else None,
        condition=condition, studies=(random.choice(STUDIES),), approvals=(), source=SOURCE, says=f"Rule {index}.",
        overrides=(), basis=None, certainty=None, errata=(), setting=SETTING, location=ANYWHERE,
        written={"as": repr(condition)},
    )  # fmt: skip


def rewritten(random: Random, rule: Rule, names: list[str]) -> Rule:
    """The rule with another condition of the same meaning."""
    more = random_condition(random, names, 1)
    forms: list[Condition] = [
        negation_normal_form(rule.condition),
        AllOf((rule.condition, AnyOf((rule.condition, more)))),
        AnyOf((AllOf((rule.condition, more)), AllOf((rule.condition, Not(more))))),
    ]
    return conditioned(rule, random.choice(forms))


def conditioned(rule: Rule, condition: Condition) -> Rule:
    return dataclasses.replace(rule, condition=condition, written={"as": repr(condition)})


def changed(random: Random, book: Rulebook, names: list[str]) -> tuple[Rulebook, dict[str, str]]:
    """A book with one or two edits, and for each id of a rule that was renamed or split off the id it had."""
    rules, were = list(book.rules.values()), {}
    for _ in range(random.randint(1, 2)):
        at = random.randrange(len(rules))
        rule, edit = (
            rules[at],
            random.choice(("condition", "rewrite", "rename", "says", "studies", "drop", "split", "override")),
        )
        match edit:
            case "condition":
                rules[at] = conditioned(rule, AllOf((rule.condition, random_condition(random, names, 1))))
            case "rewrite":
                rules[at] = rewritten(random, rule, names)
            case "says":
                rules[at] = dataclasses.replace(rule, says=f"{rule.says} In other words.")
            case "studies":
                rules[at] = dataclasses.replace(rule, studies=(random.choice(STUDIES),))
            case "drop" if not any(rule.id in other_rule.overrides for other_rule in rules):
                del rules[at]
            case "override":
                rules[at] = dataclasses.replace(rule, overrides=())
            case "rename" | "split" if not rule.overrides and not any(
                rule.id in other_rule.overrides for other_rule in rules
            ):
                new = dataclasses.replace(
                    rule, id=f"{rule.id}-too", says=book.rules[rule.id].says if rule.id in book.rules else rule.says
                )
                were[new.id] = were.get(rule.id, rule.id)
                part = random_condition(random, names, 1)
                rules[at] = new if edit == "rename" else conditioned(new, AllOf((rule.condition, part)))
                if edit == "split":
                    rules.append(conditioned(rule, AllOf((rule.condition, Not(part)))))
            case _:
                continue
    return with_rules(book, rules), were


# The definition ---------------------------------------------------------------------------------------------------

Shown = tuple[Standing, frozenset[tuple[Effect, str]], frozenset[str]]


def shown(book: Rulebook, regimen: str, world: World, were: Mapping[str, str]) -> Shown:
    """The standing of a regimen for a complete patient, and the rules and studies shown with it."""
    effective, rules_about = effective_conditions(book), regimen_rules(book)[regimen]
    if not world.facts["disease"].possible <= {book.regimens[regimen].disease}:
        return Standing.NOT_INDICATED, frozenset(), frozenset()
    offers, exclusions, cautions = (
        [rule for rule in rules if holds(effective[rule.id], world.facts)]
        for rules in (rules_about.offers, rules_about.exclusions, rules_about.cautions)
    )
    if not offers:
        return Standing.NOT_INDICATED, frozenset(), frozenset()
    standing = Standing.EXCLUDED if exclusions else Standing.OFFERED_WITH_CAUTION if cautions else Standing.OFFERED
    measures = [rule for rule in rules_about.measures if holds(effective[rule.id], world.facts)]
    found = (*offers, *exclusions, *cautions, *measures)
    rules = frozenset((rule.effect, were.get(rule.id, rule.id)) for rule in found)
    return standing, rules, frozenset(study for rule in offers for study in rule.studies)


def statements_of(book: Rulebook, world: World, were: Mapping[str, str]) -> frozenset[Any]:
    effective = effective_conditions(book)
    return frozenset(
        (were.get(rule.id, rule.id), study)
        for rule in book.of(Effect.NOTE)
        if holds(effective[rule.id], world.facts)
        for study in rule.studies
    )


def all_atoms(*books: Rulebook) -> frozenset[Any]:
    """The atoms of all rules, and that of the disease: a regimen is shown to patients of its own disease."""
    tested = (atoms_of(rule.condition) for book in books for rule in book.rules.values())
    return frozenset({Is("disease", frozenset({"nsclc"}))}).union(*tested)


Pair = tuple[Rulebook, Rulebook, Mapping[str, str]]


def differences(pair: Pair, world: World) -> Iterator[tuple[str, Standing | None, Standing | None]]:
    old, new, were = pair
    for name in old.regimens:
        before, after = shown(old, name, world, {}), shown(new, name, world, were)
        if before != after:
            yield name, before[0], after[0]
    if statements_of(old, world, {}) != statements_of(new, world, were):
        yield "said", None, None


def is_change(change: AdviceChange) -> Callable[[Pair, World], bool]:
    key = (change.subject, change.before, change.after) if change.before else ("said", None, None)
    return lambda pair, world: key in set(differences(pair, world))


def shorter(profile: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The profile with one thing less: a key, or a part of a history entry."""
    for key in profile:
        yield {name: value for name, value in profile.items() if name != key}
    for index, entry in enumerate(profile.get("history", ())):
        for part in entry.keys() - {"line", "setting"}:
            less = {name: value for name, value in entry.items() if name != part}
            yield {**profile, "history": [*profile["history"][:index], less, *profile["history"][index + 1 :]]}


def completions(profile: Mapping[str, Any], pair: Pair) -> list[World]:
    patient = read(Profile.model_validate(profile or {"id": "anyone"}), domain(1))
    return list(worlds(domain(1), all_atoms(*pair[:2]), patient))


def check_ways(change: AdviceChange, everyone: list[World], differs: list[bool]) -> None:
    """The ways are all patients of the change, none of them is covered by the others, and each is prime."""
    met = [[holds(way_condition(way), world.facts) for world in everyone] for way in change.ways]
    assert [any(here) for here in zip(*met, strict=True)] == differs
    for index, entry in enumerate(met):
        others = [here for at, here in enumerate(met) if at != index]
        covered = [any(here) for here in zip(*others, strict=True)] if others else [False] * len(everyone)
        assert any(first and not second for first, second in zip(entry, covered, strict=True))
    for way in change.ways:
        for literal in way:
            rest = way_condition(tuple(candidate for candidate in way if candidate != literal))
            wider = [holds(rest, world.facts) for world in everyone]
            assert any(first and not second for first, second in zip(wider, differs, strict=True)), (way, literal)


def test_two_rulebooks_are_equal_exactly_when_no_complete_patient_differs(rulebook: Rulebook) -> None:
    equal = different = witnesses = 0
    for seed in range(sized(24, 12)):
        random = Random(seed)
        old, names = random_book(random, rulebook)
        new, were = changed(random, old, names)
        pair, found = (old, new, were), compare(old, new)
        everyone = list(worlds(domain(1), all_atoms(old, new)))
        keys = [set(differences(pair, world)) for world in everyone]
        seen = set().union(*keys)
        assert found.is_equal is not bool(seen), seed
        answer = {
            (entry.subject, entry.before, entry.after) if entry.before else ("said", None, None)
            for entry in found.changes
        }
        assert answer == seen, seed
        equal, different = equal + found.is_equal, different + (not found.is_equal)
        for change in found.regimens[:2]:
            key = (change.subject, change.before, change.after)
            check_ways(change, everyone, [key in here for here in keys])
        for change in found.changes[:2]:
            witnesses += 1
            differs = is_change(change)
            assert all(differs(pair, world) for world in completions(change.witness, pair)), seed
            for less in shorter(change.witness):
                try:
                    assert not all(differs(pair, world) for world in completions(less, pair)), (
                        seed,
                        change.witness,
                        less,
                    )
                except InputError:
                    continue
    assert equal >= sized(4, 2)
    assert different >= sized(4, 2)
    assert witnesses >= sized(6, 3)


# A few rules, one thing changed ---------------------------------------------------------------------------------------

OFFERED = """
- {id: offers-anlotinib, offer: anlotinib, when: {disease: nsclc}, studies: [alter0303]}
"""
BOTH_OFFERED = f"{OFFERED}- {{id: offers-apatinib, offer: apatinib, when: {{disease: nsclc}}}}\n"


def between(rulebook: Rulebook, old: str, new: str) -> RulebookComparison:
    return compare(rulebook_of(rulebook, old), rulebook_of(rulebook, new))


def parts(differences: Sequence[Difference]) -> list[str]:
    return sorted(f"{difference.part} {difference.id}, {difference.only_in}" for difference in differences)


def standings(found: RulebookComparison) -> list[tuple[str, Standing | None, Standing | None]]:
    return [(change.subject, change.before, change.after) for change in found.changes]


def fates(found: RulebookComparison) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    return [(rule.fate, rule.before, rule.after) for rule in found.rules]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "{id: r, exclude: {regimen: anlotinib}, when: {ecog: 4}}",
            "{id: r, exclude: {regimen: anlotinib}, when: {ecog: 3}}",
        ),
        (
            "{id: r, exclude: {regimen: anlotinib}, when: {ecog: 4}}",
            "{id: r, exclude: {regimen: apatinib}, when: {ecog: 4}}",
        ),
        (
            "{id: r, note: T, when: {ecog: 4}, studies: [enrgy]}",
            "{id: r, note: T, when: {ecog: 4}, studies: [alter0303]}",
        ),
        ("{id: r, trial: enrgy, when: {ecog: 4}}", "{id: r, trial: alter0303, when: {ecog: 4}}"),
    ],
    ids=["for other patients", "on another regimen", "with another study", "a trial of another study"],
)
def test_a_rule_that_reads_otherwise_is_changed_in_meaning(rulebook: Rulebook, before: str, after: str) -> None:
    assert fates(between(rulebook, f"{BOTH_OFFERED}- {before}", f"{BOTH_OFFERED}- {after}")) == [
        ("changed", ("r",), ("r",))
    ]


def test_a_rule_is_changed_where_what_overrides_it_is(rulebook: Rulebook) -> None:
    general = "- {id: general, note: T, when: {disease: nsclc}}\n"
    special = "- {id: special, note: S, when: {alk: positive}%s}"
    found = between(rulebook, general + special % "", general + special % ", overrides: [general]")
    assert fates(found) == [("changed", ("general",), ("general",)), ("rewritten", ("special",), ("special",))]


def test_a_rule_that_comes_or_goes_is_reported(rulebook: Rulebook) -> None:
    assert fates(between(rulebook, OFFERED, BOTH_OFFERED)) == [("added", (), ("offers-apatinib",))]
    assert fates(between(rulebook, BOTH_OFFERED, OFFERED)) == [("removed", ("offers-apatinib",), ())]


EXCLUDED = "- {id: too-frail, exclude: all-options, when: {ecog: 4}}\n"


def test_an_exclusion_meets_a_regimen_only_where_the_rulebook_knows_it(rulebook: Rulebook) -> None:
    """The exclusion of all options reads the same in both; that it now excludes one more is no change of it."""
    more = rulebook_of(rulebook, BOTH_OFFERED + EXCLUDED)
    known = {name: regimen for name, regimen in more.regimens.items() if name != "apatinib"}
    fewer = dataclasses.replace(rulebook_of(rulebook, OFFERED + EXCLUDED), regimens=known)
    come, gone = compare(fewer, more), compare(more, fewer)
    assert standings(come) == [
        ("apatinib", Standing.NOT_INDICATED, Standing.OFFERED),
        ("apatinib", Standing.NOT_INDICATED, Standing.EXCLUDED),
    ]
    assert standings(gone) == [(name, after, before) for name, before, after in standings(come)]
    assert fates(come) == [("added", (), ("offers-apatinib",))]
    assert fates(gone) == [("removed", ("offers-apatinib",), ())]
    assert [change.is_loss for change in (*come.changes, *gone.changes)] == [False, False, True, False]
    assert [change.differences for change in (*come.changes, *gone.changes)] == [()] * 4  # the standings say it all
    of_excluded, of_gone = come.changes[1], gone.changes[1]
    assert (parts(of_excluded.shown_before), parts(of_gone.shown_after)) == ([], [])
    assert parts(of_excluded.shown_after) == ["exclusion too-frail, new", "rule offers-apatinib, new"]
    assert parts(of_gone.shown_before) == ["exclusion too-frail, old", "rule offers-apatinib, old"]


def test_an_exclusion_that_decides_with_another_one_is_reported_for_those_whom_it_reaches(rulebook: Rulebook) -> None:
    second = "- {id: bleeding, exclude: {regimen: anlotinib}, when: {bleeding_risk: {includes: central}}}"
    found = between(rulebook, BOTH_OFFERED + EXCLUDED, BOTH_OFFERED + EXCLUDED + second)
    assert standings(found) == [
        ("anlotinib", Standing.OFFERED, Standing.EXCLUDED),
        ("anlotinib", Standing.EXCLUDED, Standing.EXCLUDED),
    ]
    assert parts(found.changes[1].differences) == ["exclusion bleeding, new"]


def test_an_exclusion_that_goes_over_to_another_regimen_is_reported_where_another_one_excludes_both(
    rulebook: Rulebook,
) -> None:
    moved = "- {id: driven, exclude: {regimen: %s}, when: {alk: positive}}"
    old, new = (BOTH_OFFERED + EXCLUDED + moved % regimen for regimen in ("anlotinib", "apatinib"))
    found = {
        change.subject: parts(change.differences)
        for change in between(rulebook, old, new).changes
        if change.before is change.after is Standing.EXCLUDED
    }
    assert found == {"anlotinib": ["exclusion driven, old"], "apatinib": ["exclusion driven, new"]}


def test_what_is_shown_before_and_after_is_all_that_surely_holds_for_the_witness(rulebook: Rulebook) -> None:
    """A caution on ALK holds for nobody surely: the witness does not tell."""
    old = f"{OFFERED}- {{id: frail, caution: all-options, when: {{ecog: {{at_least: 2}}}}}}\n"
    old += "- {id: driven, caution: {regimen: anlotinib}, when: {alk: positive}}\n"
    new = f"{old}- {{id: too-frail, exclude: all-options, when: {{ecog: {{at_least: 3}}}}}}\n"
    (change,) = between(rulebook, old, new).changes
    assert (change.before, change.after) == (Standing.OFFERED_WITH_CAUTION, Standing.EXCLUDED)
    assert change.witness == {"disease": "nsclc", "ecog": 3}
    assert parts(change.shown_before) == ["caution frail, old", "rule offers-anlotinib, old", "study alter0303, old"]
    assert parts(change.shown_after) == [
        "caution frail, new", "exclusion too-frail, new", "rule offers-anlotinib, new", "study alter0303, new",
    ]  # fmt: skip


def test_a_regimen_that_is_not_indicated_shows_nothing_though_an_exclusion_of_it_holds(rulebook: Rulebook) -> None:
    found = between(rulebook, OFFERED + EXCLUDED, OFFERED.replace("nsclc", "sclc") + EXCLUDED)
    assert standings(found) == [
        ("anlotinib", Standing.OFFERED, Standing.NOT_INDICATED),
        ("anlotinib", Standing.EXCLUDED, Standing.NOT_INDICATED),
    ]
    assert "exclusion too-frail, old" in parts(found.changes[1].shown_before)
    assert parts(found.changes[1].shown_after) == []


@pytest.mark.parametrize(
    ("rule", "subject", "same"),
    [
        ("{id: r, offer: apatinib, when: {disease: nsclc}, studies: [%s]}", "apatinib", Standing.OFFERED),
        ("{id: r, note: T, when: {disease: nsclc}, studies: [%s]}", "r", None),
        ("{id: r, standard: T, when: {disease: nsclc}, studies: [%s]}", "r", None),
    ],
    ids=["of an offer", "of a note", "of a standard"],
)
def test_added_studies_are_reported_as_well_as_dropped_ones(
    rulebook: Rulebook, rule: str, subject: str, same: Standing | None
) -> None:
    first, two = (f"{OFFERED}- {rule % studies}" for studies in ("enrgy", "enrgy, alter0303"))
    (added,), (dropped,) = between(rulebook, first, two).changes, between(rulebook, two, first).changes
    assert (added.subject, added.before, added.after) == (subject, same, same)
    assert parts(added.differences) == ["study alter0303, new"]
    assert parts(dropped.differences) == ["study alter0303, old"]


def test_a_further_offer_of_an_offered_regimen_is_reported_with_its_study(rulebook: Rulebook) -> None:
    """The exclusion, which is listed before the study, is shown with no offered regimen."""
    further = "- {id: on-alk, offer: anlotinib, when: {disease: nsclc, alk: positive}, studies: [enrgy]}\n"
    found = between(rulebook, OFFERED + EXCLUDED, OFFERED + EXCLUDED + further)
    answer = {change.before: parts(change.differences) for change in found.changes if change.before is change.after}
    assert answer[Standing.OFFERED] == ["rule on-alk, new", "study enrgy, new"]
    assert answer.keys() == {Standing.OFFERED, Standing.EXCLUDED}


def test_a_number_of_lines_that_only_one_of_the_two_tells_apart_is_told_apart(rulebook: Rulebook) -> None:
    limited = OFFERED.replace("{disease: nsclc}", "{disease: nsclc, prior_lines: {at_most: 4}}")
    (goes,), (comes,) = between(rulebook, OFFERED, limited).changes, between(rulebook, limited, OFFERED).changes
    assert (goes.before, goes.after) == (comes.after, comes.before) == (Standing.OFFERED, Standing.NOT_INDICATED)
    assert goes.witness == comes.witness == {"disease": "nsclc", "prior_lines": 5}


def test_a_note_for_other_patients_goes_for_some_and_comes_for_others(rulebook: Rulebook) -> None:
    note = "- {id: n, note: T, when: {disease: nsclc, alk: %s}, studies: [enrgy]}"
    found = between(rulebook, OFFERED + note % "positive", OFFERED + note % "negative")
    assert [(parts(change.differences), change.is_loss) for change in found.changes] == [
        (["said n, old"], False), (["said n, new"], False),
    ]  # fmt: skip


def test_a_note_with_another_title_cites_no_other_study(rulebook: Rulebook) -> None:
    old, new = (f"{OFFERED}- {{id: n, note: {title}, when: {{ecog: 4}}}}" for title in ("For frail", "For the frail"))
    assert between(rulebook, old, new).is_equal


def test_the_older_class_has_a_name_of_its_own_in_every_part_of_a_condition() -> None:
    def condition(name: str) -> AllOf:
        received = Leaf(Includes("received", name))
        second = Leaf(Is("alk", frozenset({"positive"})))
        return AllOf((second, received, Not(received), AnyOf((second, received)), Named("treated", received)))

    rename = _Renamer({"ici": "ici-as-it-was"}, {"received"})
    assert rename.of(condition("ici")) == condition("ici-as-it-was")
    assert rename.of(Leaf(Includes("comorbidities", "ici"))) == Leaf(Includes("comorbidities", "ici"))


def test_a_trial_of_another_study_is_another_statement_though_its_rule_keeps_its_name(rulebook: Rulebook) -> None:
    trial = "- {id: r, trial: %s, when: {disease: nsclc}}"
    (change,) = between(rulebook, trial % "enrgy", trial % "alter0303").changes
    assert (change.subject, change.before, change.after) == ("r", None, None)
    assert parts(change.differences) == ["study alter0303, new", "study enrgy, old"]


# The shipped rules, edited ------------------------------------------------------------------------------------------


def smallest_of(rulebook: Rulebook, **when: Any) -> tuple[dict[str, Any], bool]:
    problems: list[Any] = []
    document = parse_document("when: {}", "test")
    condition = ConditionReader(rulebook.domain, {}, problems).read(document, ("when",), when)
    assert not problems
    solver = Guideline.of(rulebook).solver
    written = witness(solver, condition)
    assert written is not None
    return written, is_smallest(solver, condition, written)


def test_a_witness_is_called_the_smallest_where_every_fact_it_names_has_to_be_stated(rulebook: Rulebook) -> None:
    assert smallest_of(rulebook, pd_l1_tps={"at_least": 50}, alk="positive") == (
        {"alk": "positive", "pd_l1_tps": 50},
        True,
    )
    assert smallest_of(rulebook, prior_lines=0) == ({"history": []}, True)


def test_a_witness_is_not_called_the_smallest_where_axioms_tie_its_facts(rulebook: Rulebook) -> None:
    written, smallest = smallest_of(rulebook, extent="metastatic", prior_lines=0)
    assert len(written) > 1
    assert not smallest


def test_a_witness_is_not_called_the_smallest_where_another_fact_would_do(rulebook: Rulebook) -> None:
    either = {"any": [{"all": [{"alk": "positive"}, {"ros1": "positive"}]}, {"nrg1": "positive"}]}
    written, smallest = smallest_of(rulebook, **either)
    assert smallest is (len(written) == 1)


@pytest.fixture
def edited(tmp_path: Path) -> Callable[..., Path]:
    """A function that copies the shipped rules with some texts replaced: ``(file, before, after)``."""

    def edit(*edits: tuple[str, str, str], name: str = "edited") -> Path:
        folder = tmp_path / name
        shutil.copytree(ROOT / "rules", folder)
        for file, before, after in edits:
            text = (folder / file).read_text("utf-8")
            assert text.count(before) >= 1, f"{before!r} is no longer in {file}"
            (folder / file).write_text(text.replace(before, after, 1), "utf-8")
        return folder

    return edit


def compared(rulebook: Rulebook, folder: Path) -> RulebookComparison:
    """The rules against edited ones; the folders that are added to them are the same on both sides."""
    return compare(rulebook, load_rulebook([folder, *rulebook.folders[1:]]))


TPS = ("nsclc/cautions-review.yaml", "pd_l1_tps: {below: 1}", "pd_l1_tps: {below: 50}")
WORDS = ("sclc/later-line.yaml", "says: Iza-bren brought responses", "says: Responses came with iza-bren")
BETA = ("nsclc/cautions-outside-already-progressed.yaml", "already-progressed-on-paclitaxel", "paclitaxel-did-not-help")


def test_a_rulebook_is_equal_to_itself(rulebook: Rulebook) -> None:
    found = compare(rulebook, rulebook)
    assert found.is_equal
    assert (found.rules, found.wording) == ((), ())


def test_a_changed_threshold_is_reported_with_its_regimen_its_range_and_a_witness(
    rulebook: Rulebook, edited: Any
) -> None:
    found = compared(rulebook, edited(TPS))
    first = found.regimens[0]
    assert (first.subject, first.before, first.after) == (
        "ivonescimab",
        Standing.OFFERED,
        Standing.OFFERED_WITH_CAUTION,
    )
    assert first.witness["pd_l1_tps"] == 1
    assert {change.subject for change in found.changes} == {"ivonescimab"}
    assert [(rule.fate, rule.after) for rule in found.rules] == [("changed", ("ivonescimab-alone-without-pd-l1",))]


def test_a_renamed_rule_is_no_change_of_advice(rulebook: Rulebook, edited: Any) -> None:
    found = compared(rulebook, edited(BETA))
    assert found.is_equal
    assert [(rule.fate, *rule.before, *rule.after) for rule in found.rules] == [("renamed", BETA[1], BETA[2])]


def test_a_reworded_rule_is_a_difference_in_wording_only(rulebook: Rulebook, edited: Any) -> None:
    found = compared(rulebook, edited(WORDS))
    assert found.is_equal
    assert [(entry.kind, entry.id, entry.field) for entry in found.wording] == [
        ("rule", "iza-bren-after-systemic-treatment", "says")
    ]


def test_two_long_texts_are_shown_from_where_they_part() -> None:
    same = "Four cycles of everything that was given before, and so on and so forth. " * 4
    found = wording_words(WordingChange("study", "a", "arms", f"{same}Then nothing.", f"{same}Then pemetrexed."))
    assert "Then nothing." in found
    assert "Then pemetrexed." in found
    assert len(found) < len(same)


def test_a_long_text_that_only_goes_on_is_shown_from_there() -> None:
    same = "Four cycles of everything that was given before, and so on and so forth. " * 4
    found = wording_words(WordingChange("study", "a", "arms", same.strip(), f"{same}Then pemetrexed."))
    assert "Then pemetrexed." in found


def test_a_rule_renamed_and_reworded_is_known_by_its_meaning(rulebook: Rulebook, edited: Any) -> None:
    renamed = ("sclc/later-line.yaml", "id: iza-bren-after-systemic-treatment", "id: iza-bren-later")
    found = compared(rulebook, edited(WORDS, renamed))
    assert found.is_equal
    assert [rule.fate for rule in found.rules] == ["renamed"]


def test_a_rule_rewritten_with_the_same_meaning_is_no_change_of_advice(rulebook: Rulebook, edited: Any) -> None:
    found = compared(
        rulebook, edited(("nsclc/cautions-review.yaml", "pd_l1_tps: {below: 1}", "not: {pd_l1_tps: {above: 0}}"))
    )
    assert found.is_equal
    assert [rule.fate for rule in found.rules] == ["rewritten"]


def test_a_rule_moved_to_another_file_is_no_change_of_advice(rulebook: Rulebook, edited: Any) -> None:
    folder = edited()
    here, there = folder / "sclc" / "notes.yaml", folder / "sclc" / "silence.yaml"
    head, *rules = here.read_text("utf-8").split("\n  - id: ")
    here.write_text("\n  - id: ".join([head, *rules[1:]]), "utf-8")
    there.write_text(f"{there.read_text('utf-8').rstrip()}\n\n  - id: {rules[0]}\n", "utf-8")
    found = compared(rulebook, folder)
    assert found.is_equal
    assert [rule.fate for rule in found.rules] == ["moved"]
    assert found.rules[0].places_after[0].startswith("sclc/silence.yaml:")


def test_a_dropped_study_is_reported_though_no_standing_changes(rulebook: Rulebook, edited: Any) -> None:
    rule = next(rule for rule in rulebook.of(Effect.OFFER) if len(rule.studies) > 1)
    listed = f"studies: [{', '.join(rule.studies)}]"
    file = place_in(rule, rulebook).split(":")[0]
    found = compared(rulebook, edited((file, listed, f"studies: [{', '.join(rule.studies[1:])}]")))
    assert {(change.subject, change.before is change.after) for change in found.regimens} == {(rule.subject, True)}
    assert all(
        difference.part == "study" and difference.id == rule.studies[0]
        for change in found.regimens
        for difference in change.differences
    )


def test_a_drug_that_joins_a_class_changes_the_advice_after_it(rulebook: Rulebook, edited: Any) -> None:
    joined = (
        "drugs.yaml",
        "- {id: trilaciclib, name: trilaciclib, classes: []",
        "- {id: trilaciclib, name: trilaciclib, classes: [ici]",
    )
    found = compared(rulebook, edited(joined))
    assert found.changes
    assert all("trilaciclib" in str(change.witness) for change in found.changes)


def test_patients_with_a_drug_that_only_one_rulebook_knows_are_left_out_and_reported(
    rulebook: Rulebook, edited: Any
) -> None:
    added = (
        "drugs.yaml",
        "  - {id: trilaciclib,",
        "  - {id: newdrug, name: newdrug, classes: [ici]}\n  - {id: trilaciclib,",
    )
    found = compared(rulebook, edited(added))
    assert found.is_equal
    assert found.joined.only_new == ("newdrug",)


# The command --------------------------------------------------------------------------------------------------------


class Ran:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def diff(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    def command(*arguments: object) -> Ran:
        with pytest.raises(SystemExit) as left:
            main(["diff", *map(str, arguments)])
        captured = capsys.readouterr()
        return Ran(int(left.value.code or 0), captured.out, captured.err)

    return command


RULES = ROOT / "rules"


def test_the_exit_code_tells_a_change_only_where_it_is_asked_for(diff: Any, edited: Any) -> None:
    folder = edited(TPS)
    assert diff(RULES, folder).code == 0
    assert diff(RULES, folder, "--exit-code").code == 1
    assert diff(RULES, edited(WORDS, name="reworded"), "--exit-code").code == 0


def test_text_names_the_range_in_words_and_keeps_to_80_columns(diff: Any, edited: Any) -> None:
    ran = diff(RULES, edited(TPS))
    assert "ivonescimab: offered -> offered-with-caution" in ran.out
    assert "PD-L1 TPS 1 to 49 %" in ran.out.replace("\n", " ").replace("      ", "")
    assert all(len(line) <= 80 for line in ran.out.splitlines() if " " in line.strip())


def test_markdown_folds_each_change_and_holds_its_witness_as_yaml(diff: Any, edited: Any) -> None:
    out = diff(RULES, edited(TPS), "--format", "markdown").out
    assert "<details><summary>ivonescimab: offered -> offered-with-caution</summary>" in out
    assert out.count("<details>") == out.count("</details>")
    assert "```yaml\ndisease: nsclc" in out


def test_json_holds_every_way_in_words_and_as_a_condition(diff: Any, edited: Any) -> None:
    data = json.loads(diff(RULES, edited(TPS), "--format", "json").out)
    first = data["regimens"][0]
    assert data["equal"] is False
    assert first["ways"][0]["when"]["pd_l1_tps"] == {"at_least": 1, "at_most": 49}
    assert first["witness"]["profile"]["pd_l1_tps"] == 1


def test_saved_witnesses_are_profiles_that_advise_reads_and_that_differ(diff: Any, edited: Any, tmp_path: Path) -> None:
    folder, saved = edited(TPS), tmp_path / "witnesses"
    diff(RULES, folder, "--save-witnesses", saved)
    files = sorted(saved.iterdir())
    assert len(files) == 3
    new = load_rulebook(folder)
    for file in files:
        patient = read(*_with_domain(file, new))
        is_excluded = "stays-excluded" in file.name
        wanted = Standing.EXCLUDED if is_excluded else Standing.OFFERED_WITH_CAUTION
        assert advise(patient, new, ask=False).standing("ivonescimab") is wanted


def _with_domain(file: Path, rulebook: Rulebook) -> tuple[Profile, Any, Any]:
    profile, document = read_profile(file)
    return profile, rulebook.domain, document


def test_witnesses_that_cannot_be_saved_are_a_clear_error_and_leave_nothing(
    diff: Any, edited: Any, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("a file", "utf-8")
    ran = diff(RULES, edited(TPS), "--save-witnesses", tmp_path / "taken")
    assert ran.code == 2
    assert "cannot be made" in ran.err
    assert (tmp_path / "taken").read_text("utf-8") == "a file"


def test_the_share_of_given_profiles_that_change_is_reported(diff: Any, edited: Any, tmp_path: Path) -> None:
    shared = tmp_path / "profiles"
    shared.mkdir()
    untreated = "disease: nsclc\nstage: IVB\negfr: wild-type\nalk: negative\nros1: negative\nhistory: []\n"
    (shared / "between.yaml").write_text(f"{untreated}pd_l1_tps: 20\n", "utf-8")
    (shared / "above.yaml").write_text(f"{untreated}pd_l1_tps: 60\n", "utf-8")
    out = diff(RULES, edited(TPS), "--profiles", shared, "--format", "json").out
    share = json.loads(out)["profiles"]
    assert share["total"] == 2
    assert [Path(entry["file"]).name for entry in share["changed"]] == ["between.yaml"]


def test_a_broken_profile_of_the_given_ones_is_refused(diff: Any, edited: Any, tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("stage: XX\n", "utf-8")
    ran = diff(RULES, edited(TPS), "--profiles", tmp_path / "broken.yaml")
    assert ran.code == 2
    assert "broken.yaml:1" in ran.err


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no-such-revision", "expected a folder of rules"),
        ("--upload-pack=x", "No such option"),
        ("", "expected a folder of rules"),
    ],
)
def test_an_unknown_revision_is_a_clear_error(diff: Any, name: str, message: str) -> None:
    ran = diff(name, RULES)
    assert ran.code == 2
    assert message in ran.err
    assert "Traceback" not in ran.err


def test_a_folder_without_rules_is_a_clear_error(diff: Any, tmp_path: Path) -> None:
    ran = diff(RULES, tmp_path)
    assert ran.code == 2
    assert "found no .yaml file" in ran.err


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """A git repository with the shipped rules committed in a folder below its root; a function that calls git in it."""
    needed("git")
    top = tmp_path / "repository"
    shutil.copytree(ROOT / "rules", top / "guideline" / "rules")
    monkeypatch.chdir(top / "guideline")

    def git(*arguments: str) -> str:
        who = ("-c", "user.name=Tester", "-c", "user.email=tester@example.org", "-c", "init.defaultBranch=main")
        return subprocess.run(["git", *who, *arguments], check=True, capture_output=True, text=True).stdout

    git("init", "-q", str(top))
    git("add", "-A")
    git("commit", "-q", "-m", "The rules as they ship")
    return git


def test_the_working_tree_is_compared_with_a_revision(diff: Any, repository: Any) -> None:
    assert "No change of advice" in diff("HEAD").out
    file = Path("rules") / TPS[0]
    file.write_text(file.read_text("utf-8").replace(TPS[1], TPS[2], 1), "utf-8")
    out = diff().out
    assert out.startswith("Rules: HEAD -> the working tree")
    assert "ivonescimab: offered -> offered-with-caution" in out


def test_two_revisions_are_compared_with_places_counted_from_the_folder_of_the_rules(
    diff: Any, repository: Any
) -> None:
    file = Path("rules") / TPS[0]
    file.write_text(file.read_text("utf-8").replace(TPS[1], TPS[2], 1), "utf-8")
    repository("commit", "-q", "-a", "-m", "Warn below 50")
    repository("tag", "warned")
    out = " ".join(diff("HEAD~1", "warned").out.split())
    assert "changed in meaning: ivonescimab-alone-without-pd-l1 (nsclc/cautions-review.yaml:" in out


def test_a_revision_with_broken_rules_is_reported_by_revision_and_file(diff: Any, repository: Any) -> None:
    file = Path("rules") / TPS[0]
    file.write_text(file.read_text("utf-8").replace(TPS[1], "pd_l1_tsp: 1", 1), "utf-8")
    repository("commit", "-q", "-a", "-m", "Break a rule")
    ran = diff("HEAD", "HEAD~1")
    assert ran.code == 2
    assert "HEAD:guideline/rules/nsclc/cautions-review.yaml:" in ran.err
    assert "did you mean `pd_l1_tps`?" in ran.err


def test_a_revision_from_before_the_rules_is_a_clear_error(diff: Any, repository: Any) -> None:
    repository("rm", "-q", "-r", "--cached", "rules")
    repository("commit", "-q", "--allow-empty", "-m", "Take the rules away")
    ran = diff("HEAD")
    assert ran.code == 2
    assert "found no such folder in this revision" in ran.err
