"""Order the options: named keys, one after the other, and what each asks of an option."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from regimen_advisor.advice import Option, OrderKey
from regimen_advisor.guideline import Guideline
from regimen_advisor.language.standings import Standing
from regimen_advisor.wording import listed
from regimen_advisor.words.catalogue import CATALOGUE, joined, say

BENEFITS = ("OS", "PFS", "response", None)
"""Endpoints with a stated gain, the strongest first."""
_STANDINGS = list(Standing)

Rank = Callable[[Option, Guideline], object]


def _standing(option: Option, _: Guideline) -> int:
    return 0 if option.standing.is_offered else _STANDINGS.index(option.standing)


def _is_warned(option: Option, _: Guideline) -> bool:
    return option.standing is Standing.OFFERED_WITH_CAUTION


def _is_warned_of_the_patient(option: Option, _: Guideline) -> bool:
    return any(caution.kind == "patient" and caution.state == "holds" for caution in option.cautions)


def _asks_for_no_drug(option: Option, guideline: Guideline) -> bool:
    return guideline.asks_for_earlier_drug.isdisjoint(option.rules)


def _patients(option: Option, _: Guideline) -> int:
    return -max((evidence.n.value for evidence in option.evidence if evidence.n), default=0)


_KEYS: Mapping[str, Rank] = {
    "standing": _standing,
    "marker": lambda option, _: not option.markers,
    "caution": _is_warned,
    "patient-caution": _is_warned_of_the_patient,
    "earlier-drug": _asks_for_no_drug,
    "design": lambda option, _: option.design_level.rank,
    "approval": lambda option, _: not option.approvals,
    "endpoint": lambda option, _: BENEFITS.index(option.shown_benefit),
    "patients": _patients,
    "name": lambda option, _: option.name,
}
ORDER = tuple(OrderKey(key=key, says=say(f"order_key.{key}")) for key in _KEYS)
_IN_SHORT = CATALOGUE.room("order_key_in_short")


def order_words(order: Iterable[OrderKey] = ORDER) -> str:
    """The order in one sentence."""
    return say("order.sentence", keys=listed(key.says for key in order))


def order_line(order: Iterable[OrderKey] = ORDER) -> str:
    """The order in one line, each key by its shortest name; what the name of an option decides goes without saying."""
    names = dict.fromkeys(_IN_SHORT.get(key.key, key.says) for key in order if key.key != "name")
    return say("order.line", keys=joined(names))


def in_order(options: Iterable[Option], guideline: Guideline) -> tuple[Option, ...]:
    """The options in the order of the keys."""
    return tuple(sorted(options, key=lambda option: tuple(rank(option, guideline) for rank in _KEYS.values())))
