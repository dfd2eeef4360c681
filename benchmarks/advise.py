"""Time advice: a whole process, a warm call, and the judging alone, next to zen-engine on the same rules.

    python benchmarks/advise.py [ROUNDS]

Whatever is compared runs in turn on the same patients in the same process, and the best of ROUNDS (5 if left out) is
taken, so that a busy machine hurts all alike. Whole processes are timed by the clock on the wall, all else by processor
time. What every engine says is checked before anything is timed.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from generators import random_patient
from regimen_advisor.advising import advise
from regimen_advisor.engines import forward_chaining
from regimen_advisor.engines.program import RuleProgram
from regimen_advisor.knowledge.effective import effective_conditions
from regimen_advisor.knowledge.rulebook import Rulebook, load_rulebook
from regimen_advisor.language.conditions import AllOf, AnyOf, Condition, Leaf, Named, Not, atoms_of
from regimen_advisor.language.values import Atom, Between, Choice, Facts, Includes, Is, Members, Number, Truth
from regimen_advisor.patient.profile import read_profile
from regimen_advisor.patient.reading import Patient, read

try:
    import zen
except ImportError:  # the extra `benchmark` brings it
    zen = None

ROOT = Path(__file__).parent.parent
PROFILE = ROOT / "profiles" / "egfr-l858r-after-osimertinib.yaml"
COLD = {
    "bare Python with pydantic, PyYAML and Typer": ["-c", "import pydantic, yaml, typer"],
    "advise, one profile": ["-c", "from regimen_advisor.cli.app import main; main()", "advise", str(PROFILE)],
}
RANDOM_PATIENTS = 100


def main(rounds: int) -> None:
    rulebook = load_rulebook()
    shipped = [shipped_patient(path, rulebook) for path in sorted((ROOT / "profiles").glob("*.yaml"))]
    dice = Random(1)
    patients = shipped + [random_patient(dice, rulebook.domain) for _ in range(RANDOM_PATIENTS)]
    print(
        f"{len(rulebook.rules)} rules; {len(shipped)} example and {RANDOM_PATIENTS} random patients; best of {rounds}"
    )
    cold(rounds)
    warm(rulebook, shipped, rounds)
    judging(rulebook, [patient.facts for patient in patients], rounds)


def shipped_patient(path: Path, rulebook: Rulebook) -> Patient:
    profile, document = read_profile(path)
    return read(profile, rulebook.domain, document)


def cold(rounds: int) -> None:
    """Whole processes, start to end, with the modules compiled to byte code as an installed package has them."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as compiled:
        environment["PYTHONPYCACHEPREFIX"] = compiled

        def process(arguments: list[str]) -> Callable[[], object]:
            command = [sys.executable, *arguments]
            return lambda: subprocess.run(command, stdout=subprocess.DEVNULL, check=True, env=environment)

        tasks = {name: process(arguments) for name, arguments in COLD.items()}
        for task in tasks.values():
            task()
        best = in_turn(tasks, rounds, time.perf_counter)
    bare, whole = best.values()
    print("\ncold, whole process")
    for name, seconds in best.items():
        print(f"  {seconds:8.3f} s  {name}")
    print(f"  {whole / bare:8.1f}    times the bare start (goal: at most 4, and 0.6 s)")


def warm(rulebook: Rulebook, patients: Sequence[Patient], rounds: int) -> None:
    """``advise`` in a running process, both engines and the solver."""

    def all_patients(ask: bool) -> Callable[[], object]:
        return lambda: [advise(patient, rulebook, ask=ask) for patient in patients]

    all_patients(ask=True)()  # what is compiled once is compiled
    best = in_turn({"without questions": all_patients(ask=False), "with questions": all_patients(ask=True)}, rounds)
    print("\nwarm, advise() with both engines and the solver on the example profiles (goal: at least 150 profiles/s)")
    for name, seconds in best.items():
        print(f"  {len(patients) / seconds:8.0f} profiles/s  {name}")


def judging(rulebook: Rulebook, patients: Sequence[Facts], rounds: int) -> None:
    """Every rule judged, and nothing else."""
    conditions = effective_conditions(rulebook)
    program = RuleProgram(conditions)
    engines: dict[str, Callable[[Facts], Mapping[str, Truth]]] = {
        "interpreter with its tree": lambda facts: {name: tree.truth for name, tree in program.judge(facts).items()},
        "interpreter, truth only": program.truths,
    }
    if forward_chaining.available():
        findings = {name: finding.condition for name, finding in rulebook.findings.items()}
        engines[forward_chaining.NAME] = forward_chaining.ForwardChaining(conditions, findings, rulebook.domain).judge
    if zen is None:
        print("\nzen-engine is not installed: pip install '.[benchmark]'")
    else:
        engines["zen-engine"] = Zen(conditions, rulebook).judge
    check(engines, patients)
    best = in_turn({name: over(judge, patients) for name, judge in engines.items()}, rounds)
    base = best["interpreter with its tree"]
    print("\njudging alone, all rules (goals: tree 3,000, truth 10,000 profiles/s; durable-rules at most 20 times)")
    for name, seconds in best.items():
        print(f"  {len(patients) / seconds:8.0f} profiles/s  {seconds / base:5.2f} times  {name}")


