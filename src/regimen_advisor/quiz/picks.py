"""Ask questions with one right answer: which test next, which caution, which study, what is the standard.

Each asker works out the right answer for a patient, and what else could be answered, from the rules alone; the same
patient gives the same, so that the key needs no more than the question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from regimen_advisor.advice import Option
from regimen_advisor.guideline import Case, Guideline
from regimen_advisor.knowledge.evidence import design_level
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Effect, Rule
from regimen_advisor.knowledge.studies import Study
from regimen_advisor.language.conditions import AllOf, AnyOf, Leaf, Named, Not, fields_of
from regimen_advisor.language.interpreter import Judgement
from regimen_advisor.language.values import Truth
from regimen_advisor.patient.facts import Domain
from regimen_advisor.quiz.clinic import Written
from regimen_advisor.quiz.deciding import deciding_of, place
from regimen_advisor.quiz.models import PickKind
from regimen_advisor.quiz.words import asked_words
from regimen_advisor.wording import listed
from regimen_advisor.words.catalogue import joined, say

NO_STANDARD = say("pick.no_standard")
_SHOWN = {
    "OS": say("pick.shown_os"),
    "PFS": say("pick.shown_pfs"),
    "response": say("pick.shown_response"),
    None: say("pick.shown_nothing"),
}
GAINED = say("pick.gained")
LOST = say("pick.lost")
WARNED = say("pick.warned")
SAME = say("pick.same")
CHANGES = (GAINED, LOST, WARNED, SAME)


@dataclass(frozen=True)
class AskedPick:
    """Something to ask: the right answer, why, and wrong answers, the most tempting first; if ``is_fixed`` all."""

    asks: str
    right: str
    because: str
    wrong: tuple[str, ...]
    is_fixed: bool = False


@dataclass(frozen=True)
class AskedPatient:
    """The patient of a question; of an event also as he or she is after it."""

    profile: Written
    case: Case
    about: str | None = None
    after: Case | None = None
    regimens: tuple[str, ...] = ()


def asked(kind: PickKind, patient: AskedPatient) -> tuple[AskedPick, ...]:
    """What a question of this kind asks of the patient; empty where it has nothing to ask."""
    askers: Mapping[PickKind, Callable[[AskedPatient], Iterator[AskedPick]]] = {
        "next-test": _next_test,
        "caution": _caution,
        "study": _study,
        "standard": _standard,
        "event": _event,
    }
    return tuple(askers[kind](patient))


def _option(case: Case, regimen: str | None) -> Option | None:
    """The regimen as an option of the patient, where it is one."""
    return next((option for option in case.advice(ask=False).options if option.regimen == regimen), None)


def _unlike(words: Iterable[str], *known: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in words if word not in known))


# Which test next --------------------------------------------------------------------------------------------------


def _next_test(patient: AskedPatient) -> Iterator[AskedPick]:
    case, domain = patient.case, patient.case.guideline.rulebook.domain
    single = case.questions().single
    if not single or not single[0].settles:
        return
    first = single[0]
    weaker = [question for question in single[1:] if len(question.settles) < len(first.settles)]
    open_facts = [key for key in _unknown(patient.profile, domain) if all(key != question.key for question in single)]
    wrong = [asked_words(key, patient.profile, domain) for key in (*(question.key for question in weaker), *open_facts)]
    right = asked_words(first.key, patient.profile, domain)
    names = [case.guideline.rulebook.regimens[name].name for name in first.settles]
    yield AskedPick(
        say("pick.what_next"),
        right,
        say("pick.settles_most", question=first.asks),
        _unlike(wrong, right),
    )
    other_names = [option.name for option in case.advice(ask=False).options if option.regimen not in first.settles]
    yield AskedPick(
        say("pick.why"),
        say("pick.can_settle", options=counted_names(names)),
        say("pick.waiting", count=len(names)),
        (
            say("pick.can_settle", options=counted_names(other_names[: len(names)] or [say("pick.nothing")])),
            say("pick.only_caution"),
            say("pick.every_patient"),
        ),
    )


def _unknown(profile: Written, domain: Domain) -> Iterator[str]:
    for key, value in profile.items():
        if value == "unknown" and key in domain.facts:
            yield key
    history = profile.get("history")
    for number, entry in enumerate(history if isinstance(history, list) else ()):
        yield from (f"history[{number}].{part}" for part in ("drugs", "outcome") if entry[part] == "unknown")


def counted_names(names: list[str]) -> str:
    """Up to three names, and how many more there are: ``whether A, B and 2 more are offered``."""
    shown = [*names[:3], *([say("advice.and_more", count=len(names) - 3)] if len(names) > 3 else [])]
    return say("decides.option" if len(names) == 1 else "decides.options", options=listed(shown))


# Which caution, and on what ground --------------------------------------------------------------------------------


def _caution(patient: AskedPatient) -> Iterator[AskedPick]:
    case, rulebook = patient.case, patient.case.guideline.rulebook
    option = _option(case, patient.about)
    if option is None:
        return
    held = [caution for caution in option.cautions if caution.kind == "patient" and caution.state == "holds"]
    if not held:
        return
    rule = rulebook.rules[held[0].rule]
    disease = rulebook.regimens[option.regimen].disease
    false = [
        rule_of_caution
        for rule_of_caution in rulebook.of(Effect.CAUTION)
        if rule_of_caution.kind == "patient"
        and rule_of_caution.setting.disease == disease
        and case.truths[rule_of_caution.id] is Truth.FALSE
    ]
    false.sort(
        key=lambda rule_of_caution: option.regimen not in rulebook.meets(rule_of_caution)
    )  # stable: those about this regimen first
    shown = [caution.says for caution in option.cautions]
    yield AskedPick(
        say("pick.which_caution", option=option.name),
        rule.says,
        f"{rule.says} {place(rule, rulebook)}",
        _unlike((rule_of_caution.says for rule_of_caution in false), *shown),
    )
    yield from _ground(rule, case, false)


def _ground(rule: Rule, case: Case, false: list[Rule]) -> Iterator[AskedPick]:
    """On what ground a rule holds: what it asks for and the patient meets, among true and untrue statements."""
    tree, wording = case.judged[rule.id], case.guideline.wording
    grounds = [words for words in _met(tree, case) if words]
    if not grounds or tree.truth is not Truth.TRUE:
        return
    right = listed(dict.fromkeys(grounds))
    used = fields_of(tree.condition)
    facts = case.guideline.rulebook.domain.facts
    true = [
        wording.known(name, value)
        for name, value in case.patient.facts.items()
        if name in case.patient.given and name not in used and name != "disease" and value != facts[name].unknown
    ]
    untrue = [words for rule_not_met in false for words in _not_met(case.judged[rule_not_met.id], case)]
    mixed = [words for pair in zip(true, untrue, strict=False) for words in pair] or [*true, *untrue]
    because = f"{say('pick.rule_asks')} {place(rule, case.guideline.rulebook)}"
    yield AskedPick(say("pick.ground"), right, because, _unlike(mixed, *grounds, right))


def _met(tree: Judgement, case: Case) -> Iterator[str]:
    """The parts of a condition that are met, in words; what every patient with the disease meets is left out."""
    if tree.truth is not Truth.TRUE:
        return
    match tree.condition:
        case AllOf() | AnyOf():
            for part in tree.parts:
                yield from _met(part, case)
        case Leaf() | Named() | Not():
            if fields_of(tree.condition) != {"disease"}:
                yield case.guideline.wording.condition(tree.condition)


def _not_met(tree: Judgement, case: Case) -> Iterator[str]:
    match tree.condition:
        case AllOf():
            for part in tree.parts:
                yield from _not_met(part, case)
        case Leaf() | Named():
            if tree.truth is Truth.FALSE and fields_of(tree.condition) != {"disease"}:
                yield case.guideline.wording.condition(tree.condition)
        case _:
            return


# Which study, and how strong --------------------------------------------------------------------------------------


def _study(patient: AskedPatient) -> Iterator[AskedPick]:
    rulebook = patient.case.guideline.rulebook
    option = _option(patient.case, patient.about)
    if option is None or not option.standing.is_offered or not option.studies:
        return
    behind = [rulebook.studies[name] for name in option.studies]
    best = min(behind, key=lambda study: design_level(study).rank)
    if design_level(best).ocebm_2011 is None:
        return
    disease = rulebook.regimens[option.regimen].disease
    offers = [rule for rule in rulebook.of(Effect.OFFER) if rule.setting.disease == disease]
    names = dict.fromkeys(name for rule in offers for name in rule.studies)
    other_studies = [rulebook.studies[name] for name in names if name not in option.studies]
    offer = next(rulebook.rules[name] for name in option.rules if best.id in rulebook.rules[name].studies)
    because = f"{offer.says} {place(offer, rulebook)}"
    yield AskedPick(
        say("pick.which_study", option=option.name),
        _short(best),
        because,
        _unlike(map(_short, other_studies), *map(_short, behind)),
    )
    right = _strength(best)
    because = say("pick.level_by_design")
    every_study = [study for study in rulebook.studies.values() if design_level(study).ocebm_2011 is not None]
    yield AskedPick(say("pick.how_strong"), right, because, _unlike(map(_strength, every_study), right))
    shown = _SHOWN[best.shown_benefit.endpoint if best.shown_benefit else None]
    wrong = _unlike(_SHOWN.values(), shown)
    yield AskedPick(say("pick.what_shown"), shown, _stated(best, rulebook), wrong, is_fixed=True)


def _stated(study: Study, rulebook: Rulebook) -> str:
    """Where the gain of a study is stated, or that none is."""
    labels = rulebook.citations
    gain = study.shown_benefit
    if gain is None:
        places = joined((labels.at(place.review, *place.sections) for place in study.cited_in), "lists")
        return say("pick.no_gain", study=_short(study), place=places)
    keys = {place.review for place in gain.source.places}
    return say(
        "pick.stated",
        count=len(keys),
        sources=rulebook.source_names.of(keys).capitalize(),
        study=_short(study),
        within=say("pick.within", subgroup=gain.within) if gain.within else "",
        place=labels.cite(gain.source),
    )


def _short(study: Study) -> str:
    """The name of a study without what follows it in brackets."""
    return study.name.split(" (", 1)[0]


def _strength(study: Study) -> str:
    """``randomised phase III (OCEBM level 2)``."""
    level = design_level(study)
    basis = level.basis.split(" (", 1)[0].split(";", 1)[0]
    return say("pick.strength", basis=basis, level=level.ocebm_2011)


# What is the standard ---------------------------------------------------------------------------------------------


def _standard(patient: AskedPatient) -> Iterator[AskedPick]:
    case, rulebook = patient.case, patient.case.guideline.rulebook
    stated = case.advice(ask=False).standards
    if any(standard.state != "holds" for standard in stated):
        return
    rules = rulebook.of(Effect.STANDARD)
    false = [rule for rule in rules if case.truths[rule.id] is Truth.FALSE]
    alike = [rule for rule in false if rule.setting.disease == patient.profile["disease"]]
    false = alike if len(alike) > 1 else false
    held = [rulebook.rules[standard.rule] for standard in stated]
    asks = say("pick.what_standard")
    wrong = _unlike((rule.says for rule in false), *(rule.says for rule in held))
    if not held:
        yield AskedPick(asks, NO_STANDARD, say("pick.no_rule_of_standard"), wrong)
        return
    first = held[0]
    yield AskedPick(asks, first.says, f"{first.says} {place(first, rulebook)}", (NO_STANDARD, *wrong))
    yield from _ground(first, case, false)


# What changes after an event --------------------------------------------------------------------------------------


def _event(patient: AskedPatient) -> Iterator[AskedPick]:
    assert patient.after is not None
    rulebook = patient.case.guideline.rulebook
    before = {option.regimen: option for option in patient.case.advice(ask=False).options}
    after = {option.regimen: option for option in patient.after.advice(ask=False).options}
    for name in patient.regimens:
        right = change(before[name], after[name])
        if right is None:
            continue
        deciding = [
            say("lesson.remark", sentence=decider.says, place=decider.cited, rule=decider.rule)
            for decider in deciding_of(after[name], rulebook)
        ]
        is_nothing = after[name].standing.value == "not-indicated"
        because = say("pick.no_rule_now") if is_nothing else " ".join(dict.fromkeys(deciding))
        yield AskedPick(after[name].name, right, because, _unlike(CHANGES, right), is_fixed=True)


def change(before: Option, after: Option) -> str | None:
    """How an event changes an option; ``None`` where none of the answers describes it."""
    if before.standing.is_offered != after.standing.is_offered:
        return GAINED if after.standing.is_offered else LOST
    warned = [{caution.rule for caution in option.cautions if caution.state == "holds"} for option in (before, after)]
    if before.standing is after.standing and (warned[0] == warned[1] or not after.standing.is_offered):
        return SAME
    return WARNED if after.standing.is_offered and warned[1] > warned[0] and not warned[0] else None


def case_of(profile: Written, guideline: Guideline) -> Case:
    """The case of a profile of a question."""
    return guideline.case({**profile, "id": profile.get("id", "patient")})


def regimens_named(names: Iterable[str], rulebook: Rulebook) -> Iterator[str]:
    """The ids of regimens by the names that a question calls them."""
    ids = {regimen.name: id for id, regimen in rulebook.regimens.items()}
    yield from (ids[name] for name in names if name in ids)
