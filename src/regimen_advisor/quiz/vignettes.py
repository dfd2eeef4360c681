"""Describe a patient in sentences: the disease, what was found and what is absent, and each treatment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from regimen_advisor.language.values import Choice, Number, Value
from regimen_advisor.patient.history import ANY_CYCLES, ENDED, Entry
from regimen_advisor.patient.reading import Patient
from regimen_advisor.patient_wording import FROM_HISTORY, LABELS, months_after
from regimen_advisor.wording import Wording, listed

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")
_OF_DISEASE = ("disease", "histology", "stage", "extent", "curative_treatment_possible", "ecog")
_FAR = {Choice(frozenset({"metastatic"})), Choice(frozenset({"extensive"}))}
_ENDS = {
    "progressed": "the disease progressed",
    "relapsed": "the disease relapsed after it",
    "completed": "it was completed and the disease is under control",
    "ongoing": "it is still being given",
    "stopped-for-toxicity": "it was stopped for toxicity",
    "unknown": "how it ended is not known",
}
_UPKEEP_ENDS = {**_ENDS, "completed": "it was completed", "ongoing": "it is being given"}


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
            yield "No treatment has been given yet."
        elif history:
            yield from map(self._entry, history)
        else:
            yield self._summed_up()

    def _known(self, name: str) -> Value | None:
        """The value of a fact that the profile gives and that says something."""
        value = self.patient.facts.get(name)
        if name not in self.patient.given or value is None or value == self.facts[name].unknown:
            return None
        return None if self.wording.value(name, value) == "not fully known" else value

    def _words(self, name: str) -> str:
        value = self._known(name)
        return self.wording.value(name, value) if value is not None else ""

    def _disease(self) -> str:
        """``A patient with stage IVB adenocarcinoma, ECOG 1.``."""
        disease = self.wording.value("disease", self.patient.facts["disease"])
        histology = self._words("histology") or ("lung cancer" if disease == "unknown" else disease)
        stage = self._words("stage")
        parts = [f"A patient with {f'stage {stage} ' if stage else ''}{histology}"]
        # Stage IV of non-small cell lung cancer is metastatic disease.
        if self._words("extent") and not (stage.startswith("IV") and self._words("extent") == "metastatic disease"):
            parts.append(self._words("extent"))
        curable = self._words("curative_treatment_possible")
        if curable and self.patient.facts["extent"] not in _FAR:
            parts.append(f"curative treatment {'possible' if curable == 'yes' else 'not possible'}")
        if self._words("ecog"):
            parts.append(f"ECOG {self._words('ecog')}")
        return f"{', '.join(parts)}."

    def _markers(self) -> str:
        """``Tests found an EGFR exon 19 deletion and PD-L1 TPS 60 %; ALK and ROS1 are negative.``."""
        found, negative, absent = [], [], []
        for name, fact in self.facts.items():
            words = self._words(name)
            if not words or not fact.is_marker:
                continue
            if words == "negative":
                negative.append(fact.label.removesuffix(" fusion"))
            elif words == "none":
                absent.append(fact.label)
            else:
                is_fusion = words == "positive" and fact.label.endswith(" fusion")
                found.append(fact.label if is_fusion else f"{fact.label} {words}")
        parts = [f"tests found {listed(found)}"] if found else []
        parts += [f"{listed(negative)} {'is' if len(negative) == 1 else 'are'} negative"] if negative else []
        parts += [f"there are no {listed(absent, 'or')}"] if absent else []
        return _sentence(parts)

    def _condition(self) -> str:
        """``Brain metastases: active; no bleeding risk or comorbidities.``."""
        found, absent = [], []
        for name, fact in self.facts.items():
            words = self._words(name)
            if not words or fact.is_marker or name in _OF_DISEASE or name in FROM_HISTORY:
                continue
            if words in ("no", "none"):
                absent.append(fact.label)
            else:
                found.append(fact.label if words == "yes" else f"{fact.label}: {words}")
        return _sentence([*found, *([f"no {listed(absent, 'or')}"] if absent else [])])

    def _summed_up(self) -> str:
        """``Prior lines: 2; latest line: progressed.``, of a patient whose treatments are not listed."""
        if self._known("prior_lines") == Number(0, 0):
            return "No line of treatment has been given for advanced disease."
        known = ((LABELS.get(name, self.facts[name].label), self._words(name)) for name in FROM_HISTORY)
        return _sentence([f"{label}: {words}" for label, words in known if words])

    def _entry(self, entry: Entry) -> str:
        """``First line: carboplatin + pemetrexed, 4 cycles; the disease progressed.``."""
        named = self.wording.value("received", entry.drugs)
        given = "drugs not known" if named in ("unknown", "not fully known") else named
        cycles = entry.cycles
        counted = f", {cycles.low} cycles" if cycles != ANY_CYCLES and cycles.low == cycles.high else ""
        if entry.maintenance:
            return f"The {line_word(entry.line or 1)} line went on with {given}; {_end(entry, _UPKEEP_ENDS)}."
        line = f"{line_word(entry.line)} line" if entry.line else "with curative intent"
        return _sentence([f"{line}: {given}{counted}", _end(entry, _ENDS)])


def _sentence(parts: list[str]) -> str:
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _end(entry: Entry, ends: Mapping[str, str]) -> str:
    """``the disease relapsed 9 months after the last dose``, where the months are known."""
    outcome = next(iter(entry.outcomes)) if len(entry.outcomes) == 1 else "unknown"
    if outcome in ENDED and entry.months.low == entry.months.high:
        return f"the disease {outcome} {months_after(entry.months.low)}"
    return ends[outcome]


def line_word(line: int) -> str:
    """``first`` for 1."""
    return _ORDINALS[line - 1] if line <= len(_ORDINALS) else f"{line}th"
