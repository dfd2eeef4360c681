"""Find out whether durable-rules crashes, hangs or grows over many profiles in one process.

    python benchmarks/forward_chaining_memory.py [PROFILES]

Judges PROFILES (100,000 if left out) random patients with the shipped rules on both engines, checks that they agree,
and prints the memory of the process as it goes. Time is printed for each engine, on the same patients in turn.
"""

import resource
import sys
import time
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from generators import random_facts
from regimen_advisor.engines.forward_chaining import NAME, ForwardChaining
from regimen_advisor.engines.program import RuleProgram
from regimen_advisor.knowledge.effective import effective_conditions
from regimen_advisor.knowledge.rulebook import load_rulebook

DIFFERENT_PATIENTS = 1_000


def resident() -> float:
    """Memory of this process in MB: now, or its peak where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return pages * resource.getpagesize() / 1e6


def main(profiles: int) -> None:
    rulebook = load_rulebook()
    conditions = effective_conditions(rulebook)
    findings = {name: finding.condition for name, finding in rulebook.findings.items()}
    engine = ForwardChaining(conditions, findings, rulebook.domain)
    program = RuleProgram(conditions)
    dice = Random(1)
    patients = [random_facts(dice, rulebook.domain) for _ in range(min(profiles, DIFFERENT_PATIENTS))]
    spent = {NAME: 0.0, "interpreter": 0.0}
    start, differences = None, 0
    for number in range(1, profiles + 1):
        facts = patients[number % len(patients)]
        before = time.perf_counter()
        fired = engine.judge(facts)
        between = time.perf_counter()
        trees = program.judge(facts)
        spent["interpreter"] += time.perf_counter() - between
        judged = {name: tree.truth for name, tree in trees.items()}
        spent[NAME] += between - before
        differences += fired != judged
        if number in (profiles // 10, profiles):
            print(f"{number:>9,} profiles  {resident():8.1f} MB", flush=True)
            start = start or resident()
    print(f"growth after the first tenth: {resident() - (start or 0):+.1f} MB")
    print(f"profiles judged differently: {differences}")
    for name, seconds in spent.items():
        print(f"{name}: {profiles / seconds:,.0f} profiles/s with {len(conditions)} rules")
    print(f"durable-rules takes {spent[NAME] / spent['interpreter']:.1f} times as long as the interpreter")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
