"""Treatment histories as a person would write them, drawn so that they meet what a rule asks of a history.

What may have been given comes from a short list of usual treatments and from the regimens of the rulebook; it makes
patients plausible and claims nothing. Whether a rule really holds is judged afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.values import Atom, Between, Choice, Includes, Members, Number, Truth, Value
from regimen_advisor.patient.facts import PLATINUM, PLATINUM_FREE, SetFact
from regimen_advisor.patient.history import ENDED
from regimen_advisor.quiz.dice import Dice

Demand = tuple[Atom, bool]
"""An atom, and whether it is to be true or false."""
Treatment = tuple[str, ...]

OUTCOMES = ("progressed", "relapsed", "completed", "ongoing", "stopped-for-toxicity")
CYCLES = (2, 3, 4, 5, 6)
MONTHS = (1, 3, 5, 8, 12)
USUAL: Mapping[str, tuple[Treatment, ...]] = {
    "egfr": (("osimertinib",), ("gefitinib",), ("afatinib",), ("erlotinib",), ("carboplatin", "pemetrexed")),
    "alk": (("alectinib",), ("crizotinib",), ("carboplatin", "pemetrexed")),
    "ros1": (("crizotinib",), ("carboplatin", "pemetrexed")),
    "none": (
        ("pembrolizumab",),
        ("carboplatin", "pemetrexed"),
        ("cisplatin", "pemetrexed", "bevacizumab"),
        ("carboplatin", "paclitaxel"),
        ("pembrolizumab", "carboplatin", "pemetrexed"),
        ("docetaxel",),
    ),
    "sclc": (
        ("carboplatin", "etoposide"),
        ("cisplatin", "etoposide"),
        ("atezolizumab", "carboplatin", "etoposide"),
        ("durvalumab", "cisplatin", "etoposide"),
        ("topotecan",),
    ),
}
_LINES = ((0, 4.0), (1, 5.0), (2, 3.0), (3, 1.0))


def meets(value: Value, demands: Iterable[Demand]) -> bool:
    """Whether a complete value is as all the demands want it."""
    return all((atom.judge(value) is Truth.TRUE) == wanted for atom, wanted in demands)


class Histories:
    """Draws histories for one rulebook."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.formulary = rulebook.formulary
        facts = rulebook.domain.facts.items()
        self.overs = {name: fact.over for name, fact in facts if isinstance(fact, SetFact) and fact.over is not None}
        known = self.formulary.drugs
        regimens = [tuple(regimen.drug_names) for regimen in rulebook.regimens.values()]
        self._of_rulebook = tuple(dict.fromkeys(drugs for drugs in regimens if all(drug in known for drug in drugs)))
        self._usual = {
            kind: tuple(drugs for drugs in treatments if all(drug in known for drug in drugs))
            for kind, treatments in USUAL.items()
        }

    def treatments(self, kind: str) -> tuple[Treatment, ...]:
        """What may have been given to a patient with this driver (``none``) or with small cell disease (``sclc``)."""
        return self._usual.get(kind) or self._usual["none"]

    def history(self, dice: Dice, kind: str, demands: Mapping[str, Sequence[Demand]]) -> list[dict[str, Any]] | None:
        """A history that was drawn to meet the demands; ``None`` where this draw cannot."""
        count = self._count(dice, demands)
        if count is None:
            return None
        curative = list(self._curative(dice, demands))
        if count == 0:
            return curative
        earlier = (("progressed", 7.0), ("relapsed", 2.0), ("stopped-for-toxicity", 1.0))
        outcomes = [dice.weighted(earlier) for _ in range(count - 1)]
        outcomes.append(self._last_outcome(dice, demands))
        lines = list(self._lines(dice, kind, outcomes, demands))
        if len(lines) < count:
            return None
        upkeep = list(self._upkeep(dice, count, lines[-1], demands))
        entries = [*curative, *lines, *upkeep]
        self._timed(dice, entries, demands.get(PLATINUM_FREE, ()))
        return entries

    def _timed(self, dice: Dice, entries: Sequence[dict[str, Any]], wanted: Sequence[Demand]) -> None:
        """Writes the months to the relapse into the latest entry with platinum, where rules ask for them."""
        held = [entry for entry in entries if PLATINUM in self.formulary.expand(entry["drugs"])]
        if not wanted or not held or held[-1]["outcome"] not in ENDED:
            return
        tested = [atom for atom, _ in wanted if isinstance(atom, Between)]
        edges = {end for atom in tested for end in (atom.low, atom.low - 1, atom.high, atom.high + 1)}
        months = sorted({*MONTHS, *(end for end in edges if 0 < end <= MONTHS[-1])})
        held[-1]["relapse_after"] = dice.pick([n for n in months if meets(Number(n, n), wanted)] or list(MONTHS))

    def _count(self, dice: Dice, demands: Mapping[str, Sequence[Demand]]) -> int | None:
        fitting = [(n, w) for n, w in _LINES if meets(Number(n, n), demands.get("prior_lines", ()))]
        of_lines = [name for name, over in self.overs.items() if set(over) - {"curative", "progressed", "relapsed"}]
        of_lines += ["last_outcome", "last_cycles"]
        if any(wanted and not _is_empty(atom) for name in of_lines for atom, wanted in demands.get(name, ())):
            fitting = [(n, w) for n, w in fitting if n > 0]
        return dice.weighted(fitting) if fitting else None

    def _last_outcome(self, dice: Dice, demands: Mapping[str, Sequence[Demand]]) -> str:
        weights = tuple(zip(OUTCOMES, (6.0, 2.0, 2.0, 1.0, 1.0), strict=True))
        wanted = demands.get("last_outcome", ())
        fitting = [(word, weight) for word, weight in weights if meets(Choice(frozenset({word})), wanted)]
        return dice.weighted(fitting or list(weights))

    def _lines(
        self, dice: Dice, kind: str, outcomes: Sequence[str], demands: Mapping[str, Sequence[Demand]]
    ) -> Iterator[dict[str, Any]]:
        places = {name: _lines_of(over, outcomes) for name, over in self.overs.items() if "curative" not in over}
        spread = {
            name: [(dice.pick(fitting or [0]), one) for one in _members(demands.get(name, ()), wanted=True)]
            for name, fitting in places.items()
            if not {"first line", "latest line"} & set(self.overs[name])
        }
        given: set[Treatment] = set()
        for number, outcome in enumerate(outcomes):
            names = [name for name, fitting in places.items() if number in fitting]
            fixed = [name for name in names if name not in spread]
            needed = {one for name in fixed for one in _members(demands.get(name, ()), wanted=True)}
            needed |= {one for chosen in spread.values() for place, one in chosen if place == number}
            barred = {one for name in names for one in _members(demands.get(name, ()), wanted=False)}
            drugs = self._treatment(dice, kind, needed, barred, given)
            if not drugs:
                return
            given.add(drugs)
            yield {"line": number + 1, "drugs": list(drugs), "outcome": outcome, **self._cycles(dice, drugs, demands)}

    def _treatment(self, dice: Dice, kind: str, needed: set[str], barred: set[str], given: set[Treatment]) -> Treatment:
        """A treatment that holds what is needed and nothing that is barred: a usual one if there is any.

        Nothing, mostly, where only drugs that are not given together would do: another draw spreads them over lines.
        """
        usual = self.treatments(kind)
        kin = [name for name in self._usual if (name == "sclc") == (kind == "sclc")] if needed else []
        elsewhere = tuple(dict.fromkeys(one for name in kin for one in self._usual[name]))
        for pool in (usual, elsewhere, self._of_rulebook if needed else ()):
            fitting = [drugs for drugs in pool if self._fits(drugs, needed, barred)]
            if fitting:  # what was given before is given again only where nothing else fits
                return dice.pick([drugs for drugs in fitting if drugs not in given] or fitting)
        if len(needed) > 1 and dice.chance(0.9):
            return ()
        made = [self._member(dice, name, barred) for name in sorted(needed)]
        return tuple(dict.fromkeys(made)) or dice.pick(usual)

    def _fits(self, drugs: Treatment, needed: set[str], barred: set[str]) -> bool:
        held = self.formulary.expand(drugs)
        return needed <= held and barred.isdisjoint(held)

    def _member(self, dice: Dice, name: str, barred: set[str]) -> str:
        """A drug of a class that belongs to nothing barred, or the drug itself."""
        if name not in self.formulary.classes:
            return name
        drugs = sorted(self.formulary.members_of(name) & self.formulary.drugs.keys())
        usual = {drug for treatments in self._usual.values() for treatment in treatments for drug in treatment}
        fitting = [drug for drug in drugs if barred.isdisjoint(self.formulary.expand({drug}))] or drugs or [name]
        return dice.pick([drug for drug in fitting if drug in usual] or fitting)

    def _cycles(self, dice: Dice, drugs: Treatment, demands: Mapping[str, Sequence[Demand]]) -> dict[str, int]:
        wanted = demands.get("last_cycles", ())
        if not wanted and "chemotherapy" not in self.formulary.expand(drugs):
            return {}
        tested = [atom for atom, _ in wanted if isinstance(atom, Between)]
        edges = {end for atom in tested for end in (atom.low, atom.high, atom.high + 1)}
        candidates = sorted({*CYCLES, *(end for end in edges if 0 < end <= 8)})
        fitting = [number for number in candidates if meets(Number(number, number), wanted)]
        return {"cycles": dice.pick(fitting or list(CYCLES))}

    def _upkeep(
        self, dice: Dice, count: int, last: Mapping[str, Any], demands: Mapping[str, Sequence[Demand]]
    ) -> Iterator[dict[str, Any]]:
        wanted = demands.get("on_maintenance", ())
        must = bool(wanted) and not meets(Choice(frozenset({"false"})), wanted)
        may = meets(Choice(frozenset({"true"})), wanted) and last["outcome"] == "completed" and len(last["drugs"]) > 1
        if must or (may and dice.chance(0.2)):
            kept = [drug for drug in last["drugs"] if "platinum" not in self.formulary.expand({drug})]
            yield {
                "line": count, "setting": "maintenance", "drugs": kept[:1] or last["drugs"][:1], "outcome": "ongoing",
            }  # fmt: skip

    def _curative(self, dice: Dice, demands: Mapping[str, Sequence[Demand]]) -> Iterator[dict[str, Any]]:
        needed = _members(demands.get("received_in_curative", ()), wanted=True)
        if needed:
            barred = set(_members(demands.get("received_in_curative", ()), wanted=False))
            drugs = sorted({self._member(dice, name, barred) for name in needed})
            yield {"setting": "curative", "drugs": drugs, "outcome": dice.pick(("completed", "relapsed", "progressed"))}


def _lines_of(over: Sequence[str], outcomes: Sequence[str]) -> list[int]:
    """The lines, counted from 0, whose induction passes the tests of a fact over the history."""
    lines = range(len(outcomes))
    passes: dict[str, set[int]] = {
        "first line": {0},
        "later line": {*lines[1:]},
        "latest line": {len(outcomes) - 1},
        **{end: {line for line in lines if outcomes[line] == end} for end in ("progressed", "relapsed")},
    }
    return [line for line in lines if all(line in passes[test] for test in over if test in passes)]


def _members(demands: Iterable[Demand], *, wanted: bool) -> list[str]:
    return [
        atom.member for atom, how in demands if isinstance(atom, Includes) and how == wanted and not _is_empty(atom)
    ]


def _is_empty(atom: Atom) -> bool:
    return isinstance(atom, Includes) and atom.member == "none"


def empty_or(members: Iterable[str], empty_word: str) -> Members:
    """A completely known set."""
    held = frozenset(members) or frozenset({empty_word})
    return Members(held, held)
