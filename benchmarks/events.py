"""Time the reading of linked tables as decisions, as a ratio to reading the same files and no more.

    python benchmarks/events.py --folder DIR [--patients N]

writes N invented patients with three treatments and two tests each (Parquet), and prints for each step the processor
time, its ratio to the first, the wall time and the peak memory of a process of its own. The steps: decode the files;
make the profile of each decision; judge them.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path

MAPPING = """\
title: invented
id: patient
dates: days
row: {each: treatments}
tables:
  treatments: {file: treatments-N.parquet, key: patient, date: start}
  tests: {file: tests-N.parquet, key: patient, date: day}
  changes: {file: changes-N.parquet, of: tests, key: sample}
history:
  from: treatments
  complete: true
  drugs: {column: treatments.drugs}
  outcome: {column: treatments.event, values: {"1": progressed, "0": unknown}, when: {day: [treatments.start, treatments.days], not_after: next}}
keys:
  disease: {constant: nsclc}
  histology: {column: histology}
  stage: {constant: IV}
  pd_l1_tps: {column: tests.tps, take: last before}
  egfr: {column: changes.change, take: all before, otherwise: {constant: wild-type, when: {has_row: tests}}}
  brain_metastases: {constant: true, when: {day: brain_day, before: decision}}
"""  # noqa: E501 - a mapping
DRUGS = ("osimertinib", "carboplatin, pemetrexed", "docetaxel", "pembrolizumab", "carboplatin, paclitaxel")


def write(folder: Path, patients: int) -> None:
    import numpy as np  # noqa: PLC0415
    import polars as pl  # noqa: PLC0415

    random = np.random.default_rng(1)
    names = np.arange(patients)
    brain = pl.Series("brain_day", random.integers(0, 2000, patients)).cast(pl.String)
    histology = pl.Series(random.choice(["adenocarcinoma", "squamous"], patients))
    first = pl.DataFrame({"patient": names, "histology": histology}).with_columns(brain)
    first.write_parquet(folder / f"patients-{patients}.parquet")
    again = np.repeat(names, 3)
    starts = np.cumsum(random.integers(30, 300, (patients, 3)), axis=1).ravel()
    pl.DataFrame({
        "patient": again, "start": starts, "drugs": random.choice(DRUGS, 3 * patients),
        "event": random.integers(0, 2, 3 * patients), "days": random.integers(1, 400, 3 * patients),
    }).sample(fraction=1, shuffle=True, seed=1).write_parquet(folder / f"treatments-{patients}.parquet")  # fmt: skip
    tests = np.arange(2 * patients)
    pl.DataFrame({
        "patient": np.repeat(names, 2), "sample": tests, "day": random.integers(0, 900, 2 * patients),
        "tps": random.integers(0, 101, 2 * patients),
    }).write_parquet(folder / f"tests-{patients}.parquet")  # fmt: skip
    found = random.choice(tests, patients // 3, replace=False)
    changes = random.choice(["p.L858R", "p.E746_A750del", "p.T790M", "p.L747P"], len(found))
    pl.DataFrame({"sample": found, "change": changes}).write_parquet(folder / f"changes-{patients}.parquet")
    (folder / f"mapping-{patients}.yaml").write_text(MAPPING.replace("-N.", f"-{patients}."), "utf-8")


def decode(folder: Path, patients: int) -> None:
    import polars as pl  # noqa: PLC0415

    for name in ("patients", "treatments", "tests", "changes"):
        rows = pl.scan_parquet(folder / f"{name}-{patients}.parquet").select(pl.all().cast(pl.String))
        rows.select(pl.all().n_unique()).collect(engine="streaming")


def profiles(folder: Path, patients: int) -> None:
    from regimen_advisor.cohorts.cohort import open_table  # noqa: PLC0415
    from regimen_advisor.cohorts.mapping import load_mapping  # noqa: PLC0415
    from regimen_advisor.knowledge.rulebook import load_rulebook  # noqa: PLC0415

    mapping = load_mapping(folder / f"mapping-{patients}.yaml", load_rulebook().domain)
    table = open_table([str(folder / f"patients-{patients}.parquet")], mapping)
    table.rows.sink_parquet(folder / "profiles.parquet", compression="zstd", compression_level=1)


def judge(folder: Path, patients: int) -> None:
    from regimen_advisor.cohorts.cohort import judged, open_table  # noqa: PLC0415
    from regimen_advisor.cohorts.mapping import load_mapping  # noqa: PLC0415
    from regimen_advisor.knowledge.rulebook import load_rulebook  # noqa: PLC0415

    rulebook = load_rulebook()
    mapping = load_mapping(folder / f"mapping-{patients}.yaml", rulebook.domain)
    table = open_table([str(folder / f"patients-{patients}.parquet")], mapping)
    with judged(table, rulebook, output=str(folder / "standings.parquet")) as result:
        result.write(str(folder / "standings.parquet"))


STEPS = {"write": write, "decode": decode, "profiles": profiles, "judge": judge}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", nargs="?", choices=STEPS)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--patients", type=int, default=1_000_000)
    asked = parser.parse_args()
    if asked.step:
        begun = time.perf_counter()
        STEPS[asked.step](asked.folder, asked.patients)
        used = resource.getrusage(resource.RUSAGE_SELF)
        print(f"{used.ru_utime + used.ru_stime:.1f} {time.perf_counter() - begun:.1f} {used.ru_maxrss / 1024**2:.2f}")
        return
    times = {}
    print(f"| {asked.patients:,} patients | CPU s | ratio | wall s | GiB |\n|---|---|---|---|---|")
    for step in STEPS:
        command = [sys.executable, __file__, step, "--folder", str(asked.folder), "--patients", str(asked.patients)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        seconds, wall, peak = done.stdout.split()
        times[step] = float(seconds)
        if step != "write":
            print(f"| {step} | {seconds} | {times[step] / times['decode']:.1f} | {wall} | {peak} |", flush=True)


if __name__ == "__main__":
    main()
