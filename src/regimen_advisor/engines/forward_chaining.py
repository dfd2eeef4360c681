"""Run the same rules on durable-rules, a forward-chaining engine with two truth values.

``ways`` turns every condition into two goals, that it holds and that it fails; what fires in one stratum (findings,
and pieces of large conditions) is a fact of the messages to the next. Of the engine only the shape is used that
survives its traps: one flat conjunction a rule, on one message of known facts. So there is no ``$or`` (it fires once a
branch), no negation of derived facts and no join (both go wrong), and every field has a value (nothing is inferred
from absence).
"""

from __future__ import annotations

import itertools
import threading
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import metadata
from typing import Any

from regimen_advisor.engines.two_valued import Compiler, Conjunct
from regimen_advisor.files.errors import RegimenAdvisorError
from regimen_advisor.language.conditions import Condition
from regimen_advisor.language.values import Facts, Truth
from regimen_advisor.patient.facts import Domain
from regimen_advisor.words.catalogue import say

MOST_RULES = 30
"""Rules in one ruleset; where more than 64 of them match side by side, the engine refuses the message."""
MOST_FIELDS = 200
"""Fields of one message; over 252 the engine refuses it."""
_GUARD = {"kind": "patient"}
"""Met by every message of ours and by none of the engine's own, which a rule could otherwise fire on for ever."""
_CATCH_ALL = "any patient"


def _name() -> str:
    try:
        return f"durable-rules {metadata.version('durable-rules')}"
    except metadata.PackageNotFoundError:
        return "durable-rules"


NAME = _name()


class EngineError(RegimenAdvisorError):
    """durable-rules failed, or reported that a rule both holds and fails."""


def available() -> bool:
    """Whether durable-rules can be imported here; it cannot on Python 3.13 and later, nor on Windows."""
    try:
        import durable.engine  # noqa: F401, PLC0415 - slow to import
    except ImportError:
        return False
    return True


class ForwardChaining:
    """The rules of one rulebook, compiled once; judges one patient after the other, from any thread."""

    def __init__(self, conditions: Mapping[str, Condition], findings: Mapping[str, Condition], domain: Domain) -> None:
        """``conditions`` by the name of their rule; ``findings`` are the named conditions that they may check."""
        compiler = Compiler(findings, domain)
        self._goals = {name: (f"rule_{name}_holds", f"rule_{name}_fails") for name in conditions}
        for name, (holds, fails) in self._goals.items():
            compiler.define(holds, compiler.ways(conditions[name], positive=True))
            compiler.define(fails, compiler.ways(conditions[name], positive=False))
        self._readers = dict(compiler.readers)
        self._strata = [
            (tuple(goals), [_Ruleset(rules) for rules in _portions(goals, compiler.goals)])
            for goals in compiler.strata()
        ]
        self._lock = threading.Lock()
        self._patients = itertools.count()
        handles = [ruleset.handle for _, rulesets in self._strata for ruleset in rulesets]
        weakref.finalize(self, _free, handles).atexit = False

    def judge(self, facts: Facts) -> Mapping[str, Truth]:
        """The truth of every rule for a patient of whom ``facts`` are known. Raises ``EngineError``."""
        with self._lock:
            fired = self._fired(facts)
        return {name: _truth(name, holds in fired, fails in fired) for name, (holds, fails) in self._goals.items()}

    def _fired(self, facts: Facts) -> set[str]:
        patient = str(next(self._patients))
        known = {field: read(facts) for field, read in self._readers.items()}
        fired: set[str] = set()
        for goals, rulesets in self._strata:
            for ruleset in rulesets:
                fired.update(ruleset.fire(patient, known))
            known.update((goal, goal in fired) for goal in goals)
        return fired


def _truth(name: str, holds: bool, fails: bool) -> Truth:
    if holds and fails:
        raise EngineError(say("engine_error.both", engine=NAME, rule=name))
    if holds:
        return Truth.TRUE
    return Truth.FALSE if fails else Truth.UNKNOWN


