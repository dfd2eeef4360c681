"""Write ``diff`` as a document and as data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from regimen_advisor.advice import ReportedChange
from regimen_advisor.documents.blocks import Block, Bullets, Code, Folded, Heading, Paragraph, shortened
from regimen_advisor.files.errors import Location
from regimen_advisor.guideline import Guideline
from regimen_advisor.patient.profile_yaml import profile_lines
from regimen_advisor.reports.annotations import Annotation
from regimen_advisor.reviewing.comparing import AdviceChange, Difference, RulebookComparison
from regimen_advisor.reviewing.implicant_text import way_words, way_written
from regimen_advisor.reviewing.matching import RuleChange
from regimen_advisor.reviewing.profile_share import ProfileShare
from regimen_advisor.reviewing.wording_changes import WordingChange
from regimen_advisor.words.catalogue import joined, say

MOST_WAYS = 20
LONGEST = 160


@dataclass(frozen=True, eq=False)
class DiffReport:
    """A comparison with the names its rulebooks were given, and the share of given profiles that change."""

    comparison: RulebookComparison
    old: str
    new: str
    share: ProfileShare | None = None


# Words ------------------------------------------------------------------------------------------------------------


def standings_words(change: AdviceChange) -> str:
    """``offered -> excluded``; ``stays offered, decided otherwise`` where rules, studies or cautions differ."""
    if change.before is None or change.after is None:
        gone = [difference.only_in for difference in change.differences if difference.part == "said"]
        return say(f"diff_statement.{gone[0] if gone else 'both'}")
    if change.before is change.after:
        return say("diff.stays", standing=change.before.value)
    return f"{change.before.value} -> {change.after.value}"


def headline(report: DiffReport) -> str:
    """The result in a sentence or two."""
    found = report.comparison
    if found.is_equal:
        return say("diff.equal")
    names = {change.subject for change in found.regimens}
    lost = list(dict.fromkeys(change.subject for change in found.regimens if change.is_loss))
    parts = [say("diff.regimens", count=len(names))] if names else []
    if found.statements:
        parts.append(say("diff.statements", count=len(found.statements)))
    loss = say("diff.loss", regimens=joined(lost)) if lost else ""
    return f"{say('diff.changes', changes=joined(parts, 'lists'))}{loss}"


def witness_words(change: AdviceChange) -> str:
    """What is claimed of the witness."""
    return say("diff.smallest_patient") if change.is_smallest else say("diff.patient")


def _shown(differences: Sequence[Difference]) -> str:
    parts = (say("diff.part", part=difference.part, id=difference.id) for difference in differences)
    return joined(parts) or say("diff.no_part")


def _differing(change: AdviceChange, found: RulebookComparison) -> Iterator[str]:
    if change.before is not None:
        for name, book in (("OLD", found.old), ("NEW", found.new)):
            if change.subject not in book.regimens:
                yield say("diff.unknown_regimen", rulebook=name)
    for difference in change.differences:
        if difference.part != "said":
            yield say(f"diff_by.{difference.only_in}", part=difference.part, id=difference.id)


def rule_words(change: RuleChange) -> str:
    """How a rule changed, in one line."""
    before = " + ".join(f"{id} ({place})" for id, place in zip(change.before, change.places_before, strict=True))
    after = " + ".join(f"{id} ({place})" for id, place in zip(change.after, change.places_after, strict=True))
    fate = say(f"diff_fate.{change.fate}")
    if change.before == change.after and change.places_before == change.places_after:
        return say("diff.rule", fate=fate, rule=after)
    return say("diff.rule", fate=fate, rule=" -> ".join(part for part in (before, after) if part))


def wording_words(change: WordingChange) -> str:
    """A difference in wording in one line."""
    if change.field is None:
        rulebook = "NEW" if change.before is None else "OLD"
        return say("diff.only_in", kind=change.kind, id=change.id, rulebook=rulebook)
    before, after = _where_they_part(change.before, change.after)
    return say(
        "diff.wording",
        kind=change.kind,
        id=change.id,
        field=change.field,
        before=_quoted(before),
        after=_quoted(after),
    )


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
        min(len(before), len(after)),
    )
    start = before.rfind(" ", 0, max(alike - 30, 0))
    return (before, after) if start < 0 else (f"...{before[start:]}", f"...{after[start:]}")


def _quoted(text: str | None) -> str:
    return say("diff.no_part") if text is None else f'"{shortened(text, LONGEST)}"'


def _more(number: int) -> str:
    return say("diff.more", count=number)


def _vocabulary(found: RulebookComparison) -> Iterator[str]:
    for names, knowing, lacking in ((found.joined.only_old, "OLD", "NEW"), (found.joined.only_new, "NEW", "OLD")):
        if names:
            drugs = joined(names)
            yield say("diff.vocabulary", knowing=knowing, lacking=lacking, drugs=drugs)


def share_words(share: ProfileShare) -> str:
    """The share of the profiles that changes."""
    percent = 100 * len(share.changed) / share.total if share.total else 0.0
    sentence = say("diff.share", count=share.total, number=len(share.changed), percent=f"{percent:.0f}")
    if share.unreadable:
        return say("diff.share_unreadable", count=len(share.unreadable), sentence=sentence)
    return say("diff.share_sentence", sentence=sentence)


def _share_lines(share: ProfileShare) -> Iterator[str]:
    for changed in share.changed:
        changes = [f"{name} {before.value} -> {after.value}" for name, (before, after) in changed.standings.items()]
        changes += [say("diff.otherwise", regimen=name) for name in changed.elsewhere]
        yield say("diff.of_profile", file=changed.file, changes=joined(changes, "lists"))
    for file in share.unreadable:
        yield say("diff.unreadable", file=file)


# Document ---------------------------------------------------------------------------------------------------------


def document(report: DiffReport) -> Iterator[Block]:
    """The result, each change of advice with a patient that shows it, then the rules and words that changed."""
    found = report.comparison
    yield Heading(say("diff.title", old=report.old, new=report.new), 1)
    yield Paragraph(headline(report))
    yield from (Paragraph(line) for line in _vocabulary(found))
    for change in found.changes:
        key = "diff.statement_change" if change.before is None else "diff.change"
        title = say(key, subject=change.subject, change=standings_words(change))
        yield Folded(title, tuple(_change(report, change)), 3)
    if report.share is not None:
        yield Paragraph(share_words(report.share))
        yield from _listed(say("diff.profiles"), _share_lines(report.share))
    yield from _listed(say("diff.rules"), map(rule_words, found.rules))
    yield from _listed(say("diff.wordings"), map(wording_words, found.wording))
    yield from _listed(say("advice.changed"), (change.says for change in _changed_by_packs(found)))


def _changed_by_packs(found: RulebookComparison) -> list[ReportedChange]:
    """What packs of NEW replaced, retired or overrode, with their reasons, where OLD has not the same."""
    before = [bearing.change for bearing in Guideline.of(found.old).bearings]
    changes = (bearing.change for bearing in Guideline.of(found.new).bearings)
    return [change for change in changes if change not in before]


def _listed(title: str, lines: Iterable[str]) -> Iterator[Block]:
    items = tuple(lines)
    if items:
        yield Folded(say("diff.list", title=title, count=len(items)), (Bullets(items),))


def _change(report: DiffReport, change: AdviceChange) -> Iterator[Block]:
    yield from (Paragraph(line) for line in _differing(change, report.comparison))
    yield Paragraph(say("diff.for_patients"))
    further_ways = [_more(len(change.ways) - MOST_WAYS)] if len(change.ways) > MOST_WAYS else []
    yield Bullets((*(way_words(way, report.comparison.words) for way in change.ways[:MOST_WAYS]), *further_ways))
    yield Paragraph(witness_words(change))
    yield Code(tuple(profile_lines(change.witness)))
    if change.before is not None:
        yield Paragraph(say("diff.old_shows", parts=_shown(change.shown_before)), hang=2)
        yield Paragraph(say("diff.new_shows", parts=_shown(change.shown_after)), hang=2)


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
        **({"changed_by_packs": changes} if (changes := _changed_by_packs(found)) else {}),
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


def annotated(report: DiffReport) -> list[Annotation]:
    """Each change of advice, at the rule that was changed for it: a warning where an option is lost, else a notice.

    Where NEW has no such rule (it was removed) the regimen has its place; where NEW lacks that too, the folder.
    """
    found = report.comparison
    of_changes = [_annotation(report, change) for change in found.changes]
    if not of_changes:
        of_changes = [
            Annotation("notice", Location(found.new.folder.as_posix()), say("annotation.advice"), "", headline(report)),
        ]
    return of_changes


def _annotation(report: DiffReport, change: AdviceChange) -> Annotation:
    ways = [way_words(way, report.comparison.words) for way in change.ways]
    further_ways = say("diff.more_ways", count=len(ways) - 1) if len(ways) > 1 else ""
    message = say(
        "diff.annotation",
        subject=change.subject,
        change=standings_words(change),
        patients=f"{ways[0]}{further_ways}",
    )
    causes = list(_causes(report, change))
    if causes:
        message += f"; {causes[0][1]}"
    place = causes[0][0] if causes else Location(report.comparison.new.folder.as_posix())
    return Annotation(
        "warning" if change.is_loss else "notice", place, say("annotation.change_of_advice"), change.subject, message
    )


def _causes(report: DiffReport, change: AdviceChange) -> Iterator[tuple[Location, str]]:
    """The rules of NEW that were added or changed and concern what changes, with what became of each."""
    found = report.comparison
    for change_of_rule in found.rules:
        for id in change_of_rule.after:
            rule = found.new.rules[id]
            if change_of_rule.fate in ("added", "changed") and (
                change.subject == id or change.subject in found.new.meets(rule)
            ):
                yield rule.location, rule_words(change_of_rule)
    for change_of_rule in found.rules:
        for id in change_of_rule.before:
            if change_of_rule.fate == "removed" and (
                change.subject == id or change.subject in found.old.meets(found.old.rules[id])
            ):
                yield (
                    Location((found.new.folder / change_of_rule.places_before[0].rpartition(":")[0]).as_posix()),
                    rule_words(change_of_rule),
                )
