"""How a refusal is worded: once for each wrong value, in the words of the file."""

from __future__ import annotations

import json
import subprocess
from importlib.resources import files
from random import Random
from typing import Annotated, Literal

import pytest
from pydantic import Field

from conftest import needed
from regimen_advisor.files.errors import InputError, did_you_mean
from regimen_advisor.files.sources import Record, parse_document, validated
from regimen_advisor.files.validation_messages import listed, printable, shown
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.patient.profile import Profile
from regimen_advisor.words.catalogue import CATALOGUE


class Inner(Record):
    dose: Annotated[int, Field(ge=1, le=9)]
    unit: str = "mg"


class Outer(Record):
    choice: list[Literal["red", "green"]] | Inner | Literal["none"] | None = None
    flag: bool | Literal["unknown"] | None = None
    text: str | None = None
    number: float | None = None


class OnePattern(Record):
    match: str


class Patterns(Record):
    matches: str | None = None
    pattern: OnePattern | None = None


def complaints(text: str, model: type[Record] = Outer) -> list[str]:
    with pytest.raises(InputError) as caught:
        validated(model, parse_document(text, "f"))
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("choice: [rad]", ["f:1:10: choice: expected `red` or `green`, found `rad` (did you mean `red`?)"]),
        ("choice: 3", ["f:1:9: choice: expected a list, a mapping or `none`, found `3`"]),
        ("choice: red", [
            "f:1:9: choice: expected a list, a mapping or `none`, found `red` (a list is written `[red]`)",
        ]),
        ("choice: {}", ["f:1:9: expected the key `dose`, which is missing"]),
        ("choice: {dos: 1}", [
            "f:1:9: expected the key `dose`, which is missing", "f:1:10: dos: unknown key (did you mean `dose`?)",
        ]),
        ("choice: {dose: 1, first line}", [
            "f:1:19: first line: unknown key (within braces a comma ends a text: put a text with a comma in quotes)",
        ]),
        ("choice: {dose: 1, number: 2}", ["f:1:19: number: unknown key (it belongs elsewhere in such a file)"]),
        ("choice: {dos: 1, number: 2}", [
            "f:1:9: expected the key `dose`, which is missing", "f:1:10: dos: unknown key (did you mean `dose`?)",
            "f:1:18: number: unknown key (it belongs elsewhere in such a file)",
        ]),
        ("choice: {dose: x}", ["f:1:16: dose: expected a whole number, found `x`"]),
        ("choice: {dose: 0}", ["f:1:16: dose: expected at least 1, found `0`"]),
        ("choice: {dose: 10}", ["f:1:16: dose: expected at most 9, found `10`"]),
        ("flag: NO", ["f:1:7: flag: expected `true`, `false` or `unknown`, found `NO` (did you mean `false`?)"]),
        ("text: 4.1", ["f:1:7: text: expected text, found `4.1` (a number that is text needs quotes)"]),
        ("text: true", ["f:1:7: text: expected text, found `true`"]),
        ("number: much", ["f:1:9: number: expected a number, found `much`"]),
        ("number: x\ntext: []", [
            "f:1:9: number: expected a number, found `x`", "f:2:7: text: expected text, found an empty list",
        ]),
        ("[]", ["f:1:1: expected a mapping, found an empty list"]),
    ],
)  # fmt: skip
def test_a_wrong_value_is_shown_once_with_what_was_expected_and_found(text: str, expected: list[str]) -> None:
    assert complaints(text) == expected


def test_for_a_key_of_another_place_one_that_is_missing_here_may_be_meant() -> None:
    assert complaints("pattern: {matches: x}", Patterns) == [
        "f:1:10: expected the key `match`, which is missing",
        "f:1:11: matches: unknown key (did you mean `match`?)",
    ]


def test_a_nested_wrong_value_is_placed_under_the_path_it_was_read_from() -> None:
    document = parse_document("outer:\n  - flag: maybe", "f")
    with pytest.raises(InputError, match=r"^f:2:11: flag: expected `true`, `false` or `unknown`, found `maybe`$"):
        validated(Outer, document, ("outer", 0))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "nothing"),
        (False, "`false`"),
        (7, "`7`"),
        ("7", '`"7"`'),
        ("word", "`word`"),
        ({}, "an empty mapping"),
        ("two\nlines", "`two\\nlines`"),
        ("x" * 100, "`" + "x" * 57 + "...`"),
    ],
)
def test_a_value_is_shown_short_and_on_one_line(value: object, text: str) -> None:
    assert shown(value) == text


def test_a_chinese_name_is_shown_as_it_is() -> None:
    assert printable("奥希替尼") == "奥希替尼"


@pytest.mark.parametrize(
    ("words", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a or b"), (["a", "b", "a", "c"], "a, b or c")]
)
def test_words_are_listed_once_each(words: list[str], text: str) -> None:
    assert listed(words) == text


def test_a_word_of_two_letters_suggests_only_itself() -> None:
    stages = ["I", "II", "III", "IV", "IVA"]
    assert did_you_mean("VI", stages) is None
    assert did_you_mean("iv", stages) == "did you mean `IV`?"


def test_the_page_suggests_what_the_command_line_suggests(rulebook: Rulebook) -> None:
    known = [*Profile.model_fields, *rulebook.formulary.drugs, *rulebook.formulary.classes, "Straße", "奥希替尼", "IVA"]
    random = Random(7)
    words = ["VI", "iva", "STRASSE", "", "奥希替", "x" * 101, "osimertinibb", "histologie", "stge"]
    for word in random.sample(known, 60):
        letters = list(word)
        for _ in range(random.randint(1, 4)):
            letters[random.randrange(len(letters))] = random.choice(["", "e", "-", "ab"])
        words.append("".join(letters))
    assets = files("regimen_advisor.page").joinpath("assets")
    script = "\n".join(assets.joinpath(name).read_text("utf-8") for name in ("words.js", "reading.js"))
    script += f"\nuseCatalogue({json.dumps(CATALOGUE.rooms)});"
    asked = f"{json.dumps(words)}.map((word) => didYouMean(word, {json.dumps(known)}))"
    code = f"{script}\nconsole.log(JSON.stringify({asked}))"
    ran = subprocess.run([needed("node"), "-"], input=code, capture_output=True, text=True, check=True)
    assert dict(zip(words, json.loads(ran.stdout), strict=True)) == {word: did_you_mean(word, known) for word in words}
