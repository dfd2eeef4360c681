"""Every rule as one sentence: the stored ones are read again whenever a rule changes."""

import pytest
from syrupy.assertion import SnapshotAssertion

from regimen_advisor.explaining.sentences import rule_sentence
from regimen_advisor.figure_wording import CitationLabels
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Effect
from regimen_advisor.language.values import Number
from regimen_advisor.wording import Wording


def sentence(rulebook: Rulebook, rule: str) -> str:
    return rule_sentence(rulebook.rules[rule], rulebook)


def test_every_rule_reads_as_the_sentence_that_was_reviewed(shipped: Rulebook, snapshot: SnapshotAssertion) -> None:
    assert "\n".join(f"{rule.id}: {rule_sentence(rule, shipped)}" for rule in shipped.rules.values()) == snapshot


@pytest.mark.parametrize("effect", list(Effect))
def test_a_sentence_says_disease_effect_and_source(rulebook: Rulebook, effect: Effect) -> None:
    for rule in rulebook.of(effect):
        words = rule_sentence(rule, rulebook)
        assert words.startswith(("In non-small cell lung cancer", "In small cell lung cancer"))
        assert f"({CitationLabels(rulebook).cite(rule.source)}" in words
        assert words.endswith(").")


def test_a_sentence_words_a_negated_condition_positively(rulebook: Rulebook) -> None:
    words = sentence(rulebook, "erlotinib-bevacizumab-second-line")
    assert "never received EGFR-TKI" in words


def test_a_sentence_names_the_rule_that_overrides_it(rulebook: Rulebook) -> None:
    words = sentence(rulebook, "amivantamab-chemotherapy-after-another-egfr-tki")
    assert "unless `amivantamab-chemotherapy-after-osimertinib` holds" in words


def test_a_caution_from_outside_the_sources_says_so_and_how_sure_it_is(rulebook: Rulebook) -> None:
    for rule in rulebook.of(Effect.CAUTION):
        found = f"{rulebook.source_names.outside}, {rule.certainty}" in rule_sentence(rule, rulebook)
        assert found == rule.is_outside


def test_an_exclusion_says_which_regimens_it_speaks_of(rulebook: Rulebook) -> None:
    words = sentence(rulebook, "no-bevacizumab-in-squamous-disease")
    assert "if squamous carcinoma: do not give any regimen with bevacizumab" in words


def test_a_number_of_which_only_that_there_is_one_is_known_is_unknown(rulebook: Rulebook) -> None:
    wording = Wording(rulebook.domain, rulebook.findings)
    cycles = rulebook.domain.facts["last_cycles"]
    assert wording.value("last_cycles", Number(0, 99)) == wording.value("last_cycles", cycles.unknown) == "unknown"
    assert wording.value("last_cycles", Number(4, 6)) == "4 to 6"
