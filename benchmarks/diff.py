"""Time the comparison of two loaded rulebooks, next to loading one of them.

Goal: under 1 s of solving on the shipped rulebook, however much of it changed. Processor time is measured, so that
other work on the machine does not count; the best of ROUNDS (3 if left out) is taken.

    python benchmarks/diff.py [ROUNDS]
"""

import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from regimen_advisor.knowledge.rulebook import Rulebook, load_rulebook
from regimen_advisor.reviewing.comparing import compare
from regimen_advisor.solving import implicants

RULES = Path(__file__).parent.parent / "rules"


def without(effect: str, folder: Path) -> None:
    """Take every rule with this effect out of the rulebook in ``folder``."""
    for file in (*folder.glob("nsclc/*.yaml"), *folder.glob("sclc/*.yaml")):
        head, *rules = re.split(r"(?m)^(?= *- id: )", file.read_text(encoding="utf-8"))
        kept = [rule for rule in rules if not re.search(rf"(?m)^ +{effect}:", rule)]
        if kept:
            file.write_text(head + "".join(kept), encoding="utf-8")
        else:
            file.unlink()


def one_threshold(folder: Path) -> None:
    """Ask for a TPS of 2 % wherever 1 % is enough."""
    for file in (*folder.glob("findings.yaml"), *folder.glob("nsclc/*.yaml")):
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace("pd_l1_tps: {at_least: 1}", "pd_l1_tps: {at_least: 2}"), encoding="utf-8")


EDITS: dict[str, Callable[[Path], None]] = {
    "nothing": lambda _folder: None,
    "one threshold": one_threshold,
    "all cautions dropped": lambda folder: without("caution", folder),
    "all exclusions dropped": lambda folder: without("exclude", folder),
}


def main(rounds: int) -> None:
    shipped = load_rulebook(RULES)
    print(f"{'what was changed':24} {'changes of advice':>18} {'loading':>9} {'comparing':>10} {'times':>6}")
    for name, edit in EDITS.items():
        with tempfile.TemporaryDirectory() as folder:
            changed = Path(folder) / "rules"
            shutil.copytree(RULES, changed)
            edit(changed)
            begin = time.process_time()
            new = load_rulebook(changed)
            loading = time.process_time() - begin
            changes, comparing = best(shipped, new, rounds)
            print(f"{name:24} {changes:18} {loading:7.2f} s {comparing:8.2f} s {comparing / loading:6.1f}")


def best(old: Rulebook, new: Rulebook, rounds: int) -> tuple[int, float]:
    """How many changes of advice there are, and the best time to find them."""
    times = []
    for _ in range(rounds):
        implicants._ways_to.cache_clear()  # noqa: SLF001 - a new comparison finds nothing at hand
        begin = time.process_time()
        found = compare(old, new)
        times.append(time.process_time() - begin)
    return len(found.changes), min(times)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
