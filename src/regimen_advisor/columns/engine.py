"""Run the rules as Polars expressions, for tables of patients: lazy, streaming, no Python for a row.

``facts`` turns the cells of a table into bits, ``program`` the conditions into columns of booleans, and
this module puts a standing for each regimen together from them. Of a caution only "surely true" is asked, so it costs
half of an offer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import polars as pl

from regimen_advisor.columns.codes import ReadCell, as_text
from regimen_advisor.columns.facts import Batch, FactReader
from regimen_advisor.columns.layout import Layout
from regimen_advisor.columns.program import Column, ColumnProgram, expression
from regimen_advisor.knowledge.effective import RegimenRules, effective_conditions, regimen_rules
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.conditions import Condition, Leaf, Named, Not, atoms_of, children
from regimen_advisor.language.standings import Standing
from regimen_advisor.patient.vocabulary import OPEN_HISTORY

NAME = "columns"
STANDINGS = pl.Enum([standing.value for standing in Standing])
FAULT, HISTORY = "_fault", "_history"


class ColumnEngine:
    """A rulebook compiled for tables; ``readers`` says how the cells of a column are read where not as in a profile.

    ``also`` are conditions that ``truths`` will be asked about besides those of the regimens.
    """

    def __init__(
        self, rulebook: Rulebook, readers: Mapping[str, ReadCell] | None = None, also: Iterable[Condition] = ()
    ) -> None:
        self.rulebook = rulebook
        self.effective = effective_conditions(rulebook)
        self.regimens = regimen_rules(rulebook, self.effective)
        domain = rulebook.domain
        conditions = [c for rules in self.regimens.values() for c in (rules.offer, rules.exclusion, rules.caution)]
        conditions += also
        self.layout = Layout(domain, frozenset().union(*(atoms_of(condition) for condition in conditions)))
        self.reader = FactReader(domain, self.layout, readers)
        self.keys = tuple(dict.fromkeys([*self.reader.tables, "history"]))
        self._texts = _Texts(tuple(dict.fromkeys(fact.key for fact in domain.facts.values())))

    # Facts -----------------------------------------------------------------------------------------------------

    def facts(self, table: pl.LazyFrame, look: Callable[[pl.DataFrame, Batch], None] | None = None) -> pl.LazyFrame:
        """``table`` with the keys of a profile replaced by machine words, ``_fault``, ``_history`` and ``unread``.

        ``look`` is shown each batch as it is read, with its patients; batches come in no fixed order.
        """
        schema = table.collect_schema()
        keys = [key for key in self.keys if key in schema]
        kept = {name: dtype for name, dtype in schema.items() if name not in keys}
        words = {f"_w{index}": pl.UInt64() for index in range(self.layout.size)}
        added = {**words, FAULT: pl.Int64(), HISTORY: pl.Boolean(), "unread": pl.String()}

        def read(frame: pl.DataFrame) -> pl.DataFrame:
            batch = self.reader.batch(frame)
            if look is not None:
                look(frame, batch)
            columns = [pl.Series(f"_w{index}", word) for index, word in enumerate(batch.words)]
            columns += [pl.Series(FAULT, batch.fault), pl.Series(HISTORY, batch.has_history), _unread(frame, batch)]
            return pl.DataFrame([*(frame[name] for name in kept), *columns])

        return table.map_batches(read, schema={**kept, **added}, streamable=True, predicate_pushdown=False,
                                 projection_pushdown=False, slice_pushdown=False)  # fmt: skip

    # Truths and standings ----------------------------------------------------------------------------------------

    def truths(self, facts: pl.LazyFrame, conditions: Mapping[str, Condition]) -> pl.LazyFrame:
        """For each name the truth of its condition: true, false, or null for unknown."""
        program = ColumnProgram(self.layout)
        columns = {}
        for name, condition in conditions.items():
            true, false = program.truth(condition, True), program.truth(condition, False)
            columns[name] = pl.when(expression(true)).then(True).when(expression(false)).then(False)
        return program.run(facts).select(**columns)

    def standings(
        self, facts: pl.LazyFrame, keep: Sequence[str | pl.Expr] = (), *, questions: bool = True
    ) -> pl.LazyFrame:
        """``keep``, then a standing for each regimen (null where the row has a fault), then the open questions.

        The standings are those of the node-by-node table of ``standings.standing_of``.
        """
        program = ColumnProgram(self.layout)
        columns = {name: self._standing(program, rules) for name, rules in self.regimens.items()}
        asked = self._questions(program) if questions else None
        table = program.run(facts)
        sound = pl.col(FAULT) == 0
        made = [pl.when(sound).then(column).alias(name) for name, column in columns.items()]
        if asked is not None:
            made.append(self._texts.read(pl.when(sound).then(asked).otherwise(0)).alias("questions"))
        return table.select(*keep, *made)

    def _standing(self, program: ColumnProgram, rules: RegimenRules) -> pl.Expr:
        def code(standing: Standing) -> pl.Expr:
            return pl.lit(standing.value, STANDINGS)

        offer, no_offer = (expression(program.truth(rules.offer, wanted)) for wanted in (True, False))
        excluded, clear = (expression(program.truth(rules.exclusion, wanted)) for wanted in (True, False))
        caution = expression(program.truth(rules.caution, True))
        offered = pl.when(caution).then(code(Standing.OFFERED_WITH_CAUTION)).otherwise(code(Standing.OFFERED))
        return (
            pl.when(no_offer)
            .then(code(Standing.NOT_INDICATED))
            .when(excluded)
            .then(code(Standing.EXCLUDED))
            .when(offer & clear)
            .then(offered)
            .otherwise(code(Standing.UNDETERMINED))
        )

    def _questions(self, program: ColumnProgram) -> pl.Expr:
        """A bit for each profile key on which an undetermined regimen waits; the last bit says "history given"."""
        waits: dict[str, list[Column]] = {}
        for columns in self.waiting(program).values():
            for key, column in columns.items():
                waits.setdefault(key, []).append(column)
        total = pl.col(HISTORY).cast(pl.UInt32) * (1 << len(self._texts.keys))
        for index, key in enumerate(self._texts.keys):
            total = total + expression(program.any_of(waits.get(key, ()))).cast(pl.UInt32) * (1 << index)
        return total

    def waiting(self, program: ColumnProgram) -> dict[str, dict[str, Column]]:
        """For each regimen and profile key whether the regimen is undetermined, node by node, and waits for the key."""
        waits: dict[str, dict[str, Column]] = {}
        for name, rules in self.regimens.items():
            settled = (
                program.truth(rules.offer, False),
                program.truth(rules.exclusion, True),
                program.all_of((program.truth(rules.offer, True), program.truth(rules.exclusion, False))),
            )
            open_ = program.negated(program.any_of(settled))
            live: dict[str, list[Column]] = {}
            for condition in (rules.offer, rules.exclusion):
                for key, column in self._live(program, condition).items():
                    live.setdefault(key, []).append(column)
            waits[name] = {key: program.all_of((open_, program.any_of(columns))) for key, columns in live.items()}
        return waits

    def _live(self, program: ColumnProgram, condition: Condition) -> dict[str, Column]:
        """For each profile key whether an unknown atom of it keeps ``condition`` unknown."""
        if isinstance(condition, Leaf):
            key = self.rulebook.domain.facts[condition.atom.fact].key
            return {key: program.unknown(condition)}
        if isinstance(condition, Named | Not):
            return self._live(program, children(condition)[0])
        inner: dict[str, list[Column]] = {}
        for part in children(condition):
            for key, column in self._live(program, part).items():
                inner.setdefault(key, []).append(column)
        whole = program.unknown(condition)
        return {key: program.all_of((whole, program.any_of(columns))) for key, columns in inner.items()}


def _unread(frame: pl.DataFrame, batch: Batch) -> pl.Series:
    """For each row its cells that could not be read, as ``column: cell`` in lines; null where all could be."""
    if not batch.unread:
        return pl.repeat(None, frame.height, dtype=pl.String, eager=True).alias("unread")
    columns = []
    for key, rows in batch.unread.items():
        if key == "history" and batch.strange is not None:
            columns.append(batch.strange.alias(key))
            continue
        cell = as_text(frame[key]).str.replace_all(r"[\r\n]+", " ")  # each on a line of its own
        columns.append(
            pl.select(pl.when(pl.Series(rows)).then(pl.lit(f"{key}: ") + pl.lit(cell))).to_series().alias(key)
        )
    joined = pl.DataFrame(columns).select(pl.concat_str(pl.all(), separator="\n", ignore_nulls=True).alias("unread"))
    return joined.select(pl.when(pl.col("unread") != "").then("unread")).to_series().alias("unread")


class _Texts:
    """The open questions of a row in words; each distinct set of them is written once."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        self.keys = keys
        self._place = np.full(1 << len(keys) + 1, -1, np.int64)
        self._texts: list[str | None] = []
        self._lock = threading.Lock()

    def read(self, masks: pl.Expr) -> pl.Expr:
        return masks.map_batches(self._words, return_dtype=pl.String, is_elementwise=True)

    def _words(self, masks: pl.Series) -> pl.Series:
        asked = masks.cast(pl.Int64).to_numpy()
        absent = asked[self._place[asked] < 0]
        for mask in np.unique(absent).tolist() if len(absent) else ():
            with self._lock:
                self._texts.append(self._text(mask))
                self._place[mask] = len(self._texts) - 1
        places = self._place[asked]  # before the texts: another thread may add a text and its place in between
        return pl.Series(masks.name, list(self._texts), pl.String).gather(pl.Series(places))

    def _text(self, mask: int) -> str | None:
        has_history = mask >> len(self.keys) & 1
        found = [key for index, key in enumerate(self.keys) if mask >> index & 1]
        if has_history:  # what a given history leaves open is asked of the history
            found = list(dict.fromkeys("history" if key in OPEN_HISTORY else key for key in found))
        return "; ".join(found) or None
