"""Put figures into words: a result by arm with unit, interval and section, and which results come first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from regimen_advisor.advice import Evidence, Option
from regimen_advisor.knowledge.evidence import (
    Approval,
    Arm,
    Comparison,
    Interval,
    Result,
    Safety,
    ShownBenefit,
    Value,
)
from regimen_advisor.knowledge.regimens import Regimen
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.patient.drugs import Formulary
from regimen_advisor.wording import listed
from regimen_advisor.words.catalogue import joined, say

ERRATUM_SIGN = "†"
_ENDPOINTS = ("OS", "PFS", "ORR", "DCR", "DoR")
_UNSTATED_MEASURES = ("rate", "count", "range")


# A figure -----------------------------------------------------------------------------------------------------------


def interval_words(interval: Interval) -> str:
    """``95 % CI 11.8 to 15.4``."""
    return say("figure.interval", level=interval.level, low=interval.low, high=interval.high)


def value_words(value: Value, unit: str | None) -> str:
    """A figure with its unit, its interval and the number of patients behind it, as far as the source gives them."""
    if value.value is None:
        return value.status or ""
    number = f"{value.value}" if value.to is None else say("known.range", low=value.value, high=value.to)
    words = number
    if unit:
        words = say("figure.about" if value.about else "figure.with_unit", number=number, unit=unit)
    details = [say("known.percent", number=value.percent)] if value.percent is not None else []
    details += [interval_words(value.interval)] if value.interval else []
    details += [say("figure.patients", number=value.n)] if value.n else []
    shown = joined(details)
    return say("figure.with_details", figure=words, details=shown) if details else words


def effect_words(comparison: Comparison, unit: str | None = None, *, brief: bool = False) -> str:
    """Hazard ratio with interval, reduction of risk and p as the source prints them; empty where it prints none."""
    words = []
    if comparison.hazard_ratio is not None:
        ratio = say("figure.hazard_ratio", number=comparison.hazard_ratio)
        if comparison.interval:
            ratio = say("figure.with_details", figure=ratio, details=interval_words(comparison.interval))
        words.append(ratio)
    if comparison.risk_reduction is not None and not (brief and words):
        words.append(say("figure.lower_risk", percent=comparison.risk_reduction))
    if comparison.difference is not None and not brief:
        number = comparison.difference
        difference = (
            say("figure.difference_with_unit", number=number, unit=unit)
            if unit
            else say("figure.difference", number=number)
        )
        words.append(difference)
    if comparison.p is not None:
        words.append(say("figure.p_bound" if comparison.p[0] in "<>" else "figure.p", number=comparison.p))
    return joined(words)


def endpoint_words(result: Result) -> str:
    """The endpoint with its measure and subgroup: ``PFS median, EGFR sensitising mutation``."""
    words = result.endpoint
    if result.measure not in _UNSTATED_MEASURES and "hazard ratio" not in result.measure:
        words = say("figure.endpoint", endpoint=words, measure=result.measure)
    return say("figure.endpoint_within", endpoint=words, subgroup=result.subgroup) if result.subgroup else words


def by_arm(result: Result) -> str:
    """Every figure of a result with the arm or group it belongs to."""
    figures = [values_by_arm(result.values, result.unit)] if result.values else []
    if result.spread:
        spread = result.spread
        figures.append(say("figure.spread", low=spread.low, high=spread.high, meaning=spread.meaning))
    return joined(figures, "lists")


def values_by_arm(values: Iterable[Value], unit: str | None) -> str:
    """Each figure with the arm or group it belongs to."""
    return joined((f"{value.of} {value_words(value, unit)}" for value in values), "lists")


def followed(result: Result) -> str:
    """The median follow-up behind a result, by arm."""
    return joined((say("study.follow_up", months=part.months, arm=part.of) for part in result.follow_up), "lists")


def compared(result: Result) -> str:
    """Every comparison of a result: which arm with which, and what the source prints of it."""
    words = []
    for comparison in result.comparisons:
        effect = effect_words(comparison, result.unit)
        arm, against = comparison.of, comparison.against
        words.append(
            say("figure.compared", arm=arm, against=against, effect=effect)
            if effect
            else say("figure.versus", arm=arm, against=against)
        )
    return joined([*words, *([result.outcome] if result.outcome else [])], "lists")


def brief_result(
    result: Result, arms: Sequence[str], labels: Mapping[str, str], *, name_comparator: bool = True
) -> str:
    """A result in one phrase for the arms of one option: ``PFS median 6.3 v 4.2 months (chemotherapy), ...``.

    ``labels`` says how an arm or group is called, where that is not its name.
    """
    values = {value.of: value for value in result.values}
    relevant = [part for part in result.comparisons if part.of in arms or part.against in arms] or result.comparisons
    if not relevant:
        shown = _alone(result.values, result.unit, arms) or result.outcome or ""
        return say("figure.brief", endpoint=endpoint_words(result), results=shown).rstrip()
    if len(relevant) == 1:
        relevant = [_own_arm_first(relevant[0], arms)]
    phrases = []
    for comparison in relevant:
        named = len(relevant) > 1 or comparison.against in arms or comparison.of not in arms
        arm, comparator = (labels.get(name, name) for name in (comparison.of, comparison.against))
        figures = values.get(comparison.of), values.get(comparison.against)
        names = (arm if named else "", comparator if named or name_comparator else "")
        phrases.append(_versus(names, figures, comparison, result.unit))
    return say("figure.brief", endpoint=endpoint_words(result), results=joined(phrases, "lists"))


def _own_arm_first(comparison: Comparison, arms: Sequence[str]) -> Comparison:
    """The comparison as an arm of the option against the other; one with an effect is kept as it was measured."""
    is_turned = comparison.against in arms and comparison.of not in arms and not effect_words(comparison, brief=True)
    ends = {"of": comparison.against, "against": comparison.of}
    return comparison.model_copy(update=ends) if is_turned else comparison


def in_few_words(result: Result) -> Result:
    """The result as one line has room for it: a median needs no label, the interval of a comparison says most."""
    comparisons = tuple(
        comparison.model_copy(update={"p": None}) if comparison.interval else comparison
        for comparison in result.comparisons
    )
    values = tuple(value.model_copy(update={"interval": None}) if comparisons else value for value in result.values)
    measure = "rate" if result.measure == "median" else result.measure
    return result.model_copy(update={"measure": measure, "comparisons": comparisons, "values": values})


def _alone(values: Sequence[Value], unit: str | None, arms: Sequence[str]) -> str:
    """Figures that the source does not compare; named where there are several, or one of a group."""
    words = [
        value_words(value, unit)
        if len(values) == 1 and value.of in arms
        else say("figure.of_arm", figure=value_words(value, unit), arm=value.of)
        for value in values
    ]
    return joined(words)


def _versus(
    names: tuple[str, str], figures: tuple[Value | None, Value | None], comparison: Comparison, unit: str | None
) -> str:
    """One arm against the other; ``names`` are those to print, empty where they need not be shown."""
    (arm, comparator), (figure, against) = names, figures
    effect = effect_words(comparison, brief=True)
    if figure is None or against is None:
        versus = say("figure.versus_only", against=comparator) if comparator else ""
        return " ".join(part for part in (arm, effect, versus) if part)
    value, compared = value_words(figure, None), value_words(against, unit)
    if arm:
        words = say("figure.versus", arm=f"{arm} {value}", against=f"{comparator} {compared}")
    else:
        words = say("figure.versus", arm=value, against=compared)
        words = say("figure.of_arm", figure=words, arm=comparator) if comparator else words
    return joined([words, effect]) if effect else words


def harm_of_a_drug(evidence: Evidence) -> str:
    """Severe harm of a drug in a sentence: ``thromboembolism 8 %, ...``, or in words where there are no figures."""
    events = [(*safety.event.partition(", "), safety) for safety in evidence.safety if safety.values]
    if not events:
        return " ".join(finding.says for finding in evidence.findings)
    kinds = {kind for _, _, kind, _ in events}
    events_in_words = joined(
        say(
            "figure.event",
            event=name if len(kinds) == 1 else safety.event,
            figure=value_words(safety.values[0], safety.unit),
        )
        for name, _, _, safety in events
    )
    kind = f" ({kinds.pop()})" if len(kinds) == 1 else ""
    drugs = listed(arm.name for arm in evidence.arms)
    return say("figure.harm_of_drug", drugs=drugs, events=events_in_words, kind=kind)


def main_harm(evidence: Evidence) -> Safety | None:
    """The finding on harm that is shown first: one with figures, where there is one."""
    return next((safety for safety in evidence.safety if safety.values), next(iter(evidence.safety), None))


def brief_safety(safety: Safety, arms: Sequence[str], labels: Mapping[str, str]) -> str:
    """A finding on harm in one phrase for the arms of one option."""
    of_arms = [value for value in safety.values if value.of in arms]
    of_others = [value for value in safety.values if value.of not in arms]
    if len(of_arms) == 1 and len(of_others) == 1:
        label = labels.get(of_others[0].of, of_others[0].of)
        value, against = value_words(of_arms[0], None), value_words(of_others[0], safety.unit)
        return say("figure.event_versus", event=safety.event, figure=value, against=against, arm=label)
    return _event(safety.event, _alone(of_arms or of_others, safety.unit, arms))


def _event(event: str, figures: str) -> str:
    return say("figure.event_by_arm", event=event, figures=figures) if figures else event


def arm_labels(evidence: Evidence) -> dict[str, str]:
    """The label of an arm: its drugs where its name is only their initials, such as ``BCP``."""
    return {
        arm.name: " + ".join(treatment.drug for treatment in arm.drugs)
        for arm in evidence.arms
        if arm.name.isupper() and len(arm.drugs) == len(arm.name)
    }


# A study behind an option -------------------------------------------------------------------------------------------


def matching_arms(evidence: Evidence, regimen: Regimen | None, formulary: Formulary) -> tuple[str, ...]:
    """The arms that gave the regimen; the experimental arms where none can be recognised by its drugs."""
    experimental = tuple(arm.name for arm in evidence.arms if arm.role == "experimental")
    if regimen is None:
        return experimental
    giving = [arm for arm in evidence.arms if _is_arm_of(regimen, arm, formulary)]
    by_name = [arm for arm in giving if _route(regimen) and arm.name.startswith(_route(regimen))]
    return tuple(arm.name for arm in by_name or giving) or experimental


def _route(regimen: Regimen) -> str:
    """``subcutaneous`` or ``intravenous`` where the name of the regimen says it: its drugs do not tell it apart."""
    return next((route for route in ("subcutaneous", "intravenous") if route in regimen.name), "")


def _is_arm_of(regimen: Regimen, arm: Arm, formulary: Formulary) -> bool:
    drugs = {treatment.drug for treatment in arm.drugs if treatment.drug in (*formulary.drugs, *formulary.classes)}
    parts = set(regimen.drug_names)

    def fits(drug_or_class: str, part_of_regimen: str) -> bool:
        return formulary.belongs(drug_or_class, part_of_regimen) or formulary.belongs(part_of_regimen, drug_or_class)

    return (
        bool(drugs)
        and all(any(fits(drug, part) for part in parts) for drug in drugs)
        and all(any(fits(drug, part) for drug in drugs) for part in parts)
    )


def main_results(evidence: Evidence, arms: Sequence[str], benefit: ShownBenefit | None) -> list[Result]:
    """At most two results: the gain that the source states first, then survival over response, sound figures first.

    An interval that an erratum calls wrong is left out.
    """
    wrong = {erratum.id for erratum in evidence.errata if "interval" in f"{erratum.field} {erratum.consequence}"}
    return [
        result if wrong.isdisjoint(result.errata) else _without_intervals(result)
        for result in _main_results(evidence, arms, benefit)
    ]


def _without_intervals(result: Result) -> Result:
    values = tuple(value.model_copy(update={"interval": None}) for value in result.values)
    return result.model_copy(update={"values": values})


def _main_results(evidence: Evidence, arms: Sequence[str], benefit: ShownBenefit | None) -> list[Result]:

    def rank(result: Result) -> tuple[bool, bool, bool, int, bool]:
        endpoint = _base(result)
        place = _ENDPOINTS.index(endpoint) if endpoint in _ENDPOINTS else len(_ENDPOINTS)
        wanted = {"OS": 0, "PFS": 1, "response": 2}[benefit.endpoint] if benefit else -1
        of_arms = any(value.of in arms for value in result.values) or bool(result.comparisons)
        other_subgroup = result.subgroup is not None and (benefit is None or result.subgroup != benefit.within)
        return other_subgroup, place != wanted, bool(result.errata) or not of_arms, place, bool(result.errata)

    ranked = sorted((result for result in evidence.results if _shows_benefit(result)), key=rank)
    if not ranked:
        return []
    first, *further = ranked
    if first.subgroup is not None and not (benefit and benefit.within == first.subgroup):
        # Separate groups, such as with and without earlier immunotherapy: one alone may not be this patient's.
        apart = [result for result in further if _base(result) == _base(first)]
        return [first, *(apart or further)[:1]]
    # A second endpoint says more than the first one again, unless that is of another group of patients.
    second = [
        result for result in further if _base(result) != _base(first) and result.subgroup in (None, first.subgroup)
    ]
    return [first, *(second or further)[:1]]


def _base(result: Result) -> str:
    """The endpoint itself: ``ORR`` for ``confirmed ORR``, ``ORR (investigator)`` and ``ORR at 24 weeks``."""
    return result.endpoint.removeprefix("confirmed ").split(" (")[0].split(" at ")[0]


def _shows_benefit(result: Result) -> bool:
    return any(_base(result).startswith(endpoint) for endpoint in _ENDPOINTS)


def leading(option: Option, rulebook: Rulebook) -> Evidence | None:
    """The study shown first for an option: by design level, then figures before none, the gain it showed, its phase."""
    return min(option.evidence, key=lambda evidence: leading_rank(evidence, rulebook), default=None)


def leading_rank(evidence: Evidence, rulebook: Rulebook) -> tuple[int, bool, int, bool]:
    """What ``leading`` compares studies by; the least is shown first."""
    benefits = ("OS", "PFS", "response", None)
    shown = rulebook.studies[evidence.study].shown_benefit
    without_figures = not any(_shows_benefit(result) for result in evidence.results)
    benefit = benefits.index(shown.endpoint if shown else None)
    return evidence.design_level.rank, without_figures, benefit, evidence.phase != "III"


def study_words(evidence: Evidence) -> str:
    """Name, design and size: ``MARIPOSA-2, randomised phase III, n 657, level 2``."""
    parts = evidence.design_level.basis.split(" (")[0].split(", ")
    design = joined(part for part in parts if part not in evidence.name)
    size = "" if not evidence.n and is_statement(evidence) else patients_words(evidence)
    level = evidence.design_level.ocebm_2011
    shown_level = say("figure.level", level=level) if level else ""
    return joined(part for part in (evidence.name, design, size, shown_level) if part)


def patients_words(evidence: Evidence) -> str:
    """How many patients it had: ``n 657``."""
    return say("figure.patients", number=evidence.n.value) if evidence.n else say("figure.no_patients")


def is_statement(evidence: Evidence) -> bool:
    """Whether it is what someone says, not a study of patients."""
    return evidence.kind in ("review-statement", "guideline-statement", "background-claim", "consensus")


# Citation labels ----------------------------------------------------------------------------------------------------


def signed(place: str, errata: Iterable[str]) -> str:
    """The place in brackets, with the errata that concern the figure."""
    ids = " ".join(errata)
    return f"[{' '.join(part for part in (place, ids and ERRATUM_SIGN + ids) if part)}]"


def trial_title(name: str, phase: str | None, registry: str | None) -> str:
    """``COMPEL (phase III, NCT04765059)``; only what the name does not say."""
    phase_words = say("figure.phase", phase=phase) if phase and "phase" not in name else ""
    known = joined(word for word in (phase_words, registry or "") if word and word not in name)
    return f"{name} ({known})" if known else name


def approval_words(approval: Approval) -> str:
    """``FDA 2024-09``."""
    date = str(approval.year or "") + (f"-{approval.month:02}" if approval.year and approval.month else "")
    return (
        f"{approval.agency} {date}" if approval.agency and date else approval.agency or date or say("figure.no_agency")
    )


def safety_words(safety: Safety) -> str:
    """A finding on harm with its figures arm by arm."""
    return _event(safety.event, values_by_arm(safety.values, safety.unit))
