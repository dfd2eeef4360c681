"""Try hostile inputs of every kind from one seed: no traceback, no exit code but 0, 1 and 2, nothing that hangs.

    python benchmarks/fuzz.py [INPUTS] [SEED] [KIND:NUMBER]

INPUTS (25,000 if left out) are shared out among profiles, rules, mappings, tables, cases, answers to a quiz, bodies
posted to the server and command lines; one in 250 runs as a process of its own, with names that are no UTF-8 among its
arguments. Each input depends on the seed, its kind and its number alone, so that KIND:NUMBER runs one again, and says
what it was. An input hangs that takes more than five seconds of processor time, or a minute by the clock.
"""

import contextlib
import gc
import io
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any, NoReturn

import yaml

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from generators import random_profile
from regimen_advisor.cli.app import main as command
from regimen_advisor.knowledge.rulebook import load_rulebook
from regimen_advisor.page.serving import answered

ROOT = Path(__file__).parent.parent
SECONDS, BY_THE_CLOCK = 5, 60
CODES = (0, 1, 2)
COLLECTED = 50
"""After so many inputs what they left in circles is freed: what was frozen and let go counts for no collection."""
SMALL_RULE = """\
setting: sound
title: A sound file
disease: {disease}
rules:
  - id: sound-{disease}
    offer: {regimen}
    when: {{all: [{{disease: {disease}}}, {{not: {{ecog: {{at_least: 3}}}}}}]}}
    studies: [harmoni-a]
    source: {{review: bispecific, section: "3.2"}}
    says: A sentence.
"""
SMALL_CASE = """\
- id: a-case
  profile: {disease: nsclc, ecog: 1, histology: squamous, stage: IV}
  expect: {ivonescimab: offered}
"""
PIECES = (
    *"[]{}:,-?#\n\t \"'|>%&*!@`\\\0\x1b\x7f\u00a0\u2028\ufeff", "\n- ", ": ", "~", "unknown", "none", "[]", "{}",
    "NO", "1e999", "-1", "0x10",
    "2020-02-30", ".nan", "*a", "&a ", "!x ", "<<: ", "---\n", "...", "'", '"', "\\ud800", "disease", "history",
    "drugs", "when", "offer",
    "exclude", "all", "any", "not", "at_least", "source", "studies", "expect", "EGFR", "L858R", "osimertinib",
    "platinum", "1" * 400, "[" * 60,
    "a" * 300, "\r", "\r\n", "\u202e", "é", "中", "😀", "null", "true", "1.5", "100", "%s", "{0}", "$(x)", "../..",
    "/", ";", '""',
)  # fmt: skip
WORDS = (
    "advise", "explain", "map", "quiz", "lesson", "page", "list", "show", "cite", "check", "test", "coverage",
    "mutate", "diff", "schema",
    "sources", "init-pack", "cohort", "help", "study", "regimen", "drug", "rule", "finding", "studies", "rules",
    "profile", "case", "answers",
    "--format", "-f", "json", "text", "html", "markdown", "--output", "-o", "out.txt", "out.csv", "out.html", "-",
    "--rules", "rules",
    "--as-of", "2024", "2024-13", "--all", "--details", "--brief", "--help", "--seed", "--count", "-n", "3", "-1",
    "0", "1e9", "--level",
    "--setting", "sound", "nsclc/sound", "--kind", "--answers", "--grade", "--export", "gift", "csv", "--check",
    "--show", "--strict",
    "--mapping", "--compare", "--given", "--id-column", "--profiles", "--synthesise", "--exit-code", "--update",
    "p.yaml", "t.csv", "m.yaml",
    "cases.yaml", "nowhere", "", ".", "..", "/", "/dev/null", "*", "[", "--", "ivonescimab", "harmoni-a",
    "sound-nsclc", "osimertinib", "-x",
    "--version", "shipped", "shipped+rules", "harmoni", "é", "\u202e", "a" * 300, "p.yaml:1", "github", "sarif",
    "junit", "bibtex", "ris",
)  # fmt: skip


@dataclass
class Input:
    """What one run is given: the arguments of a command, or a body; ``typed`` is standard input."""

    arguments: list[str] = field(default_factory=list)
    typed: bytes = b""
    body: bytes | None = None


class HangError(BaseException):
    """It takes too long."""


def damaged(random: Random, text: str) -> bytes:
    """A text with a few pieces of it replaced, or some bytes of it."""
    for _ in range(random.randint(0, 4)):
        start = random.randint(0, len(text))
        text = text[:start] + random.choice(PIECES) + text[start + random.choice((0, 0, 1, 5, 30)) :]
    found = text.encode()
    if random.random() < 0.1:
        start = random.randint(0, len(found))
        found = found[:start] + random.randbytes(random.randint(1, 4)) + found[start:]
    return found[: random.randint(0, len(found))] if random.random() < 0.05 else found


