"""Write ``diff`` as a document and as data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from regimen_advisor.documents.blocks import Block, Bullets, Code, Folded, Heading, Paragraph, shortened
from regimen_advisor.patient.profile_yaml import profile_lines
from regimen_advisor.reviewing.comparing import AdviceChange, Difference, RulebookComparison
from regimen_advisor.reviewing.implicant_text import way_words, way_written
from regimen_advisor.reviewing.matching import RuleChange
from regimen_advisor.reviewing.profile_share import ProfileShare
from regimen_advisor.reviewing.wording_changes import WordingChange

MOST_WAYS = 20
LONGEST = 160


@dataclass(frozen=True, eq=False)
class DiffReport:
    """A comparison with the names its rulebooks were asked for by, and the share of given profiles that change."""

    comparison: RulebookComparison
    old: str
    new: str
    share: ProfileShare | None = None


# Words ------------------------------------------------------------------------------------------------------------


def standings_words(change: AdviceChange) -> str:
    """``offered -> excluded``; ``stays offered, decided otherwise`` where rules, studies or cautions differ."""
    if change.before is None or change.after is None:
        gone = [difference.only_in for difference in change.differences if difference.part == "said"]
        return {"old": "no longer stated", "new": "newly stated"}[gone[0]] if gone else "stated with other studies"
    if change.before is change.after:
        return f"stays {change.before.value}, decided otherwise"
    return f"{change.before.value} -> {change.after.value}"


def headline(report: DiffReport) -> str:
    """The result in a sentence or two."""
    found = report.comparison
    if found.is_equal:
        return (
            "No change of advice: no complete patient differs in standing, deciding rules, studies or cautions, nor in "
            "the statements outside the options."
        )
    names = {change.subject for change in found.regimens}
    lost = list(dict.fromkeys(change.subject for change in found.regimens if change.is_loss))
    parts = [f"{_count(len(names), 'regimen')} can get another standing or be decided by other rules"] if names else []
    if found.statements:
        parts.append(f"{_count(len(found.statements), 'statement')} outside the options can differ")
    loss = f" Some patients lose {', '.join(lost)} as an option." if lost else ""
    return f"The advice changes: {'; '.join(parts)}.{loss}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def witness_words(change: AdviceChange) -> str:
    """What is claimed of the witness."""
    size = "the smallest there is" if change.is_smallest else "nothing in it can be left out"
    return f"A patient to show it ({size}):"


def _shown(differences: Sequence[Difference]) -> str:
    return ", ".join(f"{difference.part} {difference.id}" for difference in differences) or "nothing"


def _differing(change: AdviceChange, found: RulebookComparison) -> Iterator[str]:
    if change.before is not None:
        for name, book in (("OLD", found.old), ("NEW", found.new)):
            if change.subject not in book.regimens:
                yield f"{name} does not know this regimen"
    for difference in change.differences:
        if difference.part != "said":
            yield f"{'no longer' if difference.only_in == 'old' else 'newly'} by {difference.part} {difference.id}"


def rule_words(change: RuleChange) -> str:
    """What became of a rule in one line."""
    before = " + ".join(f"{id} ({place})" for id, place in zip(change.before, change.places_before, strict=True))
    after = " + ".join(f"{id} ({place})" for id, place in zip(change.after, change.places_after, strict=True))
    kept = {
        "rewritten": " with the same meaning", "renamed": " with the same meaning", "moved": " with the same meaning",
        "changed": " in meaning",
    }.get(change.fate, "")  # fmt: skip
    if change.before == change.after and change.places_before == change.places_after:
        return f"{change.fate}{kept}: {after}"
    return f"{change.fate}{kept}: {' -> '.join(part for part in (before, after) if part)}"


def wording_words(change: WordingChange) -> str:
    """A difference in wording in one line."""
    if change.field is None:
        return f"{change.kind} {change.id}: only in {'NEW' if change.before is None else 'OLD'}"
    before, after = _where_they_part(change.before, change.after)
    return f"{change.kind} {change.id}, {change.field}: {_quoted(before)} -> {_quoted(after)}"


def _where_they_part(before: str | None, after: str | None) -> tuple[str | None, str | None]:
    """Two texts; of those too long to be shown whole, what comes from a few words before they differ."""
    if before is None or after is None or max(len(before), len(after)) <= LONGEST:
        return before, after
    alike = next(
        (
            position
            for position, (old_letter, new_letter) in enumerate(zip(before, after, strict=False))
            if old_letter != new_letter
        ),
        0,
    )
    start = before.rfind(" ", 0, max(alike - 30, 0))
    return (before, after) if start < 0 else (f"...{before[start:]}", f"...{after[start:]}")


def _quoted(text: str | None) -> str:
    return "nothing" if text is None else f'"{shortened(text, LONGEST)}"'


def _more(number: int) -> str:
    return f"and {number} more; --format json lists them all"


def _vocabulary(found: RulebookComparison) -> Iterator[str]:
    for names, knowing, lacking in ((found.joined.only_old, "OLD", "NEW"), (found.joined.only_new, "NEW", "OLD")):
        if names:
            yield (
                f"Only {knowing} knows {', '.join(names)}: {lacking} cannot read a history with it, "
                "so patients who received it are not compared."
            )


def share_words(share: ProfileShare) -> str:
    """The share of the profiles that changes."""
    percent = 100 * len(share.changed) / share.total if share.total else 0.0
    sentence = f"{len(share.changed)} of {_count(share.total, 'profile')} ({percent:.0f} %) get other advice"
    if share.unreadable:
        return f"{sentence}; {_count(len(share.unreadable), 'profile')} can be read by one rulebook only."
    return f"{sentence}."


def _share_lines(share: ProfileShare) -> Iterator[str]:
    for changed in share.changed:
        standings = [f"{name} {before.value} -> {after.value}" for name, (before, after) in changed.standings.items()]
        yield f"{changed.file}: {'; '.join([*standings, *(f'{name} otherwise decided' for name in changed.elsewhere)])}"
    for file in share.unreadable:
        yield f"{file}: names a drug that one of the rulebooks does not know"


# Document ---------------------------------------------------------------------------------------------------------


def document(report: DiffReport) -> Iterator[Block]:
    """The result, each change of advice with a patient that shows it, then the rules and words that changed."""
    found = report.comparison
    yield Heading(f"Rules: {report.old} -> {report.new}", 1)
    yield Paragraph(headline(report))
    yield from (Paragraph(line) for line in _vocabulary(found))
    for change in found.changes:
        aside = "outside the options: " if change.before is None else ""
        yield Folded(f"{change.subject}: {aside}{standings_words(change)}", tuple(_change(report, change)), 3)
    if report.share is not None:
        yield Paragraph(share_words(report.share))
        yield from _listed("Given profiles that change", _share_lines(report.share))
    yield from _listed("Rules that are not as they were", map(rule_words, found.rules))
    yield from _listed("Wording, without a change of advice", map(wording_words, found.wording))


def _listed(title: str, lines: Iterable[str]) -> Iterator[Block]:
    items = tuple(lines)
    if items:
        yield Folded(f"{title} ({len(items)})", (Bullets(items),))


def _change(report: DiffReport, change: AdviceChange) -> Iterator[Block]:
    yield from (Paragraph(line) for line in _differing(change, report.comparison))
    yield Paragraph("For patients with")
    further_ways = [_more(len(change.ways) - MOST_WAYS)] if len(change.ways) > MOST_WAYS else []
    yield Bullets((*(way_words(way, report.comparison.words) for way in change.ways[:MOST_WAYS]), *further_ways))
    yield Paragraph(witness_words(change))
    yield Code(tuple(profile_lines(change.witness)))
    if change.before is not None:
        yield Paragraph(f"OLD shows {_shown(change.shown_before)}.", hang=2)
        yield Paragraph(f"NEW shows {_shown(change.shown_after)}.", hang=2)


# Data -------------------------------------------------------------------------------------------------------------


def data(report: DiffReport) -> dict[str, Any]:
    """The comparison as plain data."""
    found = report.comparison
    return {
        "schema_version": "1",
        "old": {"name": report.old, "digest": found.old.digest},
        "new": {"name": report.new, "digest": found.new.digest},
        "equal": found.is_equal,
        "regimens": [_change_data(report, change) for change in found.regimens],
        "statements": [_change_data(report, change) for change in found.statements],
        "rules": found.rules,
        "wording": found.wording,
        "drugs_only_in_old": found.joined.only_old,
        "drugs_only_in_new": found.joined.only_new,
        "profiles": report.share,
    }


def _change_data(report: DiffReport, change: AdviceChange) -> dict[str, Any]:
    domain, words = report.comparison.joined.domain, report.comparison.words
    return {
        "subject": change.subject,
        "name": change.name,
        "before": change.before,
        "after": change.after,
        "differences": change.differences,
        "ways": [{"words": way_words(way, words), "when": way_written(way, domain)} for way in change.ways],
        "witness": {
            "profile": change.witness,
            "smallest": change.is_smallest,
            "shown_before": change.shown_before,
            "shown_after": change.shown_after,
        },
    }
