"""Rulebooks of a few rules, written in the test that needs them."""

import shutil
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

from regimen_advisor.files.errors import Problem
from regimen_advisor.files.sources import parse_document, read_document
from regimen_advisor.knowledge.conditions_yaml import ConditionReader
from regimen_advisor.knowledge.findings import read_findings
from regimen_advisor.knowledge.manifest import digest_of, manifest_text
from regimen_advisor.knowledge.regimens import Target
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Effect, Rule

_SHIPPED = read_document(Path(__file__).parent.parent / "rules" / "reviews.yaml").value
SOURCES: tuple[str, ...] = tuple(source["key"] for source in _SHIPPED)
"""The keys of the sources that ship, for tests that need some source and not a certain one."""
LABELS: tuple[str, ...] = tuple(source["cited_as"] for source in _SHIPPED)
"""What they are cited as."""
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


_TWO_RULES = {
    "reviews.yaml": """
        - key: made-up
          title: A made-up guideline
          cited_as: M
          kind: guideline
          language: en
          sections: [{number: "1", title: First line}]
        """,
    "regimens.yaml": """
        - id: ivonescimab
          name: ivonescimab
          disease: nsclc
          drugs: [{drug: ivonescimab}]
          source: {review: made-up, section: "1"}
        """,
    "findings.yaml": "[]",
    "approvals.yaml": "[]",
    "studies/made-up-study.yaml": """
        id: made-up-study
        name: MADE-UP-1
        kind: trial
        design: {type: single-arm}
        population: {biomarker: none}
        n: {value: 120, source: {review: made-up, section: "1"}}
        arms:
          - {name: ivonescimab, role: experimental, drugs: [{drug: ivonescimab}]}
        cited_in: [{review: made-up, sections: ["1"]}]
        """,
    "nsclc/first-line.yaml": """
        setting: first-line
        title: First line (NSCLC)
        disease: nsclc
        rules:
          - id: ivonescimab-first-line
            offer: ivonescimab
            when: {disease: nsclc, prior_lines: 0}
            studies: [made-up-study]
            source: {review: made-up, section: "1"}
            says: One of two options.
          - id: ivonescimab-without-pd-l1
            caution: {regimen: ivonescimab}
            kind: patient
            when:
              pd_l1_tps: {below: 1}
            studies: [made-up-study]
            source: {review: made-up, section: "1"}
            says: Few responded without PD-L1.
        """,
}


def write_two_rules(folder: Path) -> Path:
    """Write a rulebook of two rules with its manifest, for tests that read a whole folder again and again."""
    for name, text in _TWO_RULES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(dedent(text).lstrip(), "utf-8")
    shutil.copy(Path(__file__).parent.parent / "rules" / "drugs.yaml", folder)
    (folder / "manifest.yaml").write_text(manifest_text(2, digest_of(folder)), "utf-8")
    return folder
