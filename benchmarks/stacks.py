"""Time the loading of stacks of packs, and the loading, checking and judging of thousands of rules.

Goals: a stack of three packs loads at most 1.5 times as long as the rules without them, and what one rule costs does
not grow with their number. Processor time is measured, in one run, so that other work on the machine does not count;
ratios are what counts.

    python benchmarks/stacks.py [RULES ...]

RULES are numbers of generated rules (1000 and 10000 if left out).
"""

import json
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge import rulebook as rulebooks
from regimen_advisor.knowledge.rulebook import Rulebook, load_rulebook
from regimen_advisor.patient.profile import read_profile
from regimen_advisor.patient.reading import read
from regimen_advisor.reports.files import write_folder
from regimen_advisor.reviewing.checking import check
from regimen_advisor.reviewing.starting import new_pack
from regimen_advisor.reviewing.warnings import warnings_of

ROOT = Path(__file__).parent.parent
RULES = ROOT / "rules"
PACK = ROOT / "examples" / "invented-consensus"
PATIENTS = ("egfr-l858r-after-osimertinib", "driver-negative-tps-50-untreated", "alk-untreated")
IN_A_FILE = 100
FOR_A_REGIMEN = 10
ROUNDS = 5
MOST_FOR_PACKS = 1.5


def cpu(work: Callable[[], Any]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


def loaded(*folders: Path) -> Rulebook:
    """A rulebook that nothing of an earlier round helps to load."""
    rulebooks._loaded.cache_clear()  # noqa: SLF001
    return load_rulebook(folders)


# Packs ---------------------------------------------------------------------------------------------------------------


def stacks(folder: Path) -> float:
    """Time the rules alone and with three packs, in turn; print the best of each and return how they compare."""
    for name in ("one", "two"):
        write_folder(folder / name, new_pack(name, loaded(RULES)))
    packs = [PACK, folder / "one" / "pack", folder / "two" / "pack"]
    alone, stacked = [], []
    for _ in range(ROUNDS):
        alone.append(cpu(lambda: loaded(RULES)))
        stacked.append(cpu(lambda: loaded(RULES, *packs)))
    ratio = min(stacked) / min(alone)
    print(f"load the rules that ship      {min(alone):6.2f} s")
    print(f"load them with three packs    {min(stacked):6.2f} s  {ratio:.2f} times (at most {MOST_FOR_PACKS})\n")
    return ratio


# Thousands of rules --------------------------------------------------------------------------------------------------


def thousands(folder: Path, numbers: list[int]) -> None:
    """Time generated packs of these numbers of rules, and print what a thousand rules cost in each."""
    heads = "  ".join(f"{head:>12}" for head in ("load", "ready", "faults", "warnings", "judge"))
    print(f"{'rules':>7}  {heads}   seconds, in brackets for 1,000 rules")
    for number in numbers:
        made = folder / f"made-{number}"
        write(made, number)
        book: list[Rulebook] = []
        times = [cpu(lambda made=made, book=book: book.append(loaded(RULES, made)))]
        guideline = Guideline.of(book[0])
        times.append(cpu(lambda guideline=guideline: judge(guideline)))  # the first patient makes the engines ready
        times.append(cpu(lambda book=book: check(book[0], warn=False)))
        times.append(cpu(lambda book=book: warnings_of(book[0])))
        times.append(cpu(lambda guideline=guideline: judge(guideline)))
        thousand = len(book[0].rules) / 1000
        cells = [f"{spent:.2f} ({spent / thousand:.2f})" for spent in times]
        print(f"{len(book[0].rules):7}  " + "  ".join(f"{cell:>12}" for cell in cells), flush=True)


def judge(guideline: Guideline) -> None:
    for name in PATIENTS:
        profile, document = read_profile(ROOT / "profiles" / f"{name}.yaml")
        guideline.case(read(profile, guideline.rulebook.domain, document)).judged  # noqa: B018 - it is worked out here


def write(folder: Path, number: int) -> None:
    """Write a pack of that many rules, ten for each of its regimens, the same ones for a number every time."""
    chance = random.Random(number)
    shipped = load_rulebook([RULES])
    (review, *_), drugs = shipped.reviews.values(), list(shipped.formulary.drugs)
    source = {"review": review.key, "section": review.section_numbers[-1]}
    taken = {tuple(sorted(map(str, regimen.drug_names))) for regimen in shipped.regimens.values()}
    pairs = [pair for pair in combinations(sorted(drugs), 2) if pair not in taken]
    chosen = chance.sample(pairs, max(1, number // FOR_A_REGIMEN))
    regimens = [
        {"id": f"made-{index}", "name": f"made {index}", "disease": "nsclc", "drugs": [{"drug": drug} for drug in pair],
         "source": source}
        for index, pair in enumerate(chosen)
    ]  # fmt: skip
    rules = [
        rule(index, index // len(chosen), f"made-{index % len(chosen)}", source, chance) for index in range(number)
    ]
    (folder / "nsclc").mkdir(parents=True)
    (folder / "pack.yaml").write_text("name: made\ntitle: Made to measure\n", "utf-8")
    (folder / "regimens.yaml").write_text(json.dumps(regimens), "utf-8")
    for start in range(0, number, IN_A_FILE):
        setting = {"setting": f"made-{start}", "title": f"Made {start}", "disease": "nsclc"}
        file = setting | {"rules": rules[start : start + IN_A_FILE]}
        (folder / "nsclc" / f"made-{start}.yaml").write_text(json.dumps(file), "utf-8")


def rule(index: int, place: int, regimen: str, source: dict[str, str], chance: random.Random) -> dict[str, Any]:
    """Some four of ten offer, three warn and three exclude; of one regimen no two speak of the same patients."""
    effect = chance.choice(["offer"] * 4 + ["caution"] * 3 + ["exclude"] * 3)
    found: dict[str, Any] = {"id": f"made-{index}", effect: regimen if effect == "offer" else {"regimen": regimen}}
    low = 100 // FOR_A_REGIMEN * place
    found["when"] = {
        "disease": "nsclc",
        "advanced": True,
        "pd_l1_tps": {"at_least": low, "below": low + 100 // FOR_A_REGIMEN},
        **dict(chance.sample(conditions(chance), 2)),
    }
    if effect == "caution":
        found["kind"] = "patient"
    return found | {"source": source, "says": f"Made to measure, number {index}."}


def conditions(chance: random.Random) -> list[tuple[str, Any]]:
    return [
        ("ecog", {"at_most": chance.randint(0, 3)}),
        ("alk", chance.choice(["positive", "negative"])),
        ("brain_metastases", chance.choice([True, False])),
        ("prior_lines", {"at_most": chance.randint(0, 4)}),
    ]


def main(numbers: list[int]) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        ratio = stacks(folder)
        thousands(folder, numbers)
    finally:
        shutil.rmtree(folder)
    if ratio > MOST_FOR_PACKS:
        sys.exit(f"three packs make loading {ratio:.2f} times as long, more than {MOST_FOR_PACKS}")


if __name__ == "__main__":
    main([int(number) for number in sys.argv[1:]] or [1000, 10000])
