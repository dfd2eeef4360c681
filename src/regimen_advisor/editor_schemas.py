"""Make JSON schemas of the files that people edit, filled in with what one rulebook holds.

An editor that reads them offers the facts, findings, drugs, regimens, studies and sections that there are and the words
that each fact takes, and underlines any other. What is judged in more than one place (a rule that never holds, a
section of another review) is left to ``check``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from importlib.util import find_spec
from typing import Any

from pydantic import TypeAdapter

from regimen_advisor.knowledge.condition_schema import Schema, condition_definitions
from regimen_advisor.knowledge.each_regimen import EachRegimenText
from regimen_advisor.knowledge.findings import FindingText
from regimen_advisor.knowledge.manifest import ManifestFile
from regimen_advisor.knowledge.regimens import Regimen
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import RuleFile
from regimen_advisor.knowledge.stacking import Pack
from regimen_advisor.knowledge.studies import Approval, Review, Study
from regimen_advisor.patient.drugs import Drug, DrugClass, FormularyFile
from regimen_advisor.patient.profile import Profile
from regimen_advisor.reviewing.source_gaps import Background
from regimen_advisor.testing.cases import STATEMENTS, CaseText

DRAFT = "http://json-schema.org/draft-07/schema#"
"""The newest draft that every editor reads whole."""


class EditedFile(StrEnum):
    """The kinds of files that a person edits."""

    RULE = "rule"
    STUDY = "study"
    FINDINGS = "findings"
    REGIMENS = "regimens"
    DRUGS = "drugs"
    APPROVALS = "approvals"
    REVIEWS = "reviews"
    PACK = "pack"
    MANIFEST = "manifest"
    SECTION_NUMBERS = "section-numbers"
    BACKGROUND = "background"
    EACH_REGIMEN = "each-regimen"
    PROFILE = "profile"
    CASE = "case"
    MAPPING = "mapping"


_MODELS: Mapping[EditedFile, Any] = {
    EditedFile.RULE: RuleFile,
    EditedFile.STUDY: Study,
    EditedFile.FINDINGS: list[FindingText],
    EditedFile.REGIMENS: list[Regimen],
    EditedFile.DRUGS: FormularyFile,
    EditedFile.APPROVALS: list[Approval],
    EditedFile.REVIEWS: list[Review],
    EditedFile.PACK: Pack,
    EditedFile.MANIFEST: ManifestFile,
    EditedFile.SECTION_NUMBERS: dict[str, dict[str, str]],
    EditedFile.BACKGROUND: dict[str, Background],
    EditedFile.EACH_REGIMEN: list[EachRegimenText],
    EditedFile.PROFILE: Profile,
    EditedFile.CASE: CaseText,
}


def _model(kind: EditedFile) -> Any:
    if kind is EditedFile.MAPPING:
        from regimen_advisor.cohorts.mapping_file import MappingFile  # noqa: PLC0415 - Polars is slow to load

        return MappingFile
    return _MODELS[kind]


def editor_schema(kind: EditedFile, rulebook: Rulebook) -> Schema:
    """The schema of one kind of file, with the words of ``rulebook``.

    Raises ``ModuleNotFoundError`` for a mapping where Polars is not installed.
    """
    return _Filler(rulebook).schema(kind)


def every_editor_schema(rulebook: Rulebook) -> dict[str, Schema]:
    """The schemas of all kinds by the names of their files; that of a mapping only where Polars is installed."""
    kinds = [kind for kind in EditedFile if kind is not EditedFile.MAPPING or find_spec("polars")]
    return {f"{kind}.json": editor_schema(kind, rulebook) for kind in kinds}


class _Filler:
    def __init__(self, rulebook: Rulebook) -> None:
        self.book = rulebook
        book, formulary = rulebook, rulebook.formulary
        self.words: Mapping[str, Schema] = {
            "regimen": _words({id: regimen.name for id, regimen in book.regimens.items()}),
            "study": _words({id: study.name for id, study in book.studies.items()}),
            "rule": _words({id: rule.says for id, rule in book.rules.items()}),
            "approval": _words({id: approval.indication for id, approval in book.approvals.items()}),
            "erratum": _words({id: erratum.consequence for id, erratum in book.errata.items()}),
            "entry": _words(_entries(book)),
            "drug": _words({id: drug.name for id, drug in formulary.drugs.items()}),
            "class": _words({id: drug_class.name for id, drug_class in formulary.classes.items()}),
            "treatment": _words(_treatments(rulebook)),
            "section": _words(_sections(rulebook)),
            **{f"rule-{effect}": _words({rule.id: rule.says for rule in book.of(effect)}) for effect in STATEMENTS},
            **condition_definitions(rulebook),
            "source": self._source(),
        }

    def schema(self, kind: EditedFile) -> Schema:
        made = _tidied(TypeAdapter(_model(kind)).json_schema())
        made.setdefault("$defs", {})
        self._fill(made)
        for change in _CHANGES.get(kind, ()):
            change(made, self)
        needed = self._needed(made)
        made["$defs"] |= {name: self.words[name] for name in self.words if name in needed}
        return {"$schema": DRAFT, **_as_draft_7(made)}

    def _fill(self, made: Schema) -> None:
        """Put words in the place of ids, by their key."""
        shapes = [made, *made["$defs"].values()]
        for shape in shapes:
            for key, inner in shape.get("properties", {}).items():
                word = _BY_KEY.get(key)
                if word is None:
                    continue
                if inner.get("type") == "array":
                    inner["items"] = _ref(word)
                elif inner.get("type") == "string" or "$ref" in inner or inner.get("type") == "object":
                    _replace(inner, _ref(word))

    def _needed(self, made: Schema) -> set[str]:
        found: set[str] = set()
        todo = [made]
        while todo:
            for name in _referred(todo.pop()):
                if name in self.words and name not in found:
                    found.add(name)
                    todo.append(self.words[name])
        return found

    def _source(self) -> Schema:
        """A section is of the source that its entry names."""
        cases = [
            {
                "if": {"properties": {"review": {"const": review.key}}, "required": ["review"]},
                "then": {"properties": {"section": {"enum": sorted(review.section_numbers)}}},
            }
            for review in self.book.reviews.values()
        ]
        place = {
            "type": "object",
            "additionalProperties": False,
            "required": ["review", "section"],
            "properties": {
                "review": _words({key: review.title for key, review in self.book.reviews.items()}),
                "section": _ref("section"),
            },
            "allOf": cases,
        }
        return {"if": {"type": "array"}, "then": {"minItems": 1, "items": place}, "else": place}


_BY_KEY: Mapping[str, str] = {
    "when": "condition", "source": "source", "offer": "regimen", "regimen": "regimen", "trial": "study",
    "studies": "study", "approvals": "approval", "overrides": "rule", "class": "class", "regimens": "regimen",
    "harm_of": "drug", "held_by": "entry",
}  # fmt: skip
"""The value under a key, in whatever file and model."""


# What is changed in one kind of file only ----------------------------------------------------------------------------


def _in_rules(made: Schema, _filler: _Filler) -> None:
    target = made["$defs"]["TargetItem"]["properties"]
    target["drug"] = {**target["drug"], **_ref("drug")}
    target["drug"].pop("type", None)
    made["$defs"]["RuleText"]["properties"]["errata"]["items"] = _ref("erratum")


def _in_regimens(made: Schema, _filler: _Filler) -> None:
    _replace(made["$defs"]["Component"]["properties"]["drug"], _ref("drug"))


def _in_studies(made: Schema, filler: _Filler) -> None:
    if "Place" in made["$defs"]:
        _replace(made["$defs"]["Place"]["properties"]["review"], {"enum": list(filler.book.reviews)})
        made["$defs"]["Place"]["properties"]["sections"]["items"] = _ref("section")
    if "Treatment" in made["$defs"]:  # a class that the source names may be there in any words
        drug = made["$defs"]["Treatment"]["properties"]["drug"]
        drug.pop("type", None)
        drug["anyOf"] = [_ref("treatment"), {"type": "string"}]


def _in_each_regimen(made: Schema, _filler: _Filler) -> None:
    keys = made["$defs"]["EachRegimenText"]["properties"]  # `its-drugs` is no word of a condition
    keys |= {"when": {"type": "object"}, "except": {**keys["except"], "items": _ref("regimen")}}


def _in_profiles(made: Schema, _filler: _Filler) -> None:
    made["additionalProperties"] = False
    _drugs_of_history(made)
    tps = made["properties"]["pd_l1_tps"]
    percent = r"^\s*(<=|>=|<|>|≤|≥)?\s*\d{1,3}\s*%?\s*([-–]\s*\d{1,3}\s*%?)?\s*$"
    tps["anyOf"] = [*tps["anyOf"], {"type": "string", "pattern": percent}]
    for key in ("ecog", "pd_l1_tps", "prior_lines"):
        made["properties"][key]["anyOf"][0]["minimum"] = 0


def _drugs_of_history(made: Schema) -> None:
    drugs = made["$defs"]["HistoryEntry"]["properties"]["drugs"]
    drugs["anyOf"][0]["items"] = _ref("treatment")


def _in_mappings(made: Schema, _filler: _Filler) -> None:
    reading = made["properties"]["keys"].pop("additionalProperties")
    made["properties"]["keys"] |= {
        "additionalProperties": False,
        "properties": {
            key: {**reading, "description": field.description}
            for key, field in Profile.model_fields.items()
            if key not in ("id", "history")
        },
    }


def _in_cases(made: Schema, filler: _Filler) -> None:
    profile = filler.schema(EditedFile.PROFILE)
    made["$defs"] |= {name: inner for name, inner in profile["$defs"].items() if name not in filler.words}
    keys = profile["properties"]
    changed = {
        key: {
            **_without(inner, "anyOf"),
            "anyOf": [*inner.get("anyOf", [_without(inner, "description")]), {"type": "null"}],
        }
        for key, inner in keys.items()
    }
    made["properties"]["profile"] = {
        "type": "object",
        "description": made["properties"]["profile"]["description"],
        "additionalProperties": False,
        "properties": {
            **keys,
            "from": {"type": "string", "description": "a profile by path"},
            "change": {
                "type": "object", "additionalProperties": False, "properties": changed,
                "description": "keys that differ; null takes a key away",
            },
        },
    }  # fmt: skip
    expectation = made["$defs"]["Expectation"]["properties"]
    for key in ("rules", "because"):
        expectation[key]["items"] = _ref("rule")
    expected = made["properties"]["expect"].pop("additionalProperties")
    made["properties"]["expect"] |= {
        "additionalProperties": False,
        "properties": {id: {**expected, "description": regimen.name} for id, regimen in filler.book.regimens.items()},
    }
    statement = made["$defs"]["StatementText"]["properties"]
    for effect in STATEMENTS:
        _replace(statement[effect.value], _ref(f"rule-{effect}"))
    says = made["properties"]["says"]
    says["items"] = {"anyOf": [_ref("rule"), {"$ref": "#/$defs/StatementText"}]}
    made["properties"]["says_not"]["items"] = _ref("rule")


_Change = Callable[[Schema, _Filler], None]
_CHANGES: Mapping[EditedFile, Sequence[_Change]] = {
    EditedFile.RULE: (_in_rules,),
    EditedFile.REGIMENS: (_in_regimens,),
    EditedFile.STUDY: (_in_studies,),
    EditedFile.EACH_REGIMEN: (_in_each_regimen,),
    EditedFile.PROFILE: (_in_profiles,),
    EditedFile.CASE: (_in_cases,),
    EditedFile.MAPPING: (_in_mappings,),
}


# Words ---------------------------------------------------------------------------------------------------------------


def _treatments(rulebook: Rulebook) -> Mapping[str, str]:
    """Every word for a drug or a class, with what it stands for."""
    entries: list[Drug | DrugClass] = [*rulebook.formulary.drugs.values(), *rulebook.formulary.classes.values()]
    return {
        word: entry.name
        for entry in entries
        for word in (entry.id, entry.name, entry.name.capitalize(), entry.id.capitalize(), *entry.aliases)
    }


def _entries(rulebook: Rulebook) -> Mapping[str, str]:
    """Everything that can hold what a source says."""
    studies = {id: study.name for id, study in rulebook.studies.items()}
    approvals = {id: approval.indication for id, approval in rulebook.approvals.items()}
    return {**studies, **{id: rule.says for id, rule in rulebook.rules.items()}, **approvals}


def _sections(rulebook: Rulebook) -> Mapping[str, str]:
    found: dict[str, list[str]] = {}
    for review in rulebook.reviews.values():
        for section in review.sections:
            found.setdefault(section.number, []).append(f"{review.cited_as}: {section.title}")
    return {number: "; ".join(titles) for number, titles in found.items()}


def _words(meanings: Mapping[str, str]) -> Schema:
    """One of some words, each with its meaning where an editor shows it."""
    return {"enum": list(meanings), "enumDescriptions": list(meanings.values())}


# Shapes --------------------------------------------------------------------------------------------------------------


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _without(schema: Schema, *keys: str) -> Schema:
    return {key: value for key, value in schema.items() if key not in keys}


def _replace(inner: Schema, replacement: Schema) -> None:
    """Make ``inner`` what ``replacement`` says, its description kept."""
    kept = {"description": inner["description"]} if "description" in inner else {}
    inner.clear()
    inner |= {**kept, **replacement}


_BY_NAME = ("properties", "$defs")
"""What holds schemas by name: a key of a file may be called `title`, as the word of a schema is."""


def _tidied(schema: Any) -> Any:
    """Without what is of no use to an editor: titles, defaults, and null next to a value that may be left out."""
    if isinstance(schema, list):
        return [_tidied(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {
        key: {name: _tidied(inner) for name, inner in value.items()} if key in _BY_NAME else _tidied(value)
        for key, value in schema.items()
        if key not in ("title", "default")
    }  # fmt: skip
    choices = [choice for choice in made.get("anyOf", ()) if choice != {"type": "null"}]
    if "anyOf" in made:
        if len(choices) == 1:
            made = {**choices[0], **_without(made, "anyOf")}
        else:
            made["anyOf"] = choices
    return made


def _as_draft_7(schema: Any) -> Any:
    """The same where a description is next to a ``$ref``, which draft 7 would leave unread."""
    if isinstance(schema, list):
        return [_as_draft_7(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _as_draft_7(value) for key, value in schema.items()}
    if "$ref" in made and len(made) > 1:
        return {**_without(made, "$ref"), "allOf": [{"$ref": made["$ref"]}]}
    return made


def _referred(schema: Any) -> Iterable[str]:
    if isinstance(schema, list):
        for item in schema:
            yield from _referred(item)
    elif isinstance(schema, dict):
        if "$ref" in schema:
            yield str(schema["$ref"]).removeprefix("#/$defs/")
        for value in schema.values():
            yield from _referred(value)