def as_yaml(value: Any) -> str:
    return yaml.safe_dump(value, allow_unicode=True, sort_keys=False)


# The kinds ---------------------------------------------------------------------------------------------------------


def profile(random: Random, here: Path) -> Input:
    text = random.choice(EXAMPLES) if random.random() < 0.5 else as_yaml(random_profile(random))
    file = here / "p.yaml"
    file.write_bytes(damaged(random, text))
    more = random.choice(
        [["advise"], ["advise", "-f", "json"], ["advise", "-f", "html"], ["advise", "--details"], ["explain"],
         ["explain", "--all"], ["cite", "--for"], ["lesson"], ["advise", "--as-of", "2024"]]
    )  # fmt: skip
    if random.random() < 0.1:
        return Input([more[0], "-"], typed=file.read_bytes())
    return Input([*more, "p.yaml"])


def rule(random: Random, here: Path) -> Input:
    file = here / "broken" / random.choice(RULE_FILES)
    whole = file.read_bytes()
    RESTORED.append((file, whole))
    file.write_bytes(damaged(random, whole.decode()))
    verb = random.choice([["check"], ["list", "rules"], ["diff", "rules"], ["coverage"], ["advise", "sound.yaml"]])
    return Input([*verb, "broken"] if verb[0] == "diff" else [*verb, "--rules", "broken"])


def mapping(random: Random, here: Path) -> Input:
    from test_fuzzed_tables import simple, some_mapping  # noqa: PLC0415 - needs the extra `cohort`

    which = random.random()
    text = random.choice(MAPPINGS) if which < 0.3 else as_yaml((simple if which < 0.7 else some_mapping)(random))
    (here / "m.yaml").write_bytes(damaged(random, text))
    for name in ("patients", "lines", "tests"):
        _cells(random, here / f"{name}.csv", ("who", "day", "a", "b"))
    more = random.choice([[], ["--check"], ["--node-by-node"], ["--show", "x"], ["-o", "out.csv"]])
    return Input(["cohort", "patients.csv", "--mapping", "m.yaml", *more])


def table(random: Random, here: Path) -> Input:
    ending = random.choice(["csv", "csv", "tsv", "jsonl", "parquet", "txt"])
    file = here / f"t.{ending}"
    if ending == "jsonl":
        rows = [random_profile(random) for _ in range(random.randint(0, 5))]
        file.write_bytes(damaged(random, "".join(json.dumps(row) + "\n" for row in rows)))
    else:
        keys = ("id", *random.sample(KEYS, 4))
        _cells(random, file, keys, "," if ending == "csv" else "\t")
        file.write_bytes(damaged(random, file.read_text("utf-8")))
    more = random.choice(
        [[], [], ["--check"], ["--node-by-node"], ["--show", "row-1"], ["-o", "out.csv"], ["-o", "out.parquet"],
         ["--profiles", "out.jsonl"], ["--given", "stage"], ["--strict"], ["--suggest-mapping"], ["-f", "json"]]
    )  # fmt: skip
    return Input(["cohort", file.name, *more])


def case(random: Random, here: Path) -> Input:
    (here / "c.yaml").write_bytes(damaged(random, random.choice([SMALL_CASE, *CASES])))
    more = random.choice([["test"], ["test"], ["test", "-f", "json"], ["coverage"], ["test", "--update"]])
    return Input([*more, "c.yaml"])


def answers(random: Random, here: Path) -> Input:
    (here / "a.yaml").write_bytes(damaged(random, BLANK_ANSWERS))
    if random.random() < 0.2:
        (here / "class").mkdir(exist_ok=True)
        shutil.copy(here / "a.yaml", here / "class" / "one.yaml")
        return Input([*QUIZ, "--grade", "class"])
    return Input([*QUIZ, "--answers", "a.yaml"])


def body(random: Random, _here: Path) -> Input:
    made = random_profile(random)
    if random.random() < 0.2:
        made[random.choice(KEYS)] = random.choice([None, {}, [], [[]], 1e308, "x", {"found": None}, [{"line": None}]])
    return Input(body=damaged(random, json.dumps(made)))


def line(random: Random, here: Path) -> Input:
    (here / "p.yaml").write_text(random.choice(EXAMPLES), "utf-8")
    words = random.choices(WORDS, k=random.randint(0, 6))
    verb = random.choice(WORDS[:19])
    return Input([verb, *words] if random.random() < 0.9 else words)


