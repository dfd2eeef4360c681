"""Find findings, studies, drugs and regimens that nothing uses.

A finding is used where a rule, or a finding that is used, tests it; a study where a rule cites it or names it as a
trial; a regimen where a rule offers it. A drug is used where a regimen, a condition, a target or an arm of a study
names it or a class it is in. Besides, a drug that says what it is (by a class or by what it targets) is used: it is
there so that a history can name it. A class is used where a drug is in it, or where any of these names it.
"""

from __future__ import annotations

from collections.abc import Iterator

from regimen_advisor.files.errors import InputError, Location
from regimen_advisor.files.sources import Path_, read_document
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Effect
from regimen_advisor.language.conditions import atoms_of, findings_of
from regimen_advisor.language.values import Includes
from regimen_advisor.reviewing.flaws import Flaw
from regimen_advisor.words.catalogue import say


def unused_of(rulebook: Rulebook) -> Iterator[Flaw]:
    """Everything in the rulebook that nothing uses."""
    rules = rulebook.rules.values()
    tested = frozenset[str]().union(*(findings_of(rule.condition) for rule in rules))
    for finding in rulebook.findings.values():
        if finding.id not in tested:
            yield Flaw("never used", finding.id, finding.location, say("flaw.unused_finding"))
    cited = {study for rule in rules for study in rule.studies}
    cited |= {rule.subject for rule in rules if rule.effect is Effect.TRIAL}
    cited |= {name for name, study in rulebook.studies.items() if study.harm_of is not None}
    for name, study in rulebook.studies.items():
        if name not in cited:
            place = study.location or Location(str(rulebook.folder / "studies" / f"{name}.yaml"), 1, 1)
            yield Flaw("never used", name, place, say("flaw.unused_study"))
    offered = {rule.subject for rule in rulebook.of(Effect.OFFER)}
    for index, name in enumerate(rulebook.regimens):
        if name not in offered:
            place = _place(rulebook, "regimens.yaml", (index,))
            yield Flaw("never used", name, place, say("flaw.unused_regimen"))
    yield from _unused_drugs(rulebook)


def _unused_drugs(rulebook: Rulebook) -> Iterator[Flaw]:
    formulary = rulebook.formulary
    named = _named(rulebook)
    for index, drug in enumerate(formulary.drugs.values()):
        if not (drug.classes or drug.targets or drug.id in named):
            says = say("flaw.unused_drug")
            yield Flaw("never used", drug.id, _place(rulebook, "drugs.yaml", ("drugs", index)), says)
    for index, name in enumerate(formulary.classes):
        narrower = [
            narrower_class for narrower_class in formulary.classes if name in formulary.classes_of(narrower_class)
        ]
        if not formulary.members_of(name) and named.isdisjoint({name, *narrower}):
            place = _place(rulebook, "drugs.yaml", ("classes", index))
            yield Flaw("never used", name, place, say("flaw.unused_class"))


def _named(rulebook: Rulebook) -> frozenset[str]:
    """The drugs and classes that a regimen, a condition, a target or an arm names."""
    found = {name for regimen in rulebook.regimens.values() for name in regimen.drug_names}
    for rule in rulebook.rules.values():
        found |= {atom.member for atom in atoms_of(rule.condition) if isinstance(atom, Includes)}
        found |= {str(item) for item in rule.target.items} if rule.target else set()
    for study in rulebook.studies.values():
        found |= {treatment.drug for arm in study.arms for treatment in arm.drugs}
    return frozenset(found)


def _place(rulebook: Rulebook, file: str, path: Path_) -> Location:
    """The place of an entry; the file alone where it cannot be read any more."""
    try:
        return read_document(rulebook.folder / file).locate(path)
    except InputError:
        return Location(str(rulebook.folder / file))
