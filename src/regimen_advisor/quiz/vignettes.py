"""Describe a patient in sentences: the disease, what was found and what is absent, and each treatment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from regimen_advisor.language.values import Choice, Number, Value
from regimen_advisor.patient.history import ANY_CYCLES, ENDED, Entry
from regimen_advisor.patient.reading import Patient
from regimen_advisor.patient_wording import months_after
from regimen_advisor.wording import KNOWN_IN_PART, UNKNOWN, Wording, listed, value_word
from regimen_advisor.words.catalogue import CATALOGUE, joined, say

_ORDINALS = 6
"""So many lines have a word of their own."""
_OF_DISEASE = ("disease", "histology", "stage", "extent", "curative_treatment_possible", "ecog")
_FAR = {Choice(frozenset({"metastatic"})), Choice(frozenset({"extensive"}))}
_ENDS = CATALOGUE.room("vignette_end")
_UPKEEP_ENDS = {**_ENDS, **CATALOGUE.room("vignette_upkeep_end")}
_PRESENT, _ABSENT, _NOTHING = value_word("true"), value_word("false"), value_word("none")


def vignette(patient: Patient, wording: Wording) -> tuple[str, ...]:
    """What is known of the patient, a sentence each; what is not known is left out."""
    return tuple(sentence for sentence in _Vignette(patient, wording).sentences() if sentence)


class _Vignette:
    def __init__(self, patient: Patient, wording: Wording) -> None:
        self.patient, self.wording, self.facts = patient, wording, wording.domain.facts

    def sentences(self) -> Iterator[str]:
        yield self._disease()
        yield self._markers()
        yield self._condition()
        history = self.patient.history
        if history == ():
            yield say("vignette.untreated")
        elif history:
            yield from map(self._entry, history)
        else:
            yield self._summed_up()

    def _known(self, name: str) -> Value | None:
        """The value of a fact that the profile gives and that says something."""
        value = self.patient.facts.get(name)
        if name not in self.patient.given or value is None or value == self.facts[name].unknown:
            return None
        return None if self.wording.value(name, value) == KNOWN_IN_PART else value

    def _words(self, name: str) -> str:
        value = self._known(name)
        return self.wording.value(name, value) if value is not None else ""

    def _disease(self) -> str:
        """``A patient with stage IVB adenocarcinoma, ECOG 1.``."""
        disease = self.wording.value("disease", self.patient.facts["disease"])
        histology = self._words("histology") or (say("vignette.lung_cancer") if disease == UNKNOWN else disease)
        stage = self._words("stage")
        of_stage = {"stage": stage} if stage else {}
        parts = [say("vignette.patient_stage" if stage else "vignette.patient", disease=histology, **of_stage)]
        # Stage IV of non-small cell lung cancer is metastatic disease.
        if self._words("extent") and not (stage.startswith("IV") and self._words("extent") == value_word("metastatic")):
            parts.append(self._words("extent"))
        curable = self._words("curative_treatment_possible")
        if curable and self.patient.facts["extent"] not in _FAR:
            absent = self.facts["curative_treatment_possible"].absent
            parts.append(say("vignette.curable") if curable == _PRESENT else absent)
        if self._words("ecog"):
            parts.append(say("vignette.ecog", ecog=self._words("ecog")))
        return say("vignette.sentence", parts=joined(parts))

    def _markers(self) -> str:
        """``Tests found an EGFR exon 19 deletion and PD-L1 TPS 60 %; ALK and ROS1 are negative.``."""
        found, negative, absent = [], [], []
        for name, fact in self.facts.items():
            words = self._words(name)
            if not words or not fact.is_marker:
                continue
            if words == value_word("negative"):
                negative.append(fact.gene or fact.label)
            elif words == _NOTHING:
                absent.append(fact.label)
            else:
                is_fusion = fact.gene and words == value_word("positive")
                found.append(fact.label if is_fusion else say("patient.fact", fact=fact.label, value=words))
        parts = [say("vignette.found", findings=listed(found))] if found else []
        parts += [say("vignette.negative", count=len(negative), facts=listed(negative))] if negative else []
        parts += [say("vignette.there_are_no", facts=listed(absent, "or"))] if absent else []
        return _sentence(parts)

    def _condition(self) -> str:
        """``Brain metastases: active; no bleeding risk or comorbidities.``."""
        found, absent = [], []
        for name, fact in self.facts.items():
            words = self._words(name)
            if not words or fact.is_marker or name in _OF_DISEASE or fact.summary == "sentence":
                continue
            if words in (_ABSENT, _NOTHING):
                absent.append(fact.label)
            else:
                found.append(fact.label if words == _PRESENT else say("known.fact", fact=fact.label, value=words))
        return _sentence([*found, *([say("condition.no", fact=listed(absent, "or"))] if absent else [])])

    def _summed_up(self) -> str:
        """``Prior lines: 2; latest line: progressed.``, of a patient whose treatments are not listed."""
        if self._known("prior_lines") == Number(0, 0):
            return say("vignette.no_line")
        known = ((self.facts[name], self._words(name)) for name in self.wording.domain.summary)
        named = ((fact.short_label or fact.label, words) for fact, words in known if words)
        return _sentence([say("known.fact", fact=label, value=words) for label, words in named])

    def _entry(self, entry: Entry) -> str:
        """``First line: carboplatin + pemetrexed, 4 cycles; the disease progressed.``."""
        named = self.wording.value("received", entry.drugs)
        given = say("patient.drugs_not_known") if named in (UNKNOWN, KNOWN_IN_PART) else named
        cycles = entry.cycles
        is_counted = cycles != ANY_CYCLES and cycles.low == cycles.high
        counted = [say("patient.cycles", cycles=cycles.low)] if is_counted else []
        if entry.maintenance:
            return say("vignette.upkeep", line=line_word(entry.line or 1), drugs=given, end=_end(entry, _UPKEEP_ENDS))
        line = say("vignette.line", line=line_word(entry.line)) if entry.line else say("vignette.curative")
        drugs = joined([given, *counted])
        return _sentence([say("vignette.course", line=line, drugs=drugs), _end(entry, _ENDS)])


def _sentence(parts: list[str]) -> str:
    text = joined(parts, "lists")
    return say("vignette.sentence", parts=f"{text[0].upper()}{text[1:]}") if text else ""


def _end(entry: Entry, ends: Mapping[str, str]) -> str:
    """``the disease relapsed 9 months after the last dose``, where the months are known."""
    outcome = next(iter(entry.outcomes)) if len(entry.outcomes) == 1 else "unknown"
    if outcome in ENDED and entry.months.low == entry.months.high:
        return say(f"vignette_ended.{outcome}", after=months_after(entry.months.low))
    return ends[outcome]


def line_word(line: int) -> str:
    """``first`` for 1."""
    return say(f"ordinal.{line}") if line <= _ORDINALS else say("vignette.ordinal", number=line)
