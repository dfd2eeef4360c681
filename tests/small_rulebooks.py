"""Rulebooks of a few rules, written in the test that needs them."""

from dataclasses import replace
from pathlib import Path
from textwrap import dedent

from regimen_advisor.files.errors import Problem
from regimen_advisor.files.sources import parse_document, read_document
from regimen_advisor.knowledge.conditions_yaml import ConditionReader
from regimen_advisor.knowledge.findings import read_findings
from regimen_advisor.knowledge.regimens import Target
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Effect, Rule

SOURCES: tuple[str, ...] = tuple(
    source["key"] for source in read_document(Path(__file__).parent.parent / "rules" / "reviews.yaml").value
)
"""The keys of the sources that ship, for tests that need some source and not a certain one."""
LABEL = r"[A-Z]+"
"""The label of any source, in front of a section."""


def rulebook_of(base: Rulebook, rules: str, findings: str = "[]") -> Rulebook:
    """A rulebook with these rules and findings, and the drugs, regimens and studies of ``base``."""
    problems: list[Problem] = []
    named = read_findings(parse_document(dedent(findings), "findings.yaml"), base.domain, problems)
    document = parse_document(dedent(rules), "rules.yaml")
    conditions = {name: finding.condition for name, finding in named.items()}
    reader = ConditionReader(base.domain, conditions, problems)
    template = next(iter(base.rules.values()))
    found: dict[str, Rule] = {}
    for index, text in enumerate(document.value):
        effect = next(effect for effect in Effect if effect.value in text)
        subject = text[effect.value]
        found[text["id"]] = replace(
            template,
            id=text["id"],
            effect=effect,
            subject=str(subject),
            target=Target.model_validate(subject) if effect in (Effect.EXCLUDE, Effect.CAUTION) else None,
            condition=reader.read(document, (index, "when"), text["when"]),
            studies=tuple(text.get("studies", ())),
            approvals=(),
            kind=text.get("kind"),
            says=text.get("says", template.says),
            is_first=text.get("place") == "first",
            overrides=tuple(text.get("overrides", ())),
            basis=None,
            certainty=None,
            errata=(),
            location=document.locate((index,)),
            written=text["when"],
        )
    assert not problems, problems
    return replace(base, digest=f"test:{hash((rules, findings))}", findings=named, rules=found)
