"""Time cohorts. Each measurement is a process of its own; run it on an idle machine.

    python benchmarks/cohort.py all --folder DIR [--patients N ...]

prints a Markdown table of wall time, processor time and peak memory. See docs/performance.md.
"""

# ruff: noqa: PLC0415 - each measurement imports what it measures, in its own process

from __future__ import annotations

import argparse
import gc
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

SAMPLE = 2_000
"""Rows for what is judged one patient at a time."""
WRITING = {"compression": "zstd", "compression_level": 1, "statistics": False}
"""How the verb writes Parquet."""


def table(folder: Path, patients: int) -> Path:
    file = folder / f"patients-{patients}.parquet"
    if not file.exists():
        command = ["--synthesise", str(patients), "--seed", "1", "--output", str(file)]
        subprocess.run([sys.executable, "-c", _CLI, "cohort", *command], check=True)
    return file


_AS_INSTALLED = {
    **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
    "PYDANTIC_DISABLE_PLUGINS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
"""An installed package is there as bytecode, which is not compiled once more by every process; the rest is what
the command line sets."""
_CLI = "from regimen_advisor.cli.app import main; main()"


# What a child process does -------------------------------------------------------------------------------------------


def decode(file: Path, _output: Path, *, history: bool = True) -> None:
    import polars as pl

    rows = pl.scan_parquet(file)
    rows = rows if history else rows.drop("history")
    rows.select(pl.all().count()).collect(engine="streaming")


def decode_without_history(file: Path, output: Path) -> None:
    decode(file, output, history=False)


def columns(file: Path, output: Path, *, history: bool = True, copies: int = 1, questions: bool = True) -> None:
    import polars as pl

    from regimen_advisor.columns.engine import ColumnEngine
    from regimen_advisor.knowledge.rulebook import load_rulebook

    engine = ColumnEngine(enlarged(load_rulebook(), copies))
    rows = pl.scan_parquet(file)
    rows = rows if history else rows.drop("history")
    engine.standings(engine.facts(rows), ("id",), questions=questions).sink_parquet(output, **WRITING)


def columns_without_history(file: Path, output: Path) -> None:
    columns(file, output, history=False)


def writing_alone(file: Path, output: Path) -> None:
    """Writes as many answers as there are patients, from memory: what no engine can spare."""
    import polars as pl

    piece = 100_000
    made = output.with_name("out-columns_without_history.parquet")
    if not made.exists():
        raise SystemExit("writing_alone needs what columns_without_history has written")
    answers = pl.scan_parquet(made).head(piece).collect()
    patients = pl.scan_parquet(file).select(pl.len()).collect().item()
    pl.concat([answers.lazy()] * max(patients // piece, 1)).sink_parquet(output, **WRITING)


def columns_standings_only(file: Path, output: Path) -> None:
    columns(file, output, questions=False)


def columns_4_times_the_rules(file: Path, output: Path) -> None:
    columns(file, output, copies=4)


def columns_16_times_the_rules(file: Path, output: Path) -> None:
    columns(file, output, copies=16)


def command(file: Path, output: Path) -> None:
    """The verb as a person runs it: standings, questions, summary and output; not settled by the solver."""
    sys.argv = ["regimen-advisor", "cohort", str(file), "--output", str(output), "--node-by-node"]
    from regimen_advisor.cli.app import main

    main()


def command_exact(file: Path, output: Path) -> None:
    """The same with every open case settled by the solver, as the verb does by default."""
    sys.argv = ["regimen-advisor", "cohort", str(file), "--output", str(output)]
    from regimen_advisor.cli.app import main

    main()


def enlarged(rulebook, copies: int):
    """The rulebook with each rule ``copies`` times, no two with the same condition, for the same regimens."""
    from regimen_advisor.language.conditions import AllOf, Leaf, Not
    from regimen_advisor.language.values import Between

    if copies == 1:
        return rulebook
    rules = dict(rulebook.rules)
    for copy in range(1, copies):
        for rule in rulebook.rules.values():
            odd = Not(Leaf(Between("pd_l1_tps", 2 * copy, 2 * copy)))
            name = f"{rule.id}-{copy}"
            overrides = tuple(f"{other_override}-{copy}" for other_override in rule.overrides)
            rules[name] = replace(rule, id=name, overrides=overrides, condition=AllOf((rule.condition, odd)))
    return replace(rulebook, rules=rules)


def interpreter(file: Path, _output: Path) -> None:
    """One patient at a time, as ``advise`` does without durable-rules: read, narrowed, judged, standings."""
    from regimen_advisor.knowledge.effective import regimen_rules
    from regimen_advisor.knowledge.rulebook import load_rulebook
    from regimen_advisor.language.interpreter import Interpreter
    from regimen_advisor.language.standings import standing_of

    rulebook = load_rulebook()
    patients = sample(file, rulebook)
    rules = regimen_rules(rulebook)
    start = time.process_time()
    for patient in patients():
        judge = Interpreter(patient.facts).judge
        for rule in rules.values():
            standing_of(judge(rule.offer).truth, judge(rule.exclusion).truth, judge(rule.caution).truth)
    tell_rate(SAMPLE, time.process_time() - start)


def sample(file: Path, rulebook):
    """The first rows of the table as patients, read when they are asked for."""
    import polars as pl

    from regimen_advisor.columns.engine import ColumnEngine
    from regimen_advisor.columns.rows import patient_of

    engine = ColumnEngine(rulebook)
    rows = pl.scan_parquet(file).head(SAMPLE).collect().rows(named=True)
    return lambda: (patient_of(row, engine) for row in rows)


def zen_engine(file: Path, _output: Path) -> None:
    """The conditions as compiled expressions of zen-engine over the truth of each atom; reading is not timed."""
    import zen

    from regimen_advisor.guideline import regimen_rules
    from regimen_advisor.knowledge.rulebook import load_rulebook
    from regimen_advisor.language.values import Truth

    rulebook = load_rulebook()
    rules = regimen_rules(rulebook)
    names: dict = {}
    written = [
        words(condition, wanted, names)
        for rule in rules.values()
        for condition, wanted in ((rule.offer, True), (rule.offer, False), (rule.exclusion, True), (rule.caution, True))
    ]
    expressions = [zen.compile_expression(text) for text in written]
    contexts = []
    for patient in sample(file, rulebook)():
        context = {}
        for (atom, wanted), name in names.items():
            context[name] = atom.judge(patient.facts[atom.fact]) is (Truth.TRUE if wanted else Truth.FALSE)
        contexts.append(context)
    start = time.process_time()
    for context in contexts[:200]:
        for expression in expressions:
            expression.evaluate(context)
    tell_rate(200, time.process_time() - start)


def words(condition, wanted: bool, names: dict) -> str:
    """A condition as an expression over atoms that are surely true, or surely false."""
    from regimen_advisor.language.conditions import AllOf, AnyOf, Leaf, Named, Not

    match condition:
        case Leaf(atom=atom):
            return names.setdefault((atom, wanted), f"a{len(names)}")
        case Named(condition=inner):
            return words(inner, wanted, names)
        case Not(part=part):
            return words(part, not wanted, names)
        case AllOf(parts=parts) | AnyOf(parts=parts):
            every = isinstance(condition, AllOf) == wanted
            if not parts:
                return "true" if every else "false"
            join = " and " if every else " or "
            return "(" + join.join(words(part, wanted, names) for part in parts) + ")"


def narrowed_facts(file: Path, output: Path) -> None:
    """The narrowed facts, which DuckDB is given: it need not read histories or apply axioms.

    They are in the table twice: as the machine words of the columns, and as a nullable boolean for each test of a
    fact, named as ``standings_sql`` names it.
    """
    import polars as pl

    from regimen_advisor.columns.engine import ColumnEngine
    from regimen_advisor.knowledge.rulebook import load_rulebook

    engine = ColumnEngine(load_rulebook())

    def none_left(atom, wanted: bool) -> pl.Expr:
        test = engine.layout.test(atom, wanted)
        return pl.col(f"_w{test.word}") & pl.lit(test.mask, pl.UInt64) == pl.lit(0, pl.UInt64)

    tests = {
        column_name(atom): pl.when(none_left(atom, True)).then(True).when(none_left(atom, False)).then(False)
        for atom in engine.layout.atoms
    }
    engine.facts(pl.scan_parquet(file)).drop("unread").with_columns(**tests).sink_parquet(output)


def column_name(atom) -> str:
    """``received_ici``, ``prior_lines_1_to_20``, ``extent_locally_advanced_or_metastatic``."""
    from regimen_advisor.language.values import Between, Includes, Is

    match atom:
        case Is(values=values):
            found = "_or_".join(sorted(values))
        case Includes(member=member):
            found = member
        case Between(low=low, high=high):
            found = f"{low}" if low == high else f"{low}_to_{high}"
    return f"{atom.fact}_{found}".replace("-", "_")


def columns_over_the_same_facts(file: Path, output: Path) -> None:
    """What ``duckdb_of_the_rules`` does, by columns."""
    import polars as pl

    from regimen_advisor.columns.engine import ColumnEngine
    from regimen_advisor.knowledge.rulebook import load_rulebook

    engine = ColumnEngine(load_rulebook())
    engine.standings(pl.scan_parquet(file), ("id",), questions=False).sink_parquet(output, **WRITING)


def duckdb_of_the_rules(file: Path, output: Path) -> None:
    """The same rules in SQL, written from the rules, over the booleans of ``narrowed_facts``."""
    import duckdb
    from standings_sql import standings_sql

    from regimen_advisor.knowledge.rulebook import load_rulebook

    duckdb.execute(f"CREATE VIEW facts AS SELECT * FROM '{file}'")
    duckdb.execute(standings_sql(load_rulebook(), column_name))
    duckdb.execute(f"COPY standings TO '{output}' (FORMAT parquet)")


def refuse_other_standings(folder: Path) -> None:
    """DuckDB is only worth timing if its SQL says what the columns say; if not, name the regimens that differ."""
    import polars as pl

    from regimen_advisor.language.standings import Standing

    ours = pl.read_parquet(folder / "out-columns_over_the_same_facts.parquet").sort("id")
    theirs = pl.read_parquet(folder / "out-duckdb_of_the_rules.parquet").sort("id")
    words = pl.Enum([standing.value for standing in Standing])
    theirs = theirs.with_columns(pl.exclude("id").cat.to(words))
    regimens = sorted({*ours.columns, *theirs.columns})
    differ = [
        name
        for name in regimens
        if name not in ours.columns or name not in theirs.columns or not ours[name].equals(theirs[name])
    ]
    if differ:
        raise SystemExit(f"the SQL and the columns do not agree on: {', '.join(differ)}")
    print(f"the SQL and the columns agree on {ours.height:,} patients", file=sys.stderr)


def spark_local(file: Path, output: Path) -> None:
    from regimen_advisor.cohorts.request import Request
    from regimen_advisor.cohorts.spark.engine import run_on_spark
    from regimen_advisor.knowledge.rulebook import load_rulebook

    memory = ["spark.driver.memory=2g"]
    folder = Path(f"{output}.folder")
    shutil.rmtree(folder, ignore_errors=True)  # of a smaller table; Spark writes over nothing
    run_on_spark([str(file)], str(folder), Request(load_rulebook(), exact=False), "local[2]", memory)


WORK = {
    function.__name__: function
    for function in (
        decode,
        decode_without_history,
        columns,
        columns_without_history,
        writing_alone,
        columns_standings_only,
        columns_4_times_the_rules,
        columns_16_times_the_rules,
        command,
        command_exact,
        interpreter,
        zen_engine,
        narrowed_facts,
        columns_over_the_same_facts,
        duckdb_of_the_rules,
        spark_local,
    )
}


# Measuring -----------------------------------------------------------------------------------------------------------


def tell_rate(rows: int, seconds: float) -> None:
    print(f"rate {rows / seconds:.0f}", file=sys.stderr)


def measured(name: str, file: Path, output: Path) -> tuple[float, float, float, float | None]:
    """Wall seconds, processor seconds, peak megabytes, and the rate that the child printed, if it printed one."""
    start = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, __file__, "run", name, str(file), str(output)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=_AS_INSTALLED,
    )
    answer = child.stderr.read().decode()
    _, status, used = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"{name}: {answer[-2000:]}")
    rate = next((float(line.split()[1]) for line in answer.splitlines() if line.startswith("rate ")), None)
    return time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / 1000, rate


def plan(patients: list[int], only: list[str] | None) -> Iterator[tuple[str, int]]:
    for number in patients:
        for name in WORK:
            if only is not None:
                if name in only:
                    yield name, number
            elif name in ("interpreter", "zen_engine"):
                if number == patients[0]:
                    yield name, number
            elif number <= 1_000_000 or name not in ("spark_local", "columns_16_times_the_rules"):
                yield name, number


def main() -> None:
    if len(sys.argv) > 1 and sys.argv[1] == "run":
        _, _, name, file, output = sys.argv
        gc.set_threshold(100_000)  # as the command line does
        WORK[name](Path(file), Path(output))
        return
    if len(sys.argv) > 1 and sys.argv[1] == "agree":
        refuse_other_standings(Path(sys.argv[2]))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["all", *WORK], nargs="+")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--patients", type=int, nargs="+", default=[100_000, 1_000_000, 10_000_000])
    chosen = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores", file=sys.stderr)
    print("| measurement | patients | wall s | processor s | peak MB | patients a processor second |")
    print("|---|---|---|---|---|---|")
    for name, patients in plan(chosen.patients, None if "all" in chosen.what else chosen.what):
        file = table(chosen.folder, patients)
        if name in ("duckdb_of_the_rules", "columns_over_the_same_facts"):
            facts = chosen.folder / f"facts-{patients}.parquet"
            if not facts.exists():
                measured("narrowed_facts", file, facts)
            file = facts
        wall, processor, memory, rate = measured(name, file, chosen.folder / f"out-{name}.parquet")
        if name == "duckdb_of_the_rules" and (chosen.folder / "out-columns_over_the_same_facts.parquet").exists():
            # In a process of its own: a child starts with the peak memory of its parent.
            subprocess.run([sys.executable, __file__, "agree", str(chosen.folder)], check=True)
        rate = rate or patients / processor
        print(f"| {name} | {patients:,} | {wall:.2f} | {processor:.2f} | {memory:.0f} | {rate:,.0f} |", flush=True)


if __name__ == "__main__":
    resource.getrusage(resource.RUSAGE_SELF)
    main()