_Rules = Sequence[tuple[Conjunct, Sequence[str]]]


def _portions(goals: Iterable[str], ways: Mapping[str, Sequence[Conjunct]]) -> Iterator[_Rules]:
    """The rules of one stratum in portions that one ruleset can bear.

    A rule is a way and all goals that it derives: firing is what costs, and many rules fail for one reason.
    """
    rules: dict[Conjunct, list[str]] = {}
    for goal in goals:
        for way in ways[goal]:
            rules.setdefault(way, []).append(goal)
    portion: list[tuple[Conjunct, Sequence[str]]] = []
    fields: set[str] = set()
    for way, reached in sorted(rules.items()):
        way_fields = {check.field for check in way}
        if portion and (len(portion) == MOST_RULES or len(fields | way_fields) > MOST_FIELDS):
            yield portion
            portion, fields = [], set()
        portion.append((way, reached))
        fields |= way_fields
    if portion:
        yield portion


class _Ruleset:
    """Some rules of one stratum on durable-rules, and the fields of the message that they check.

    The library's own loop around what fires parses and writes the whole message again for every rule, to keep a state
    that no rule here changes. So its C module is asked what fires, and the names of the actions are all that is taken.
    """

    def __init__(self, rules: _Rules) -> None:
        import durable_rules_engine  # noqa: PLC0415 - slow to import
        from durable import engine  # noqa: PLC0415 - slow to import

        self._library = durable_rules_engine
        definition: dict[str, Any] = {_CATCH_ALL: {"all": [{"m": dict(_GUARD)}], "run": _nothing}}
        self._goals: dict[str, Sequence[str]] = {_CATCH_ALL: ()}
        self._bounds: set[str] = set()
        self._words: set[tuple[str, int]] = set()
        for index, (way, goals) in enumerate(rules):
            condition = {"$and": [dict(_GUARD), *(check.written() for check in way)]} if way else dict(_GUARD)
            name = f"way {index}"
            definition[name] = {"all": [{"m": condition}], "run": _nothing}
            self._goals[name] = goals
            for check in way:
                if check.relation == "is":
                    self._words.add((check.field, check.value))
                else:
                    self._bounds.add(check.field)
        # No host is given: the engine's own starts threads, and nothing here needs one.
        self._ruleset = engine.Ruleset("rules", None, definition)

    @property
    def handle(self) -> Any:
        """The ruleset as the C library knows it."""
        return self._ruleset._handle  # noqa: SLF001 (the only way to free it, and to ask what fires)

    def fire(self, patient: str, known: Mapping[str, int]) -> list[str]:
        """The goals that are derived where ``known`` is what each field says. Raises ``EngineError``."""
        # What no rule asks for in these words is left out: the engine writes the message again for every rule it fires.
        message = {**_GUARD, "sid": patient, **{field: known[field] for field in self._bounds}}
        message.update((field, value) for field, value in self._words if known[field] == value)
        try:
            state = self._ruleset.assert_fact(message)
            fired = [goal for action in self._actions(state) for goal in self._goals[action]]
        except Exception as error:
            raise EngineError(say("engine_error.refused", engine=NAME, error=error)) from error
        # Only now, with at least the catch-all fired: the library crashes on deleting what never fired.
        self._ruleset.delete_state(patient)
        return fired

    def _actions(self, state: Any) -> Iterator[str]:
        """The name of each rule that fires, one by one: the only key of the JSON object that the library returns."""
        started = self._library.start_action_for_state(self.handle, state)
        action = started[1] if started else None
        while action:
            yield action[2 : action.index('"', 2)]
            action = self._library.complete_and_start_action(self.handle, state)


def _nothing(_closure: Any) -> None:
    """Stand for an action: the library wants one for each rule, and none is run."""


def _free(handles: Iterable[Any]) -> None:
    import durable_rules_engine  # noqa: PLC0415 - slow to import

    for handle in handles:
        durable_rules_engine.delete_ruleset(handle)
