"""Write to a person at a terminal: lines in colour at its width, and a bar for what takes time.

``NO_COLOR`` is kept. Rich is slow to load: a verb that starts fast imports this module where a person looks on.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, track
from rich.text import Text

from regimen_advisor.documents.text import STYLES, WIDEST, WIDTH, Line

T = TypeVar("T")


def width() -> int:
    """How wide lines may be here."""
    return max(min(shutil.get_terminal_size((WIDTH, 24)).columns, WIDEST), 40)


def print_lines(lines: Iterable[Line], console: Console | None = None) -> None:
    """The lines on standard output, or on ``console``, with the styles a terminal shows."""
    shown = console or Console(highlight=False, soft_wrap=True)
    for line in lines:
        shown.print(Text(line.text, style=STYLES.get(line.style, "")))


def followed(things: Sequence[T], label: str) -> Iterable[T]:
    """Yield the items one by one, with a progress bar on standard error."""
    return track(things, label, console=Console(stderr=True), transient=True)


@contextmanager
def bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on standard error; each call gives how much is done and how much there is.

    It has no thread of its own: workers may be forked while it is shown.
    """
    with Progress(console=Console(stderr=True), transient=True, auto_refresh=False) as shown:
        task = shown.add_task(label, total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total, refresh=True)


@contextmanager
def spinner(label: str) -> Iterator[None]:
    """A spinner with the time gone by, on standard error."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        shown.add_task(label, total=None)
        yield
