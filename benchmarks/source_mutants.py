"""List the small changes of a source file that its tests should notice: each with its place, before and after.

The changes are those of mutmut, less the ones that can only crash (an argument or a result that becomes ``None``) or
change a text; to them come four that the rules of medicine need most: a condition negated, an item of a list, an
argument or a statement left out. Unlike mutmut, decorated functions and tables of a module are changed too.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import libcst as cst
from libcst.metadata import MetadataWrapper, ParentNodeProvider, WhitespaceInclusivePositionProvider
from mutmut.mutation import mutators

Operator = Callable[[Any], Iterable[cst.CSTNode]]
SKIPPED = (cst.Annotation, cst.Import, cst.ImportFrom, cst.Decorator, cst.Assert)
"""What is not changed: types, imports, decorators, and what only tells the type checker something."""
SKIPPED_ARGUMENTS = ("strict", "description")
"""The named arguments that are not changed: ``strict`` says to the reader that two things are of one length, as an
assertion does, and a ``description`` is a text of a schema."""


@dataclass(frozen=True)
class Mutant:
    """One change: the whole text with it, the lines that differ, and where the changed node begins."""

    line: int
    function: str
    before: str
    after: str
    text: str


def negated(node: Any) -> Iterator[cst.CSTNode]:
    """A plain condition, taken for its opposite; comparisons and connectives are changed by mutmut."""
    if isinstance(node, cst.Name | cst.Call | cst.Attribute | cst.Subscript):
        yield cst.UnaryOperation(cst.Not(), node)


def one_fewer(node: Any) -> Iterator[cst.CSTNode]:
    """A list, tuple or set without one of its items."""
    if len(node.elements) > 1:
        for index in range(len(node.elements)):
            elements = [*node.elements[:index], *node.elements[index + 1 :]]
            if isinstance(node, cst.Tuple) and len(elements) == 1:
                elements[0] = elements[0].with_changes(comma=cst.Comma())
            yield node.with_changes(elements=elements)


def argument_left_out(node: cst.Call) -> Iterator[cst.CSTNode]:
    """A call without a named argument, or without one of several words."""
    words = sum(isinstance(argument.value, cst.SimpleString) for argument in node.args)
    for index, argument in enumerate(node.args):
        if (
            argument.keyword.value not in SKIPPED_ARGUMENTS
            if argument.keyword is not None
            else words > 1 and index and isinstance(argument.value, cst.SimpleString)
        ):
            yield node.with_changes(args=[*node.args[:index], *node.args[index + 1 :]])


def statement_left_out(node: cst.Expr) -> Iterator[cst.CSTNode]:
    """A statement that is only a call or a ``yield``, left out."""
    if isinstance(node.value, cst.Call | cst.Yield):
        yield cst.Pass()


OPERATORS: Sequence[tuple[Any, Operator]] = (
    (cst.BaseNumber, mutators.operator_number),
    (cst.Name, mutators.operator_name),
    (cst.AugAssign, mutators.operator_augmented_assignment),
    (cst.UnaryOperation, mutators.operator_remove_unary_ops),
    (cst.Call, mutators.operator_symmetric_string_methods_swap),
    (cst.Call, mutators.operator_unsymmetrical_string_methods_swap),
    (cst.CSTNode, mutators.operator_keywords),
    (cst.CSTNode, mutators.operator_swap_op),
    (cst.Match, mutators.operator_match),
    (cst.IfExp, mutators.operator_if_exp),
    (cst.Tuple | cst.List | cst.Set, one_fewer),
    (cst.Call, argument_left_out),
    (cst.Expr, statement_left_out),
)


def mutants_of(path: Path) -> list[Mutant]:
    """Every changed text of a source file that can still be compiled, in the order of the file."""
    text = path.read_text(encoding="utf-8")
    wrapper = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
    places = wrapper.resolve(WhitespaceInclusivePositionProvider)
    parents = wrapper.resolve(ParentNodeProvider)
    lines = text.splitlines(keepends=True)
    starts = [0, *itertools.accumulate(map(len, lines))]
    found: dict[str, Mutant] = {}
    for node in _changeable(wrapper.module):
        for changed in _changes(node, parents.get(node)):
            place = places[node]
            if isinstance(node, cst.Match):
                new = wrapper.module.deep_replace(node, changed).code  # type: ignore[arg-type]
            else:
                begin = starts[place.start.line - 1] + place.start.column
                end = starts[place.end.line - 1] + place.end.column
                new = text[:begin] + wrapper.module.code_for_node(changed) + text[end:]
            if new != text and new not in found and _compiles(new):
                line, before, after = _difference(text, new)
                found[new] = Mutant(line, _function(node, parents), before, after, new)
    return sorted(found.values(), key=lambda mutant: mutant.line)


def _changes(node: cst.CSTNode, parent: cst.CSTNode | None) -> Iterator[cst.CSTNode]:
    for kind, operator in OPERATORS:
        if isinstance(node, kind):
            yield from operator(node)
    if isinstance(parent, cst.If | cst.While | cst.CompIf) and node is parent.test:
        yield from negated(node)


def _changeable(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    if isinstance(node, SKIPPED):
        return
    if isinstance(node, cst.Arg) and node.keyword is not None and node.keyword.value in SKIPPED_ARGUMENTS:
        return
    if isinstance(node, cst.If) and isinstance(node.test, cst.Name) and node.test.value == "TYPE_CHECKING":
        return
    yield node
    for child in node.children:
        yield from _changeable(child)


def _function(node: cst.CSTNode, parents: Any) -> str:
    """The dotted name of the function or method around a node; empty where it is run on import."""
    names: list[str] = []
    runs_later = False
    while node in parents:
        child, node = node, parents[node]
        if isinstance(node, cst.FunctionDef):
            runs_later = runs_later or child is node.body
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            names.insert(0, node.name.value)
    return ".".join(names) if runs_later else ""


def _compiles(text: str) -> bool:
    try:
        compile(text, "mutant", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


def _difference(old: str, new: str) -> tuple[int, str, str]:
    """The first line that differs, and the lines that differ, of the old and of the new text."""
    olds, news = old.splitlines(), new.splitlines()
    first = next((i for i, (left, second) in enumerate(zip(olds, news, strict=False)) if left != second), len(olds) - 1)
    last = 0
    while last < min(len(olds), len(news)) - first and olds[-1 - last] == news[-1 - last]:
        last += 1
    words = [" ".join(line.strip() for line in lines[first : len(lines) - last]) for lines in (olds, news)]
    return first + 1, words[0], words[1]