KINDS: dict[str, tuple[int, Callable[[Random, Path], Input]]] = {
    "profile": (5, profile), "rule": (3, rule), "mapping": (3, mapping), "table": (4, table), "case": (3, case),
    "answers": (2, answers), "body": (3, body), "line": (2, line),
}  # fmt: skip
KEYS = (
    "disease", "histology", "stage", "extent", "ecog", "egfr", "alk", "pd_l1_tps", "other_drivers",
    "brain_metastases", "comorbidities",
    "prior_lines", "last_outcome", "history",
)  # fmt: skip
CELLS = (
    "nsclc", "sclc", "squamous", "IV", "", " ", "unknown", "none", "1", "50", "-1", "1e9", "[]",
    '["L858R"]', "positive", "{", "a,b", '"', "\n",
    '[{"line": 1, "drugs": ["osimertinib"]}]', "[" * 70, "=1+1", "\x1b", "é", "docetaxel; pemetrexed",
    "2020-01-31", "x" * 200,
)  # fmt: skip
RULE_FILES = ("nsclc/sound.yaml", "nsclc/sound.yaml", "sclc/sound.yaml", "findings.yaml", "studies/harmoni-a.yaml",
              "regimens.yaml", "reviews.yaml", "drugs.yaml", "approvals.yaml")  # fmt: skip
EXAMPLES = [file.read_text("utf-8") for file in sorted((ROOT / "profiles").glob("*.yaml"))]
MAPPINGS = [file.read_text("utf-8") for file in sorted((ROOT / "profiles" / "mappings").glob("*.yaml"))]
CASES = [file.read_text("utf-8")[:1_500] for file in sorted((ROOT / "tests" / "cases").rglob("*.yaml"))[:8]]
BLANK_ANSWERS = ""
QUIZ = ["quiz", "--seed", "1", "-n", "2", "--rules", "shipped"]
"""Of two rules hardly a quiz can be made."""
ENDS: Counter[str] = Counter()
RESTORED: list[tuple[Path, bytes]] = []


def _cells(random: Random, file: Path, header: Sequence[str], separator: str = ",") -> None:
    def written(cell: str) -> str:
        return '"' + cell.replace('"', '""') + '"' if set(cell) & {separator, '"', "\n"} else cell

    rows = [header, *([random.choice(CELLS) for _ in header] for _ in range(random.randint(0, 6)))]
    file.write_text("\n".join(separator.join(map(written, row)) for row in rows) + "\n", "utf-8")


# Running -----------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def prepared() -> Iterator[Path]:
    """A folder with small rules, which load fast, and cases; everything runs in it."""
    global BLANK_ANSWERS  # noqa: PLW0603 - made once, from the small rules
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as name:
        here = Path(name)
        _write_small_rules(here / "rules")
        shutil.copytree(here / "rules", here / "broken")
        (here / "cases.yaml").write_text(SMALL_CASE, "utf-8")
        (here / "sound.yaml").write_text("disease: nsclc\n", "utf-8")
        (here / "t.csv").write_text("id,disease\na,nsclc\n", "utf-8")
        (here / "m.yaml").write_text("title: x\nkeys: {disease: {column: disease}}\n", "utf-8")
        os.chdir(here)
        try:
            printed = _captured(QUIZ)[1]
            BLANK_ANSWERS = _blank_in(printed)
            yield here
        finally:
            os.chdir(before)


def _write_small_rules(rules: Path) -> None:
    (rules / "studies").mkdir(parents=True)
    for name in ("drugs", "regimens", "reviews"):
        shutil.copy(ROOT / "rules" / f"{name}.yaml", rules)
    shutil.copy(ROOT / "rules" / "studies" / "harmoni-a.yaml", rules / "studies")
    for name in ("approvals", "findings"):
        (rules / f"{name}.yaml").write_text("[]\n", "utf-8")
    for disease, regimen in (("nsclc", "ivonescimab"), ("sclc", "tarlatamab")):
        (rules / disease).mkdir()
        (rules / disease / "sound.yaml").write_text(SMALL_RULE.format(disease=disease, regimen=regimen), "utf-8")


def _blank_in(printed: str) -> str:
    """The empty file of answers, which a quiz prints at its end."""
    found = re.search(r"^(?:quiz|seed|answers):.*", printed, re.MULTILINE | re.DOTALL)
    return found.group() if found else "answers: {1: [a], 2: [b]}\n"


