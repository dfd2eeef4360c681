"""Drop the entries of a stack that a pack retired, or whose sources come after a given day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date

from regimen_advisor.knowledge.publications import Sources, last_day
from regimen_advisor.knowledge.regimens import Regimen
from regimen_advisor.knowledge.speaking import Entry, as_of_day, later_errata
from regimen_advisor.knowledge.stacking import KINDS, PackChange, PackEntryKind
from regimen_advisor.knowledge.studies import Approval, Review, Study


@dataclass
class Gone:
    """Entries that a pack retired, and those of sources that do not speak yet on ``day``, if one is given."""

    changes: Iterable[PackChange]
    day: date | None = None
    later: set[str] = field(default_factory=set)
    """Sources that speak up to a date after ``day``."""
    errata: set[str] = field(default_factory=set)
    """Errata that the published record gives only after ``day``."""

    def __post_init__(self) -> None:
        """Sort out what is retired."""
        self.retired: dict[tuple[PackEntryKind, str], PackChange] = {
            (change.kind, change.id): change for change in self.changes if change.outcome == "retired"
        }
        self._ids: dict[PackEntryKind, set[str]] = {kind: set() for kind in KINDS}
        for kind, name in self.retired:
            self._ids[kind].add(name)

    def of(self, kind: PackEntryKind) -> AbstractSet[str]:
        """The ids of one kind that are gone."""
        return self._ids[kind]

    def spoken(self, source: Sources) -> Sources | None:
        """The places of an entry in sources that speak; ``None`` where none of them does."""
        return source.without(self.later)

    def as_of_day(self, entry: Entry) -> Entry | None:
        """An entry as it reads on the day; ``None`` where none of its sources speaks."""
        if self.day is None:
            return entry
        self.errata.update(later_errata(entry, self.day))
        return as_of_day(entry, self.later, self.errata)

    def sources(self, reviews: Mapping[str, Review]) -> None:
        """Note which sources do not speak yet; one without a date always does."""
        for key, review in reviews.items():
            if self.day is not None and review.speaks_to is not None and last_day(review.speaks_to) > self.day:
                self.later.add(key)

    def regimens(self, regimens: Mapping[str, Regimen]) -> dict[str, Regimen]:
        """The regimens of sources that speak."""
        return self._left("regimen", regimens)

    def approvals(self, approvals: Mapping[str, Approval]) -> dict[str, Approval]:
        """The approvals of sources that speak, given by that day, each without the studies that are gone."""
        granted = {
            name: approval
            for name, approval in approvals.items()
            if not self._drop("approval", name, self._not_yet(approval))
        }
        left = self._left("approval", granted)
        regimens, studies = self.of("regimen"), self.of("study")
        return {
            name: approval.leaving(
                regimens=tuple(id for id in approval.regimens if id not in regimens),
                studies=tuple(id for id in approval.studies if id not in studies),
            )
            for name, approval in left.items()
        }

    def studies(self, studies: Mapping[str, Study]) -> dict[str, Study]:
        """The studies that a source reports which speaks."""
        left = self._left("study", studies)
        return {name: study for name, study in left.items() if not self._drop("study", name, not study.cited_in)}

    def approved(self, studies: Mapping[str, Study]) -> dict[str, Study]:
        """The studies without the approvals that are gone."""
        approvals = self.of("approval")
        return {
            name: study.leaving(approvals=tuple(id for id in study.approvals if id not in approvals))
            for name, study in studies.items()
        }

    def _left(self, kind: PackEntryKind, entries: Mapping[str, Entry]) -> dict[str, Entry]:
        left = {}
        for name, entry in entries.items():
            left_entry = self.as_of_day(entry)
            if not self._drop(kind, name, left_entry is None) and left_entry is not None:
                left[name] = left_entry
        return left

    def _drop(self, kind: PackEntryKind, name: str, is_gone: bool) -> bool:
        if is_gone:
            self._ids[kind].add(name)
        return is_gone

    def _not_yet(self, approval: Approval) -> bool:
        if self.day is None or approval.year is None:
            return False
        written = f"{approval.year}" + (f"-{approval.month:02}" if approval.month else "")
        return last_day(written) > self.day
