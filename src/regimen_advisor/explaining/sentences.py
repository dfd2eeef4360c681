"""Write a rule as one sentence, from its condition and effect: what a clinician signs when a rule changes."""

from __future__ import annotations

from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.regimens import Target, TargetItem
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Effect, Rule
from regimen_advisor.language.conditions import AllOf, Condition, Leaf, all_of
from regimen_advisor.language.values import Is
from regimen_advisor.wording import drug_name, listed, value_word
from regimen_advisor.words.catalogue import joined, say


def rule_sentence(rule: Rule, rulebook: Rulebook) -> str:
    """The whole rule: ``In non-small cell lung cancer, if untreated: offer anlotinib (XY 4.1: ECOG 4599).``."""
    wording = Guideline.of(rulebook).wording
    disease, rest = _disease_and_rest(rule.condition)
    unless = "".join(say("rule.unless", rule=exception.id) for exception in rulebook.overridden_by[rule.id])
    if rule.gives_way_to:
        holding = listed((f"`{name}`" for name in rule.gives_way_to), "or")
        unless += say("rule.gives_way", disease=rule.meant_for, rules=holding)
    parts = {
        "setting": say("rule.in_disease", disease=disease) if disease else say("rule.in_lung_cancer"),
        "effect": effect_words(rule, rulebook),
        "unless": unless,
        "source": source_words(rule, rulebook),
    }
    if rest is None:
        return say("rule.sentence", **parts)
    return say("rule.sentence_if", condition=wording.condition(rest), **parts)


def effect_words(rule: Rule, rulebook: Rulebook) -> str:
    """What the rule does where it holds, as a request: ``offer anlotinib``, ``do not give a regimen with ...``."""
    match rule.effect:
        case Effect.OFFER:
            return say("rule.offer", regimen=rulebook.regimens[rule.subject].name)
        case Effect.EXCLUDE:
            return say("rule.exclude", regimens=target_words(rule.target, rulebook))
        case Effect.CAUTION:
            return say(
                "rule.measure" if rule.is_measure else "rule.caution", regimens=target_words(rule.target, rulebook)
            )
        case Effect.TRIAL:
            return say("rule.trial", study=rulebook.studies[rule.subject].name)
        case Effect.NOTE:
            return say("rule.note", title=rule.subject)
        case Effect.STANDARD:
            return say("rule.standard", sources=rulebook.source_names.of(rule.source.reviews), title=rule.subject)
        case Effect.SILENT:
            return say("rule.silent", title=rule.subject)


def target_words(target: Target | None, rulebook: Rulebook) -> str:
    """The regimens an exclusion or caution is about: ``any regimen with bevacizumab and chemotherapy``."""
    if target is None or not target.items:
        return say("rule.any_option")
    if target.items[0].regimen is not None:
        return rulebook.regimens[target.items[0].regimen].name
    return say("rule.any_with", drugs=listed(_item_words(item, rulebook) for item in target.items))


def _item_words(item: TargetItem, rulebook: Rulebook) -> str:
    return drug_name(rulebook.formulary, item.drug or item.class_ or "")


def source_words(rule: Rule, rulebook: Rulebook) -> str:
    """The place of a rule and its studies: ``XY 4.1: ECOG 4599, BEYOND``; knowledge from outside is called so."""
    source = rulebook.citations.cite(rule.source)
    studies = joined((rulebook.studies[study].name for study in rule.studies), "lists")
    words = say("rule.studies", source=source, studies=studies) if studies else source
    if not rule.is_outside:
        return words
    return say("rule.outside", source=words, outside=rulebook.source_names.outside, certainty=rule.certainty)


def _disease_and_rest(condition: Condition) -> tuple[str | None, Condition | None]:
    """The disease a condition asks for, in words, and what else it asks for."""
    parts = condition.parts if isinstance(condition, AllOf) else (condition,)
    diseases = [found for part in parts if (found := _diseases(part))]
    rest = tuple(part for part in parts if not _diseases(part))
    words = listed(map(value_word, sorted(diseases[0])), "or") if diseases else None
    return words, all_of(*rest) if rest else None


def _diseases(condition: Condition) -> frozenset[str]:
    """The diseases that a test of the disease lets through; empty for any other condition."""
    if isinstance(condition, Leaf) and isinstance(condition.atom, Is) and condition.atom.fact == "disease":
        return condition.atom.values
    return frozenset()
