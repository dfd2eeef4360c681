"""Find studies of two sources that are one trial and do not say so: they would count as two."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.studies import Study
from regimen_advisor.reviewing.flaws import Flaw
from regimen_advisor.words.catalogue import joined, say

NUMBERS = ("registry", "doi", "pmid", "pmcid")
"""What of a citation names one publication or one trial and no other."""


def studies_twice(rulebook: Rulebook) -> Iterator[Flaw]:
    """A warning for each study that has a name or number of a study of another source, and does not name it.

    Within one source several entries may be of one trial, such as its subgroups.
    """
    holders: dict[str, list[Study]] = {}
    for study in rulebook.studies.values():
        for mark in _marks(study):
            holders.setdefault(mark, []).append(study)
    shared: dict[tuple[str, str], list[str]] = {}
    for mark, studies in holders.items():
        for first, second in combinations(studies, 2):
            if _root(first) != _root(second) and _sources(first).isdisjoint(_sources(second)):
                shared.setdefault((first.id, second.id), []).append(mark)
    for names, marks in shared.items():
        first, second = (rulebook.studies[name] for name in names)
        assert second.location is not None
        words = {"study": first.id, "place": first.location, "marks": joined(marks, "and"), "root": _root(first)}
        yield Flaw("one study twice", second.id, second.location, say("flaw.one_study_twice", **words))


def _root(study: Study) -> str:
    return study.same_study_as or study.id


def _sources(study: Study) -> set[str]:
    return {place.review for place in study.cited_in}


def _marks(study: Study) -> Iterator[str]:
    """What only one trial has: its name, without a remark in brackets, and its numbers, each once."""
    found = [study.name.partition(" (")[0].casefold()]
    cited = (getattr(study.citation, number) for number in NUMBERS)
    found += [field.value.casefold() for field in cited if field is not None]
    if (
        study.printed_registry is not None and not study.printed_registry.errata
    ):  # else the number may be of another trial
        found.append(study.printed_registry.value.casefold())
    yield from dict.fromkeys(found)
