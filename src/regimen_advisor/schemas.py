"""Make schemas and reference pages of the files that people write and of the answers that programs read."""

from __future__ import annotations

from enum import StrEnum
from importlib import import_module
from typing import Any, Literal

from pydantic import BaseModel

from regimen_advisor.documents.markdown import markdown
from regimen_advisor.knowledge.condition_schema import condition_schema
from regimen_advisor.knowledge.rulebook import load_rulebook
from regimen_advisor.words.catalogue import say


class SchemaName(StrEnum):
    """What has a published schema."""

    PROFILE = "profile"
    RULE = "rule"
    CONDITIONS = "conditions"
    STUDY = "study"
    CASE = "case"
    MAPPING = "mapping"
    ADVICE = "advice"
    EXPLANATION = "explanation"
    QUIZ = "quiz"
    ANSWERS = "answers"
    GRADE = "grade"


# Module and model of each. A model is imported only when it is asked for, so that other verbs start fast.
_MODELS = {
    SchemaName.PROFILE: ("patient.profile", "Profile"),
    SchemaName.RULE: ("knowledge.rules", "RuleFile"),
    SchemaName.STUDY: ("knowledge.studies", "Study"),
    SchemaName.CASE: ("testing.cases", "CaseText"),
    SchemaName.MAPPING: ("cohorts.mapping_file", "MappingFile"),
    SchemaName.ADVICE: ("advice", "Advice"),
    SchemaName.EXPLANATION: ("explanation", "Explanation"),
    SchemaName.QUIZ: ("quiz.models", "Quiz"),
    SchemaName.ANSWERS: ("quiz.grading", "Answers"),
    SchemaName.GRADE: ("quiz.grading", "Grade"),
}
_PRINTED = (SchemaName.ADVICE, SchemaName.EXPLANATION, SchemaName.QUIZ, SchemaName.GRADE)


def schema_of(name: str) -> dict[str, Any]:
    """The JSON schema called ``name``; that of conditions is for the rules here, or else for those that ship.

    Raises ``ValueError`` for a name that is not in ``SchemaName``.
    """
    schema_name = SchemaName(name)
    if schema_name is SchemaName.CONDITIONS:
        schema = condition_schema(load_rulebook())
    else:
        schema = _model(schema_name).model_json_schema(mode=_mode(schema_name))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def reference_of(name: str) -> str:
    """The reference page of the same, as markdown."""
    from regimen_advisor.reports import conditions_reference, reference  # noqa: PLC0415 - no schema needs them

    schema_name = SchemaName(name)
    if schema_name is SchemaName.CONDITIONS:
        return markdown(conditions_reference.document(load_rulebook()))
    return markdown(reference.document(_model(schema_name), say(f"schema_title.{schema_name}"), _mode(schema_name)))


def _mode(name: SchemaName) -> Literal["validation", "serialization"]:
    """The mode of the schema: input for what a person writes, output for what is printed."""
    return "serialization" if name in _PRINTED else "validation"


def _model(name: SchemaName) -> type[BaseModel]:
    module, model = _MODELS[name]
    found: type[BaseModel] = getattr(import_module(f"regimen_advisor.{module}"), model)
    return found
