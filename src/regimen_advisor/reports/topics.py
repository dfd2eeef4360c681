"""Write what ``help TOPIC`` prints: conditions, profiles, cases and rules, from the models themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from regimen_advisor.documents.blocks import Block, Bullets, Fields, Heading, Paragraph
from regimen_advisor.documents.text import lines_of, plain
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import RuleFile, RuleText
from regimen_advisor.patient.facts import ChoiceFact, Fact, NumberFact
from regimen_advisor.patient.profile import HistoryEntry, Profile
from regimen_advisor.reports.reference import keys_of
from regimen_advisor.testing.cases import CaseText, Expectation
from regimen_advisor.words.catalogue import joined, say

MOST_WORDS = 20
"""The members of a longer set are drugs and classes, which ``list drugs`` names."""


def render(topic: str, rulebook: Rulebook) -> str:
    """The page of one of ``TOPICS``."""
    return plain(lines_of(TOPICS[topic][1](rulebook)))


def _conditions(rulebook: Rulebook) -> Iterator[Block]:
    yield Heading(say("help_topic.conditions"), 1)
    yield Paragraph(say("help_topic.about_conditions"))
    yield Heading(say("help_topic.to_join"))
    yield Bullets((
        say("help_topic.any"),
        say("help_topic.all"),
        say("help_topic.not"),
    ))  # fmt: skip
    yield Heading(say("help_topic.to_test"))
    yield Bullets((
        say("help_topic.choice"),
        "brain_metastases: false",
        say("help_topic.number"),
        say("help_topic.set"),
        say("help_topic.finding"),
    ))  # fmt: skip
    yield Heading(say("help_topic.facts"))
    yield Fields(tuple((fact.name, _takes(fact)) for fact in rulebook.domain.facts.values()))
    yield Heading(say("help_topic.findings"))
    yield Fields(tuple((finding.id, finding.says) for finding in rulebook.findings.values()))
    yield Heading(say("help_topic.more"))
    yield Paragraph(say("help_topic.see_rules"))


def _takes(fact: Fact) -> str:
    match fact:
        case ChoiceFact():
            return " | ".join((*fact.domain, *fact.groups))
        case NumberFact():
            return say("condition_values.range", low=fact.low, high=fact.high, unit=fact.unit).rstrip()
        case _ if len(fact.members) > MOST_WORDS:
            return say("help_topic.set_of_drugs", empty=fact.empty_word)
        case _:
            return say("help_topic.set_of", members=joined(fact.members), empty=fact.empty_word)


def _profiles(_rulebook: Rulebook) -> Iterator[Block]:
    yield Heading(say("help_topic.profiles"), 1)
    yield Paragraph(say("help_topic.about_profiles"))
    yield Heading(say("help_topic.keys"))
    yield Fields(tuple(keys_of(Profile)))
    yield Heading(say("help_topic.entry"))
    yield Fields(tuple(keys_of(HistoryEntry)))
    yield Heading(say("help_topic.example"))
    yield from map(Paragraph, (
        "disease: nsclc", "stage: IVB", "ecog: 1", "egfr: [L858R]",
        "history: [{line: 1, drugs: [osimertinib], outcome: progressed}]",
    ))  # fmt: skip
    yield Heading(say("help_topic.more"))
    yield Paragraph(say("help_topic.see_drugs"))


def _cases(_rulebook: Rulebook) -> Iterator[Block]:

    yield Heading(say("help_topic.cases"), 1)
    yield Paragraph(say("help_topic.about_cases"))
    yield Heading(say("help_topic.keys"))
    yield Fields(tuple(keys_of(CaseText)))
    yield Heading(say("help_topic.expected"))
    yield Fields(tuple(keys_of(Expectation)))
    yield Heading(say("help_topic.example"))
    yield from map(Paragraph, (
        say("help_topic.case_name"),
        "profile: {from: squamous-driver-negative-untreated.yaml}",
        "expect: {bevacizumab-carboplatin-paclitaxel: excluded}",
    ))  # fmt: skip


def _rules(_rulebook: Rulebook) -> Iterator[Block]:

    yield Heading(say("help_topic.rules"), 1)
    yield Paragraph(say("help_topic.about_rules"))
    yield Heading(say("help_topic.file_keys"))
    yield Fields(tuple(keys_of(RuleFile)))
    yield Heading(say("help_topic.rule_keys"))
    yield Fields(tuple(keys_of(RuleText)))
    yield Heading(say("help_topic.more"))
    yield Paragraph(say("help_topic.see_conditions"))


def _answers(_rulebook: Rulebook) -> Iterator[Block]:
    yield Heading(say("help_topic.answers"), 1)
    yield Paragraph(say("help_topic.about_standings"))
    yield Fields((
        (say("standing.offered"), say("help_topic.offered")),
        (say("standing.offered-with-caution"), say("help_topic.offered_with_caution")),
        (say("standing.undetermined"), say("help_topic.undetermined")),
        (say("standing.excluded"), say("help_topic.excluded")),
        (say("standing.not-indicated"), say("help_topic.not_indicated")),
    ))  # fmt: skip
    yield Heading(say("help_topic.exit_codes"))
    yield Fields((
        ("0", say("help_topic.exit_0")),
        ("1", say("help_topic.exit_1")),
        ("2", say("help_topic.exit_2")),
    ))  # fmt: skip


TOPICS: Mapping[str, tuple[str, Callable[[Rulebook], Iterator[Block]]]] = {
    "conditions": ("help_line.conditions", _conditions),
    "profiles": ("help_line.profiles", _profiles),
    "cases": ("help_line.cases", _cases),
    "rules": ("help_line.rules", _rules),
    "answers": ("help_line.answers", _answers),
}
"""Of each topic the key of its line in the list, and what writes its page."""
