"""Find a patient for whom a condition surely holds, as a mapping ready to be written as YAML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from regimen_advisor.files.errors import InputError
from regimen_advisor.language.conditions import Condition
from regimen_advisor.language.values import Number
from regimen_advisor.patient.facts import ChoiceFact, NumberFact, SetFact
from regimen_advisor.patient.history import Entry
from regimen_advisor.patient.profile import Profile
from regimen_advisor.patient.reading import Patient, read
from regimen_advisor.patient.vocabulary import MOST_MONTHS, PLATINUM
from regimen_advisor.solving.assumptions import assumption_groups, is_asked_of_history
from regimen_advisor.solving.encoding import ENDED, OUTCOMES, Encoding, EncodingSize, Slot
from regimen_advisor.solving.encoding_size import size_for
from regimen_advisor.solving.solver import DomainSolver, Model, Session

Written = dict[str, Any]
Step = tuple[str, int | str | None]


def witness(solver: DomainSolver, condition: Condition, patient: Patient | None = None) -> Written | None:
    """A profile of which the condition is surely true; ``None`` where there is none.

    Without ``patient`` the profile is minimal: every completion meets the condition, and if any one thing that it says
    is left out, some completion does not. With ``patient`` it is a complete patient that agrees with all that is known.
    Of several the one that is first in a fixed order: untreated before treated, negative before positive.
    """
    complete = _complete(solver, condition, patient)
    if complete is None or patient is not None:
        return complete
    return shortened(solver, condition, complete)


# A complete patient -----------------------------------------------------------------------------------------------


def _complete(solver: DomainSolver, condition: Condition, patient: Patient | None) -> Written | None:
    size = EncodingSize.of([condition], solver.domain)
    if patient is not None:
        lines = patient.facts["prior_lines"]
        assert isinstance(lines, Number)
        size = size.widened(size_for(patient)).widened(EncodingSize(frozenset(), lines.low, 0))
    encoding = Encoding(solver.domain, size)
    goal = encoding.condition(condition)
    known = (
        []
        if patient is None
        else [part for literals in assumption_groups(encoding, patient).values() for part in literals]
    )
    model = _first(Session(encoding), [*known, goal], list(_preferences(encoding)))
    return None if model is None else _written(encoding, model, patient)


def _first(session: Session, known: Sequence[int], preferred: Sequence[int]) -> Model | None:
    """The first model in the order in which each literal in turn rather holds than not."""
    fixed = list(known)
    model = session.model(fixed)
    for literal in preferred if model is not None else ():
        assert model is not None
        if not model.holds(literal):
            better = session.model(fixed, [literal])
            model = better or model
        fixed.append(literal if model.holds(literal) else -literal)
    return model


def _preferences(encoding: Encoding) -> Iterator[int]:
    yield from (-literal for literal in encoding.lines)
    yield from (-slot.exists for slot in (*encoding.curatives, *encoding.maintenances))
    for slot in (*encoding.inductions, *encoding.maintenances, *encoding.curatives):
        yield from (-literal for literal in reversed([*slot.drugs.values()]))
        yield from (slot.outcomes[word] for word in OUTCOMES)
        yield from (-literal for literal in slot.months.values())
    for name, fact in encoding.domain.facts.items():
        if is_asked_of_history(name, encoding) and name != "last_cycles":
            continue
        match fact:
            case ChoiceFact():
                # Advanced before early, negative before positive, no before yes: who the rules mostly speak of.
                last_first = fact.is_yes_no or fact.domain[-1] == "negative" or name in ("stage", "extent")
                order = reversed(fact.domain) if last_first else iter(fact.domain)
                yield from (encoding.choices[name][word] for word in order)
            case NumberFact():
                yield from (-encoding.at_least(name, cut) for cut in encoding.cuts(name))
            case SetFact():
                yield from (-encoding.sets[name][member] for member in fact.members)


def _written(encoding: Encoding, model: Model, patient: Patient | None) -> Written:
    found: Written = {}
    for name, fact in encoding.domain.facts.items():
        if is_asked_of_history(name, encoding):
            continue
        match fact:
            case ChoiceFact():
                word = next(word for word in fact.domain if model.holds(encoding.choices[name][word]))
                found[name] = fact.plain(word)
            case NumberFact():
                found[name] = _number(encoding, model, name, patient)
            case SetFact():
                table = encoding.sets[name]
                members = [word for word in fact.members if model.holds(table[word]) and word not in fact.groups]
                found[name] = members or fact.empty_word
    found["history"] = list(_entries(encoding, model, patient))
    return found


def _number(encoding: Encoding, model: Model, name: str, patient: Patient | None) -> int:
    fact = encoding.domain.facts[name]
    assert isinstance(fact, NumberFact)
    reached = max((cut for cut in encoding.cuts(name) if model.holds(encoding.at_least(name, cut))), default=fact.low)
    known = patient.facts[name] if patient else fact.unknown
    return max(reached, getattr(known, "low", fact.low))


def _entries(encoding: Encoding, model: Model, patient: Patient | None) -> Iterator[Written]:
    rows: list[tuple[Written, Slot, bool]] = [({"setting": "curative"}, slot, False) for slot in encoding.curatives]
    pairs = zip(encoding.latest, encoding.inductions, encoding.maintenances, strict=True)
    for line, (latest, induction, maintenance) in enumerate(pairs, start=1):
        rows.append(({"line": line}, induction, model.holds(latest)))
        rows.append(({"line": line, "setting": "maintenance"}, maintenance, False))
    entries = {(entry.line, entry.maintenance): entry for entry in (patient.history or () if patient else ())}
    curatives = iter([entry for entry in (patient.history or () if patient else ()) if entry.line is None])
    for place, slot, is_latest in rows:
        if not model.holds(slot.exists):
            continue
        entry = entries.get((place.get("line"), "setting" in place)) if "line" in place else next(curatives, None)
        kinds = [encoding.kinds[kind] for kind, literal in slot.drugs.items() if model.holds(literal)]
        may = entry.drugs.may if entry else frozenset().union(*kinds)
        must = entry.drugs.must if entry else frozenset()
        drugs = sorted(name for drugs in kinds for name in _chosen(drugs, must, may))
        outcome = next(word for word in OUTCOMES if model.holds(slot.outcomes[word]))
        written = {**place, "drugs": drugs, "outcome": outcome}
        if (
            outcome in ENDED
            and slot.months
            and any(model.holds(slot.drugs[kind]) for kind in encoding.kinds_in(PLATINUM))
        ):
            written["relapse_after"] = _months(slot, model, outcome, entry)
        yield {**written, "cycles": _number(encoding, model, "last_cycles", patient)} if is_latest else written


def _months(slot: Slot, model: Model, outcome: str, entry: Entry | None) -> int:
    """Months from the last dose that fit the model and what is known: the fewest, one at least after a relapse."""
    reached = max((cut for cut, literal in slot.months.items() if model.holds(literal)), default=0)
    missed = min((cut for cut, literal in slot.months.items() if not model.holds(literal)), default=MOST_MONTHS)
    fewest = max(reached, entry.months.low if entry else 0)
    return (
        fewest
        if entry and entry.months.low == entry.months.high
        else max(fewest, min(outcome == "relapsed", missed - 1))
    )


def _chosen(drugs: frozenset[str], must: frozenset[str], may: frozenset[str]) -> frozenset[str]:
    """The drugs of one kind to name: those that are known, and else the first that may be."""
    return drugs & must or frozenset(sorted(drugs & may)[:1])


# The least that a profile must hold ----------------------------------------------------------------------------------


def shortened(solver: DomainSolver, condition: Condition, written: Mapping[str, Any]) -> Written:
    """The profile without everything that it can leave unsaid while the condition stays surely true."""
    profile = dict(written)
    # One that knows all rules takes the longer for a question the more rules there are.
    solver = DomainSolver(solver.domain)
    failed: set[Step] = set()  # what cannot be spared now cannot be spared once even less is stated
    while True:
        for step, shorter in _shorter(profile):
            if step in failed:
                continue
            if _is_sure(solver, condition, shorter):
                profile = shorter
                break
            failed.add(step)
        else:
            return profile


def _is_sure(solver: DomainSolver, condition: Condition, profile: Written) -> bool:
    try:
        patient = read(Profile.model_validate(profile), solver.domain, explain=False)
    except (InputError, ValueError):
        return False
    return solver.is_sure(condition, patient)


def _shorter(profile: Written) -> Iterator[tuple[Step, Written]]:
    """The profile with one thing less, and what that is; what says most comes first."""
    history = profile.get("history")
    if history:
        rest = {key: value for key, value in profile.items() if key != "history"}
        if rest:
            yield ("history", None), rest
        yield ("history", "in short"), {**rest, **_in_short(history)}
        for index, entry in enumerate(history):
            for part in _parts(entry):
                yield (part, index), {**profile, "history": _without(history, index, part)}
    for key in reversed(profile):
        if len(profile) > 1 and not (history and key == "history"):
            yield (key, None), {name: value for name, value in profile.items() if name != key}


def _in_short(history: Sequence[Mapping[str, Any]]) -> Written:
    """The number of lines, and how the latest one ended, where it is stated."""
    lines = max((entry.get("line", 0) for entry in history), default=0)
    latest = [entry.get("outcome") for entry in history if entry.get("line") == lines]
    outcome = next((end for end in ENDED if end in latest), next(iter(latest), None))
    return {"prior_lines": lines} | ({"last_outcome": outcome} if outcome else {})


def _parts(entry: Mapping[str, Any]) -> Iterator[str]:
    yield from (part for part in ("cycles", "relapse_after", "outcome", "drugs") if part in entry)


def _without(history: Sequence[Mapping[str, Any]], index: int, part: str) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in entry.items() if position != index or name != part}
        for position, entry in enumerate(history)
    ]
