"""Define the public API: load a guideline, ask it about a patient, compare two guidelines.

Every name here is at the top of the package: ``from regimen_advisor import Guideline, advise, compare``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, overload

from regimen_advisor.advice import Advice
from regimen_advisor.explanation import Explanation
from regimen_advisor.files.errors import InputError, Location
from regimen_advisor.files.sources import named_in_python
from regimen_advisor.guideline import AnyProfile, Case, Guideline
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.reviewing import comparing
from regimen_advisor.words.catalogue import say

if TYPE_CHECKING:
    import polars as pl

    from regimen_advisor.cohorts.mapping import TableMapping

AnyGuideline = Guideline | Rulebook | str | Path | None
"""A guideline in any form: itself, a rulebook, the path of a folder of rules; ``None`` for the one that ships."""

Taken = ParamSpec("Taken")
Answer = TypeVar("Answer")
_OLD_NAMES = {"patient": "profile", "rulebook": "guideline"}


def guideline_from(source: AnyGuideline) -> Guideline:
    """The guideline itself, or that of a rulebook or a folder.

    Raises ``InputError`` for what is none of them, and for rules that cannot be read.
    """
    match source:
        case Guideline():
            return source
        case Rulebook():
            return Guideline.of(source)
        case None | str() | Path() | list() | tuple():
            return Guideline.load(source)
    raise InputError.at(Location("guideline"), say("guideline_error.no_form", found=named_in_python(source)))


def _case(profile: AnyProfile, guideline: AnyGuideline) -> Case:
    return guideline_from(guideline).case(profile)


def _by_old_names(verb: Callable[Taken, Answer]) -> Callable[Taken, Answer]:
    """``verb``, for which the names that its arguments had before still work as keywords."""

    @wraps(verb)
    def called(*arguments: Taken.args, **keywords: Taken.kwargs) -> Answer:
        for old, new in _OLD_NAMES.items():
            if old in keywords and new not in keywords:
                keywords[new] = keywords.pop(old)
        return verb(*arguments, **keywords)

    return called


@_by_old_names
def advise(profile: AnyProfile, guideline: AnyGuideline = None, *, ask: bool = True) -> Advice:
    """Every option for a patient, with its standing, evidence and cautions.

    ``ask`` also finds the questions worth asking, which takes most of the time where little is known. Raises
    ``InputError`` for a profile or rules that cannot be read, ``DisagreementError`` if two engines differ.
    """
    return _case(profile, guideline).advice(ask=ask)


def advise_file(path: str | Path, rules: str | Path | None = None) -> Advice:
    """``advise`` for the path of a profile file and of a folder of rules."""
    return advise(path, rules)


def explain(profile: AnyProfile, guideline: AnyGuideline = None, *, regimen: str | None = None) -> Explanation:
    """Explain the standing of each option for a patient; with ``regimen`` (an id or a name), that one in full.

    Raises as ``advise`` does, and ``InputError`` for an unknown regimen.
    """
    return _case(profile, guideline).explain(regimen=regimen)


@overload
def judge_table(
    frame: pl.DataFrame | pl.LazyFrame,
    guideline: AnyGuideline = None,
    mapping: str | Path | TableMapping | None = None,
    *,
    id_column: str = "id",
    exact: bool = True,
) -> pl.DataFrame: ...
@overload
def judge_table(
    frame: Any,
    guideline: AnyGuideline = None,
    mapping: str | Path | TableMapping | None = None,
    *,
    id_column: str = "id",
    exact: bool = True,
) -> Any: ...
def judge_table(
    frame: Any,
    guideline: AnyGuideline = None,
    mapping: str | Path | TableMapping | None = None,
    *,
    id_column: str = "id",
    exact: bool = True,
) -> Any:
    """The standing of every regimen for every row of a Polars or a Spark frame, as a frame of the same library.

    The columns of ``frame`` have the names of the keys of a profile, or ``mapping`` (a file, or one that was read) says
    how they are read. Without a mapping a column of any other name, a misspelt one too, is left unread, which the
    answer does not say; ``regimen-advisor cohort FILE --check`` lists such columns.

    The answer has the columns ``id``, one a regimen, ``questions``, ``set_apart``, ``unread`` and ``rulebook``. A lazy
    frame is read now; a Spark frame when Spark is asked for the answer. Without ``exact`` the standings are those of
    judging node by node, which is faster.

    Raises ``InputError`` for a frame of another kind, for a mapping that does not fit it, and where no column says
    anything that a rule tests.
    """
    if find_spec("polars") is None:
        raise InputError.at(
            Location("judge_table"),
            say("missing_extra.not_installed", name="Polars"),
            "pip install 'regimen-advisor[cohort]'",
        )
    from regimen_advisor.cohorts.frames import judge_frame  # noqa: PLC0415 - not every program has a table
    from regimen_advisor.cohorts.mapping import TableMapping, load_mapping  # noqa: PLC0415 - as above

    rulebook = guideline_from(guideline).rulebook
    match mapping:
        case None | TableMapping():
            read = mapping
        case str() | Path():
            read = load_mapping(mapping, rulebook.domain)
        case _:
            found = named_in_python(mapping)
            raise InputError.at(Location("mapping"), say("guideline_error.no_mapping", found=found))
    return judge_frame(frame, rulebook, read, id_column=id_column, exact=exact)


def compare(old: AnyGuideline, new: AnyGuideline) -> comparing.RulebookComparison:
    """All that differs in the advice of two guidelines, exact over all patients whom both can describe."""
    return comparing.compare(guideline_from(old).rulebook, guideline_from(new).rulebook)
