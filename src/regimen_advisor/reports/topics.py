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

MOST_WORDS = 20
"""The members of a longer set are drugs and classes, which ``list drugs`` names."""


def render(topic: str, rulebook: Rulebook) -> str:
    """The page of one of ``TOPICS``."""
    return plain(lines_of(TOPICS[topic][1](rulebook)))


def _conditions(rulebook: Rulebook) -> Iterator[Block]:
    yield Heading("Conditions", 1)
    yield Paragraph(
        "The conditions under `when` in a rule or finding. A condition is true, false or unknown for a patient; a rule "
        "acts where it is true. Several lines mean all of them."
    )
    yield Heading("To join")
    yield Bullets((
        "any: [{...}, {...}]: at least one of these conditions",
        "all: [{...}, {...}]: each of them, inside `any` or twice for one fact",
        "not: {...}: this is false",
    ))  # fmt: skip
    yield Heading("To test a fact")
    yield Bullets((
        "extent: metastatic, or extent: [locally-advanced, metastatic] for one of these",
        "brain_metastases: false",
        "prior_lines: 1, or pd_l1_tps: {at_least: 1, below: 50}; the words are at_least, at_most, above, below",
        "egfr: {includes: T790M}; the words are includes, any_of, all_of, none_of",
        "driver-negative: true, for a finding",
    ))  # fmt: skip
    yield Heading("Facts")
    yield Fields(tuple((fact.name, _takes(fact)) for fact in rulebook.domain.facts.values()))
    yield Heading("Findings")
    yield Fields(tuple((finding.id, finding.says) for finding in rulebook.findings.values()))
    yield Heading("More")
    yield Paragraph("`help rules` for what surrounds a condition, `check` for what is wrong with one.")


def _takes(fact: Fact) -> str:
    match fact:
        case ChoiceFact():
            return " | ".join((*fact.domain, *fact.groups))
        case NumberFact():
            return f"{fact.low} to {fact.high} {fact.unit}".rstrip()
        case _ if len(fact.members) > MOST_WORDS:
            return f"a set of drugs and classes; {fact.empty_word} where it is empty"
        case _:
            return f"a set of {', '.join(fact.members)}; {fact.empty_word} where it is empty"


def _profiles(_rulebook: Rulebook) -> Iterator[Block]:
    yield Heading("Profiles", 1)
    yield Paragraph(
        "One patient, as YAML or JSON. Every key may be left out: what is left out, or `unknown`, stays unknown, and "
        "an option that needs it waits."
    )
    yield Heading("Keys")
    yield Fields(tuple(keys_of(Profile)))
    yield Heading("One entry of the history")
    yield Fields(tuple(keys_of(HistoryEntry)))
    yield Heading("For example")
    yield from map(Paragraph, (
        "disease: nsclc", "stage: IVB", "ecog: 1", "egfr: [L858R]",
        "history: [{line: 1, drugs: [osimertinib], outcome: progressed}]",
    ))  # fmt: skip
    yield Heading("More")
    yield Paragraph("`list drugs` for the words that a history takes.")


def _cases(_rulebook: Rulebook) -> Iterator[Block]:

    yield Heading("Cases", 1)
    yield Paragraph(
        "An example patient with the advice that is expected, in a file *.case.yaml; `---` separates two cases. "
        "What a case does not mention is free."
    )
    yield Heading("Keys")
    yield Fields(tuple(keys_of(CaseText)))
    yield Heading("What is expected of a regimen: its standing alone, or")
    yield Fields(tuple(keys_of(Expectation)))
    yield Heading("For example")
    yield from map(Paragraph, (
        "name: In squamous disease bevacizumab is excluded.",
        "profile: {from: squamous-driver-negative-untreated.yaml}",
        "expect: {bevacizumab-carboplatin-paclitaxel: excluded}",
    ))  # fmt: skip


def _rules(_rulebook: Rulebook) -> Iterator[Block]:

    yield Heading("Rules", 1)
    yield Paragraph(
        "A condition, one effect, and the evidence for it, in a file of one clinical setting: rules/nsclc/SETTING.yaml."
    )
    yield Heading("Keys of the file")
    yield Fields(tuple(keys_of(RuleFile)))
    yield Heading("Keys of a rule")
    yield Fields(tuple(keys_of(RuleText)))
    yield Heading("More")
    yield Paragraph("`help conditions` for the conditions under `when`.")


def _answers(_rulebook: Rulebook) -> Iterator[Block]:
    yield Heading("Answers", 1)
    yield Paragraph("How a regimen stands for a patient:")
    yield Fields((
        ("offered", "a rule offers it, and none excludes it or warns"),
        ("offered with caution", "a rule offers it, and one warns"),
        ("undetermined", "it waits for something that is not known"),
        ("excluded", "a rule offers it, and one names a contraindication"),
        ("not indicated", "no rule offers it"),
    ))  # fmt: skip
    yield Heading("Exit codes")
    yield Fields((
        ("0", "done"),
        ("1", "a check, a test or a comparison found something"),
        ("2", "the input or the command is not as expected; the message says where and what was"),
    ))  # fmt: skip


TOPICS: Mapping[str, tuple[str, Callable[[Rulebook], Iterator[Block]]]] = {
    "conditions": ("the conditions under `when`, with all facts and findings", _conditions),
    "profiles": ("how a patient is described", _profiles),
    "cases": ("how an example for a test is written", _cases),
    "rules": ("how a rule is written", _rules),
    "answers": ("what the standings and the exit codes mean", _answers),
}