def _captured(arguments: Sequence[str], typed: bytes = b"") -> tuple[object, str, str]:
    """The exit code of a command in this process, and what it printed."""
    streams = [io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2)]
    given = io.TextIOWrapper(io.BytesIO(typed), "utf-8")
    code: object = None
    before, sys.stdin = sys.stdin, given
    try:
        with contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1]):
            try:
                command(arguments)
            except SystemExit as left:
                code = left.code or 0
            for stream in streams:
                stream.flush()
    finally:
        sys.stdin = before
    gc.unfreeze()  # the command is about to leave, and freezes all there is, so that nothing is collected by itself
    out, err = (stream.buffer.getvalue().decode("utf-8", "replace") for stream in streams)  # type: ignore[attr-defined]
    return code, out, err


def fault_of(given: Input, rulebook: Any, *, alone: bool) -> str | None:
    """What is wrong with the answer; ``None`` where nothing is."""
    try:
        if given.body is not None:
            status, text = answered(given.body, rulebook)
            json.loads(text)
            ENDS[f"status {status}"] += 1
            return None if status in (200, 400) else f"status {status}"
        if alone:
            start = [sys.executable, "-c", "from regimen_advisor.cli.app import main; main()"]
            done = subprocess.run(
                [*start, *given.arguments], input=given.typed, capture_output=True, check=False, timeout=BY_THE_CLOCK
            )
            code, err = done.returncode, done.stderr.decode("utf-8", "replace")
        else:
            code, _, err = _captured(given.arguments, given.typed)
    except (HangError, subprocess.TimeoutExpired):
        return "hangs"
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
        last = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__}: {error} ({Path(last.filename).name}:{last.lineno})"
    ENDS[f"exit code {code}"] += 1
    if code not in CODES:
        return f"exit code {code}"
    return "a traceback" if "Traceback (most recent" in err else None


def one(kind: str, number: int, seed: int, here: Path, rulebook: Any) -> tuple[Input, str | None]:
    """One input by its name, and what is wrong with what came of it."""
    random = Random(f"{seed} {kind} {number}")
    given = KINDS[kind][1](random, here)
    alone = number % 250 == 249 and given.body is None
    if alone:
        odd = os.fsdecode(b"\xff.yaml")
        (here / odd).write_bytes(b"disease: nsclc\n")
        given.arguments = [odd if word.endswith("p.yaml") else word for word in given.arguments]
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    signal.setitimer(signal.ITIMER_REAL, BY_THE_CLOCK)
    try:
        return given, fault_of(given, rulebook, alone=alone)
    except HangError:  # between two steps
        return given, "hangs"
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        while RESTORED:
            file, whole = RESTORED.pop()
            file.write_bytes(whole)


def _hangs(_number: int, _frame: FrameType | None) -> NoReturn:
    raise HangError


def fuzz(inputs: int, seed: int, only: tuple[str, int] | None = None) -> tuple[Counter[str], list[str]]:
    """How many inputs of each kind ran, and every fault with the name of its input."""
    shares = sum(share for share, _ in KINDS.values())
    plan = [(kind, number) for kind, (share, _) in KINDS.items() for number in range(max(inputs * share // shares, 1))]
    ran: Counter[str] = Counter()
    faults: list[str] = []
    before = {each: signal.signal(each, _hangs) for each in (signal.SIGVTALRM, signal.SIGALRM)}
    try:
        with prepared() as here:
            rulebook = load_rulebook("rules")
            begun, slowest = time.perf_counter(), (0.0, "")
            for at, (kind, number) in enumerate([only] if only else plan, start=1):
                start = time.process_time()
                given, fault = one(kind, number, seed, here, rulebook)
                slowest = max(slowest, (time.process_time() - start, f"{kind}:{number}"))
                ran[kind] += 1
                if at % COLLECTED == 0:
                    gc.collect()
                if only:
                    print(given)
                if fault:
                    faults.append(f"{kind}:{number} {given.arguments or given.body!r}: {fault}")
                    print(faults[-1][:400], flush=True)
                if at % 1000 == 0:
                    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
                    print(f"{at:>7,} inputs, {len(faults)} faults, {time.perf_counter() - begun:.0f} s, slowest "
                          f"{slowest[0]:.1f} s ({slowest[1]}), {peak:.0f} MB", flush=True)  # fmt: skip
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    return ran, faults


def main(arguments: Sequence[str]) -> int:
    inputs, seed, only = [*arguments, *("25000", "1", "")[len(arguments) :]]
    kind, _, number = only.partition(":")
    ran, faults = fuzz(int(inputs), int(seed), (kind, int(number)) if only else None)
    print(f"{ran.total():,} inputs, seed {seed}: " + ", ".join(f"{kind} {count:,}" for kind, count in ran.items()))
    print(", ".join(f"{end} {count:,}" for end, count in sorted(ENDS.items())))
    print(f"{len(faults)} faults: tracebacks, exit codes other than {CODES}, or more than {SECONDS} s")
    return bool(faults)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
