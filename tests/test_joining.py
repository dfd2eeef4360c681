"""Two rulebooks over the patients whom both can describe: drugs, classes and conditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.conditions import Condition, atoms_of
from regimen_advisor.language.values import Includes
from regimen_advisor.patient.drugs import Drug, DrugClass, Formulary
from regimen_advisor.patient.facts import domain_for
from regimen_advisor.reviewing.joining import join
from small_rulebooks import rulebook_of

RULES = """
- {id: offered, offer: anlotinib, when: {received: {includes: ici}}}
- {id: excluded, exclude: {regimen: anlotinib}, when: {received: {includes: ici}, alk: positive}}
- {id: careful, caution: {regimen: anlotinib}, kind: patient, when: {received: {includes: ici}, ros1: positive}}
- {id: noted, note: Remember, when: {received: {includes: ici}}}
"""
DRUGS = {"nivolumab": ("ici",), "docetaxel": ("chemo",), "surufatinib": ("chemo",)}


def book(rulebook: Rulebook, drugs: Mapping[str, tuple[str, ...]] = DRUGS, *more: str) -> Rulebook:
    """A rulebook of four rules over a few drugs with their classes, and more classes that hold none."""
    classes = dict.fromkeys([*(name for found in drugs.values() for name in found), *more])
    formulary = Formulary(
        {id: Drug(id=id, name=id.title(), classes=names) for id, names in drugs.items()},
        {id: DrugClass(id=id, name=id.upper()) for id in classes},
    )
    few = {"anlotinib": rulebook.regimens["anlotinib"]}
    base = replace(rulebook, formulary=formulary, domain=domain_for(formulary), regimens=few)
    return replace(rulebook_of(base, RULES), digest=f"test:{drugs} {more}")


def named(condition: Condition) -> set[str]:
    """The drugs and classes that a condition names."""
    return {atom.member for atom in atoms_of(condition) if isinstance(atom, Includes)}


def test_rulebooks_over_the_same_drugs_and_classes_are_over_the_domain_of_the_new(rulebook: Rulebook) -> None:
    old, new = book(rulebook), book(rulebook)
    joined = join(old, new)
    assert joined.domain is new.domain
    assert (joined.only_old, joined.only_new) == ((), ())
    assert named(joined.old.effective["offered"]) == {"ici"}


def test_a_class_that_holds_other_drugs_now_occurs_twice_and_each_side_asks_for_its_own(rulebook: Rulebook) -> None:
    old, new = book(rulebook), book(rulebook, {**DRUGS, "surufatinib": ("ici",)})
    joined = join(old, new)
    formulary = joined.domain.formulary
    names = {name: entry.name for name, entry in formulary.classes.items()}
    assert names == {
        "ici-as-it-was": "ICI (as it was)", "chemo-as-it-was": "CHEMO (as it was)", "ici": "ICI", "chemo": "CHEMO",
    }  # fmt: skip
    assert {name: set(formulary.members_of(name)) for name in names} == {
        "ici-as-it-was": {"nivolumab"},
        "chemo-as-it-was": {"docetaxel", "surufatinib"},
        "ici": {"nivolumab", "surufatinib"},
        "chemo": {"docetaxel"},
    }
    for side, name in ((joined.old, "ici-as-it-was"), (joined.new, "ici")):
        assert {id: named(condition) for id, condition in side.effective.items()} == {id: {name} for id in new.rules}
        found = side.regimens["anlotinib"]
        assert [named(part) for part in (found.offer, found.exclusion, found.caution)] == [{name}] * 3
    received = joined.domain.facts["received"]
    assert {"ici", "ici-as-it-was"} <= set(getattr(received, "members", ()))


def test_a_class_that_is_the_same_keeps_its_name_beside_one_that_is_not(rulebook: Rulebook) -> None:
    old = book(rulebook, {**DRUGS, "anlotinib": ("targeted",)})
    new = book(rulebook, {**DRUGS, "surufatinib": ("ici",), "anlotinib": ("targeted",)})
    classes = join(old, new).domain.formulary.classes
    assert (classes["targeted"].name, "targeted-as-it-was" in classes) == ("TARGETED", False)


def test_what_is_no_drug_is_asked_of_as_the_new_rulebook_asks_it(rulebook: Rulebook) -> None:
    old, new = book(rulebook), book(rulebook, {**DRUGS, "surufatinib": ("ici",)})
    alk = replace(new.domain.facts["alk"], question="Is ALK rearranged?")
    new = replace(new, domain=replace(new.domain, facts={**new.domain.facts, "alk": alk}))
    assert join(old, new).domain.facts["alk"] is alk


def test_drugs_that_one_rulebook_knows_alone_are_left_out(rulebook: Rulebook) -> None:
    more = {**DRUGS, "anlotinib": ("chemo",)}
    for old, new in ((DRUGS, more), (more, DRUGS)):
        joined = join(book(rulebook, old), book(rulebook, new))
        assert list(joined.domain.formulary.drugs) == list(DRUGS)
        assert joined.only_old == tuple(name for name in old if name not in new)
        assert joined.only_new == tuple(name for name in new if name not in old)
        assert set(joined.domain.formulary.classes) == {"ici", "chemo"}


def test_a_class_that_only_one_rulebook_has_is_there_for_its_rules(rulebook: Rulebook) -> None:
    for old, new in ((("gone",), ()), ((), ("come",))):
        classes = join(book(rulebook, DRUGS, *old), book(rulebook, DRUGS, *new)).domain.formulary.classes
        assert {name: entry.name for name, entry in classes.items()} == {
            name: name.upper() for name in ("ici", "chemo", *old, *new)
        }
