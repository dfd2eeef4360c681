"""Every rule as one sentence: the stored ones are read again whenever a rule changes."""

import pytest
from syrupy.assertion import SnapshotAssertion

from regimen_advisor.explaining.sentences import rule_sentence
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Effect
from regimen_advisor.language.conditions import Leaf
from regimen_advisor.language.values import Between, Is, Number
from regimen_advisor.patient.vocabulary import MOST_LINES, MOST_MONTHS
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
        assert f"({rulebook.citations.cite(rule.source)}" in words
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


@pytest.mark.parametrize(
    ("condition", "phrase", "opposite"),
    [
        (Between("prior_lines", 0, 0), "no prior line", "at least 1 prior line"),
        (Between("prior_lines", 1, 1), "1 prior line", "other than 1 prior lines"),
        (Between("prior_lines", 1, MOST_LINES), "at least 1 prior line", "no prior line"),
        (Between("prior_lines", 2, MOST_LINES), "at least 2 prior lines", "at most 1 prior line"),
        (Between("prior_lines", 2, 3), "2 to 3 prior lines", "other than 2 to 3 prior lines"),
        (
            Between("platinum_free_interval", 6, MOST_MONTHS),
            "platinum-free interval of at least 6 months",
            "no platinum-free interval of at least 6 months",
        ),
        (Between("ecog", 3, 4), "ECOG at least 3", "ECOG below 3"),
        (Between("pd_l1_tps", 1, 49), "PD-L1 TPS 1 to 49 %", "PD-L1 TPS other than 1 to 49 %"),
    ],
)
def test_a_number_is_counted_and_where_its_fact_ends_is_never_named(
    condition: Between, phrase: str, opposite: str, rulebook: Rulebook
) -> None:
    wording = Wording(rulebook.domain, rulebook.findings)
    assert (wording.atom(condition), wording.atom(condition, wanted=False)) == (phrase, opposite)


def test_what_is_known_of_a_number_up_to_its_end_is_at_least(rulebook: Rulebook) -> None:
    wording = Wording(rulebook.domain, rulebook.findings)
    assert wording.known("prior_lines", Number(1, MOST_LINES)) == "prior lines: at least 1"
    assert wording.counted("prior_lines", Number(1, MOST_LINES)) == "at least 1 prior line"


def test_a_condition_after_an_if_is_a_clause(rulebook: Rulebook) -> None:
    wording = Wording(rulebook.domain, rulebook.findings)
    assert wording.clause(Leaf(Between("prior_lines", 1, MOST_LINES))) == "at least 1 line was given before"
    assert wording.clause(Leaf(Is("disease", frozenset({"nsclc"})))) == "it is non-small cell lung cancer"
