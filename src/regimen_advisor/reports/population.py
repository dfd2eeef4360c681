"""Report the population that synthetic patients imitate: a summary, and the page of its shares and their sources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from regimen_advisor.documents.blocks import Block, Bullets, Grid, Heading, Marked, Paragraph, Table
from regimen_advisor.files.errors import printable
from regimen_advisor.patient.population import INVENTED, LineTreatment, SyntheticPopulation, population
from regimen_advisor.wording import listed
from regimen_advisor.words.catalogue import joined, say

FILE = "patient/population.yaml"
PAGE = "docs/reference/synthetic-patients.md"
_PATIENTS = {
    "disease": "all",
    "histology": "nsclc",
    "driver": "non_squamous",
    "pd_l1_tps": "all",
    "dll3": "sclc",
}
"""For each table of shares the patients that it is about, as the catalogue calls them; else those with a driver."""


def synthesised_as_text(count: int, output: str) -> str:
    """How many patients were written, and which population they imitate."""
    sentence = say("synthetic.written", count=count, imitated=population().imitates, page=PAGE)
    return f"{printable(output)}: {sentence}\n"


def document() -> Iterator[Block]:
    """The reference page of the population."""
    imitated = population()
    yield Heading(say("synthetic.title"), 1)
    yield Paragraph(Marked(say("synthetic.generated", file=FILE)))
    yield Paragraph(Marked(say("synthetic.about", imitated=imitated.imitates)))
    yield from _shares(imitated)
    yield from _acquired(imitated)
    yield from _treatments(imitated)
    yield Heading(say("synthetic.sources"))
    yield Bullets(tuple(Marked(f"`{name}`: {text}") for name, text in imitated.sources.items()))


def _source(source: str) -> str:
    return f"*{say('synthetic.made_up')}*" if source == INVENTED else f"`{source}`"


def _shares(imitated: SyntheticPopulation) -> Iterator[Block]:
    yield Heading(say("synthetic.shares"))
    yield _table(("fact", "of", "word", "per_cent", "source"), 3, (
        (
            f"`{name}`",
            _patients(name),
            f"`{word}`",
            f"{share:.4g}",
            f"*{say('synthetic.rest')}*" if shared.share is None else _source(shared.source),
        )
        for name, words in imitated.shares.items()
        for word, share, shared in zip(words, imitated.weights(name), words.values(), strict=True)
    ))  # fmt: skip


def _patients(name: str) -> str:
    """The patients among whom the shares of a table are counted."""
    patients = _PATIENTS.get(name)
    return say(f"synthetic_patients.{patients}") if patients else say("synthetic.carriers", driver=name)


def _acquired(imitated: SyntheticPopulation) -> Iterator[Block]:
    yield Heading(say("synthetic.acquired"))
    yield _table(("variant", "of", "per_cent", "source"), 2, (
        (
            variant.variant,
            say("synthetic.progressed", driver=variant.driver, drugs=listed(variant.after, "or")),
            f"{variant.share:.4g}",
            _source(variant.source),
        )
        for variant in imitated.acquired
    ))  # fmt: skip


def _treatments(imitated: SyntheticPopulation) -> Iterator[Block]:
    yield Heading(say("synthetic.treatments"))
    yield Paragraph(say("synthetic.order"))
    for kind, table in zip(("first_lines", "later_lines", "curative"), imitated.treatments, strict=True):
        yield Heading(say(f"synthetic_treatment.{kind}"), 3)
        yield _table(("of", "drugs", "weight", "maintenance"), 2, (
            (f"`{group}`", " + ".join(treatment.drugs), f"{treatment.weight:.4g}", _maintenance(treatment))
            for group, treatments in table.items()
            for treatment in treatments
        ))  # fmt: skip


def _maintenance(treatment: LineTreatment) -> str:
    return joined((" + ".join(words) for words in treatment.then), "or")


def _table(columns: Sequence[str], number: int, rows: Iterator[tuple[str, ...]]) -> Table:
    """A table under column names of the catalogue, with one column of numbers."""
    cells = tuple(tuple(Marked(cell) for cell in row) for row in rows)
    return Table(tuple(say(f"synthetic_column.{column}") for column in columns), cells, grid=Grid((number,)))