def over(judge: Callable[[Facts], object], patients: Sequence[Facts]) -> Callable[[], object]:
    return lambda: [judge(facts) for facts in patients]


def check(engines: Mapping[str, Callable[[Facts], Mapping[str, Truth]]], patients: Sequence[Facts]) -> None:
    for facts in patients:
        first, *others = [dict(judge(facts)) for judge in engines.values()]
        for name, engine in zip(list(engines)[1:], others, strict=True):
            wrong = [rule for rule in first if engine[rule] is not first[rule]]
            if wrong:
                sys.exit(f"{name} differs from the interpreter on {', '.join(wrong[:5])}")


def in_turn(
    tasks: Mapping[str, Callable[[], object]], rounds: int, clock: Callable[[], float] = time.process_time
) -> dict[str, float]:
    """The best time of each task; each round runs every task once."""
    best = dict.fromkeys(tasks, float("inf"))
    for _ in range(rounds):
        for name, task in tasks.items():
            begin = clock()
            task()
            best[name] = min(best[name], clock() - begin)
    return best


class Zen:
    """The same rules as expressions of zen-engine: two for each rule, one that it holds and one that it fails."""

    def __init__(self, conditions: Mapping[str, Condition], rulebook: Rulebook) -> None:
        self.domain = rulebook.domain
        self.atoms = frozenset[Atom]().union(*(atoms_of(condition) for condition in conditions.values()))
        self.rules = [
            (name, *(zen.compile_expression(self.text(condition, wanted)) for wanted in (True, False)))
            for name, condition in conditions.items()
        ]

    def judge(self, facts: Facts) -> dict[str, Truth]:
        message = self.message(facts)
        return {
            name: Truth.TRUE if holds.evaluate(message) else Truth.FALSE if fails.evaluate(message) else Truth.UNKNOWN
            for name, holds, fails in self.rules
        }

    def message(self, facts: Facts) -> dict[str, bool | int]:
        """What is known, as plain fields: facts only, never the truth of an atom."""
        fields: dict[str, bool | int] = {}
        for atom in self.atoms:
            name = field(atom.fact)
            match facts[atom.fact]:
                case Choice(possible=possible):
                    for word in self.domain.facts[atom.fact].domain:
                        fields[f"{name}_can_{field(word)}"] = word in possible
                case Number(low=low, high=high, absent=absent):
                    fields |= {
                        f"{name}_lo": low,
                        f"{name}_hi": high,
                        f"{name}_absent": absent,
                        f"{name}_none": low > high,
                    }
                case Members(must=must, may=may):
                    assert isinstance(atom, Includes)
                    fields[f"{name}_must_{field(atom.member)}"] = atom.member in must
                    fields[f"{name}_may_{field(atom.member)}"] = atom.member in may
        return fields

    def text(self, condition: Condition, wanted: bool) -> str:
        match condition:
            case Leaf(atom=atom):
                return self.literal(atom, wanted)
            case Named(condition=inner):
                return self.text(inner, wanted)
            case Not(part=inner):
                return self.text(inner, not wanted)
            case AllOf(parts=parts) | AnyOf(parts=parts):
                every = isinstance(condition, AllOf) == wanted
                words = (" and " if every else " or ").join(f"({self.text(part, wanted)})" for part in parts)
                return words or ("true" if every else "false")

    def literal(self, atom: Atom, wanted: bool) -> str:
        name = field(atom.fact)
        match atom:
            case Is(values=values):
                against = [word for word in self.domain.facts[atom.fact].domain if (word in values) != wanted]
                return " and ".join(f"not {name}_can_{field(word)}" for word in against) or "true"
            case Between(low=low, high=high):
                if wanted:
                    return f"not {name}_none and not {name}_absent and {name}_lo >= {low} and {name}_hi <= {high}"
                return f"{name}_none or {name}_hi < {low} or {name}_lo > {high}"
            case Includes(member=member):
                return f"{name}_must_{field(member)}" if wanted else f"not {name}_may_{field(member)}"


def field(word: str) -> str:
    """A word as a name that an expression may use."""
    return word.replace("-", "_")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
