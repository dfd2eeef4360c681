"""JSON schemas of the files that people write and of the answer that programs read."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel


def schema_of(name: str) -> dict[str, Any]:
    """The schema of ``profile``, ``rule`` (a file of rules), ``study``, ``advice``, ``explanation`` or ``case``.

    Raises ``KeyError`` for another name.
    """
    models = {"profile": _profile, "rule": _rule, "study": _study, "advice": _advice, "case": _case}
    models["explanation"] = _explanation
    mode = "serialization" if name in ("advice", "explanation") else "validation"
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **models[name]().model_json_schema(mode=mode),  # type: ignore[arg-type]
    }


def _profile() -> type[BaseModel]:
    from regimen_advisor.profile import Profile  # noqa: PLC0415

    return Profile


def _rule() -> type[BaseModel]:
    from regimen_advisor.rules import RuleFile  # noqa: PLC0415

    return RuleFile


def _study() -> type[BaseModel]:
    from regimen_advisor.studies import Study  # noqa: PLC0415

    return Study


def _advice() -> type[BaseModel]:
    from regimen_advisor.advice import Advice  # noqa: PLC0415

    return Advice


def _explanation() -> type[BaseModel]:
    from regimen_advisor.explanation import Explanation  # noqa: PLC0415

    return Explanation


def _case() -> type[BaseModel]:
    from regimen_advisor.cases import CaseText  # noqa: PLC0415

    return CaseText
