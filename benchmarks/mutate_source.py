"""Change the source a little, many times, and see whether the tests notice: the score of docs/reliability.md.

Every change (see ``source_mutants.py``) is tried in a process of its own, forked where the tests are already
collected; the functions of the changed module get the changed code, and the tests that run the changed line go first.
What only happens on import is tried in a process that imports everything after the change. A change that no test
notices survives; the page of decisions lists the survivors that are looked through, each with the reason.
The texts of a schema (``description=``) are not changed.

    python benchmarks/mutate_source.py                      # all modules of TESTS
    python benchmarks/mutate_source.py patient/history.py   # some of them
    python benchmarks/mutate_source.py --share 0.2 --seed 1 # a sample
    python benchmarks/mutate_source.py --listed             # those on the page, after new tests: which are noticed now
    python benchmarks/mutate_source.py --again run.log      # what survived in the output of a run, after new tests
"""

import argparse
import ast
import contextlib
import gc
import json
import os
import re
import resource
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from random import Random
from types import CodeType, FunctionType, ModuleType
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(Path(__file__).parent), str(ROOT / "src"), str(ROOT / "tests")]
os.environ.setdefault("POLARS_MAX_THREADS", "1")
os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # else pytest imports the modules of our plugin by itself

import coverage  # noqa: E402
import pytest  # noqa: E402
from hypothesis import HealthCheck, Phase, settings  # noqa: E402
from source_mutants import Mutant, mutants_of  # noqa: E402

PACKAGE = ROOT / "src" / "regimen_advisor"
LISTED = ROOT / "docs" / "decisions" / "0015-changes-that-no-test-notices.md"
TESTS: Mapping[str, str] = {
    "language/values.py language/conditions.py language/interpreter.py language/standings.py":
        "values conditions interpreter kinds standings",
    "patient/axioms.py patient/narrowing.py patient/history.py patient/reading.py":
        "profile_history platinum_free narrowing reading profile values conditions "
        "invalid_input",
    "engines/forward_chaining.py": "forward_chaining kinds",
    "solving/questions.py solving/determining_sets.py solving/changes.py":
        "question_answers smallest_changes questions filling asking",
    "testing/coverage.py testing/mutation.py testing/mutants.py language/paths.py": "coverage mutation",
    "reviewing/comparing.py reviewing/joining.py": "compared_rules joining comparing",
    "cohorts/mapping.py": "mapping_parts mapping shipped_mappings",
    "cohorts/mapping_file.py": "mapping_file mapping_parts",
    "page/serving.py page/workers.py": "serving",
}  # fmt: skip
"""The modules that are changed, and the files of tests that are there to test them."""
PYTEST = ("-q", "--tb=native", "-p", "syrupy", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestWarning")
SECONDS = 2.0
"""Processor time that a test may need to be run at all; a change is given 3 times what its tests need, and 5 s."""
NOTICED, SURVIVED, TIMED_OUT = 1, 0, 2
ERRORS = os.dup(2)


@dataclass(frozen=True)
class Baseline:
    """What each test needs and which lines of the module it runs."""

    seconds: Mapping[str, float]
    lines: Mapping[str, Mapping[str, frozenset[int]]]
    failed: tuple[str, ...]

    def order(self, module: str, lines: frozenset[int]) -> list[str]:
        """The tests that run one of the lines of a module, the quickest first; all if none is known to."""
        running = [test for test in self.seconds if self.lines[module][test] & lines]
        return sorted(running or self.seconds, key=lambda test: self.seconds[test])


class TooSlowError(BaseException):
    """A test has taken more processor time than a test may here."""


class Session:
    """A plugin of pytest that takes over once the tests are collected."""

    def __init__(self, work: Callable[["Session"], None]) -> None:
        self.work, self.items, self.failed = work, {}, []

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.items = {item.nodeid: item for item in session.items}
        self.work(self)
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.append(report.nodeid)

    def run(self, names: Sequence[str], after: Callable[[str, float], bool]) -> None:
        """Runs the tests until ``after``, which is given each with its processor time, says no."""
        items = [self.items[name] for name in names]
        for item, following in zip(items, [*items[1:], None], strict=True):
            begin = time.process_time()
            # pytest shows no traceback that the signal has cut where no line is: `None - 1`
            with contextlib.suppress(TooSlowError, TypeError):
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if not after(item.nodeid, time.process_time() - begin):
                return


def forked(work: Callable[[], Any], seconds: float) -> Any:
    """What ``work`` returns in a process of its own, or ``None`` if that died or took too long."""
    reading, writing = os.pipe()
    sys.stdout.flush()
    process = os.fork()
    if not process:
        os.setsid()
        os.close(reading)
        silent = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silent, stream)
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 2))
        signal.alarm(int(20 * seconds) + 60)
        code = 1
        try:
            answer = json.dumps(work()).encode()
            with os.fdopen(writing, "wb") as stream:
                stream.write(answer)
            code = 0
        except BaseException:  # noqa: BLE001 - it is shown, and the process ends
            say(traceback.format_exc())
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        answer = stream.read()
    os.waitpid(process, 0)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)  # what a test has started and the change has left behind
    return json.loads(answer) if answer else None


def collected(files: Sequence[str], work: Callable[[Session], None]) -> None:
    """Does ``work`` in a session of pytest that has collected the tests of ``files``."""
    paths = [str(ROOT / "tests" / f"test_{name}.py") for name in files]
    settings.register_profile(
        "mutants", database=None, derandomize=True, deadline=None, phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    settings.load_profile("mutants")
    pytest.main([*PYTEST, *paths], plugins=[Session(work)])


def coverage_of(modules: Sequence[str]) -> coverage.Coverage:
    paths = [str(PACKAGE / module) for module in modules]
    return coverage.Coverage(data_file=None, include=paths, config_file=False)


def say(text: str) -> None:
    """Writes to the error output that the program began with, from any of its processes."""
    os.write(ERRORS, f"{text}\n".encode())


def measured(session: Session, modules: Sequence[str]) -> Baseline:
    """Runs every test once, on the source as it is."""
    paths = {module: str(PACKAGE / module) for module in modules}

    def work() -> tuple[dict[str, float], dict[str, dict[str, list[int]]], list[str]]:
        watching = coverage_of(modules)
        seconds: dict[str, float] = {}
        lines: dict[str, dict[str, list[int]]] = {module: {} for module in modules}
        interrupted: list[bool] = []

        def too_slow(*_: object) -> None:
            interrupted.append(True)
            raise TooSlowError

        signal.signal(signal.SIGPROF, too_slow)

        def after(name: str, taken: float) -> bool:
            signal.setitimer(signal.ITIMER_PROF, 0)
            watching.stop()
            with warnings.catch_warnings(action="ignore"):  # a test may run no line of the modules
                data = watching.get_data()
            if not interrupted:
                seconds[name] = taken
                for module, path in paths.items():
                    lines[module][name] = sorted(data.lines(path) or ())
            interrupted.clear()
            watching.erase()
            watching.start()
            signal.setitimer(signal.ITIMER_PROF, SECONDS)
            return True

        watching.start()
        session.run(list(session.items), after)
        signal.setitimer(signal.ITIMER_PROF, 0)
        return seconds, lines, [name for name in session.failed if name in seconds]

    seconds, lines, failed = forked(work, 600)
    for name in failed:
        del seconds[name]
    found = {module: {test: frozenset(ran) for test, ran in tests.items()} for module, tests in lines.items()}
    return Baseline(seconds, found, tuple(failed))


def judged(session: Session, names: Sequence[str], limit: float, change: Callable[[], None]) -> int:
    """Whether one of the tests notices a change that is made before they run."""

    def work() -> int:
        change()
        noticed: list[str] = []

        def after(*_: object) -> bool:
            noticed.extend(session.failed)
            return not session.failed

        session.run(names, after)
        return NOTICED if noticed else SURVIVED

    answer = forked(work, limit)
    return TIMED_OUT if answer is None else answer


# Changing functions that are already imported ----------------------------------------------------------------------


def functions_of(code: CodeType) -> Iterator[CodeType]:
    """The code of every function in the code of a module, in the order in which they are written."""
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield inner
            yield from functions_of(inner)


def functions_from(path: Path) -> list[FunctionType]:
    """Every function of a file that is imported."""
    things = (thing for thing in gc.get_objects() if isinstance(thing, FunctionType))
    return [function for function in things if function.__code__.co_filename == str(path)]


def change_functions(functions: Sequence[FunctionType], path: Path, text: str) -> None:
    """Gives the functions of a module that is imported the code that they have in ``text``."""
    new = {code.co_qualname: code for code in functions_of(compile(text, str(path), "exec", dont_inherit=True))}
    for function in functions:
        function.__code__ = new.get(function.__code__.co_qualname, function.__code__)


def can_be_given(path: Path, text: str, changed: str) -> bool:
    """Whether functions can be given the changed code: each still closes over the same names."""
    old, new = (
        {code.co_qualname: (code.co_freevars, code.co_name) for code in functions_of(compile(entry, str(path), "exec"))}
        for entry in (text, changed)
    )
    return all(new.get(name, free) == free for name, free in old.items() if ".<locals>" not in name)


# Changing a module before it is imported ---------------------------------------------------------------------------


class Changed(MetaPathFinder, Loader):
    """Imports one module from a text."""

    def __init__(self, path: Path, text: str) -> None:
        self.path, self.text = path, text
        self.name = "regimen_advisor." + ".".join(path.relative_to(PACKAGE).with_suffix("").parts)

    def find_spec(self, fullname: str, *_: object) -> ModuleSpec | None:
        return ModuleSpec(fullname, self, origin=str(self.path)) if fullname == self.name else None

    def exec_module(self, module: ModuleType) -> None:
        module.__file__ = str(self.path)
        exec(compile(self.text, str(self.path), "exec", dont_inherit=True), module.__dict__)


def judged_on_import(files: Sequence[str], names: Sequence[str], limit: float, path: Path, text: str) -> int:
    """Whether one of the tests notices a change when everything is imported with it."""

    def work() -> int:
        sys.meta_path.insert(0, Changed(path, text))
        answers: list[int] = []

        def run(session: Session) -> None:
            known = [name for name in names if name in session.items]
            session.run(known, lambda *_: not session.failed)
            answers.append(NOTICED if session.failed or len(known) < len(names) else SURVIVED)

        collected(files, run)
        return answers[0] if answers else NOTICED  # it cannot even be imported

    answer = forked(work, limit + 10)
    return TIMED_OUT if answer is None else answer


Outcome = tuple[str, Mutant, int]

# All mutants of a module -------------------------------------------------------------------------------------------


def statements(text: str) -> Mapping[int, frozenset[int]]:
    """For each line the lines of the innermost statement that it is part of (of a block, its head)."""
    found: dict[int, frozenset[int]] = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.stmt | ast.match_case):
            body = getattr(node, "body", None)
            first = node.pattern.lineno if isinstance(node, ast.match_case) else node.lineno
            last = body[0].lineno - 1 if body else getattr(node, "end_lineno", first)
            lines = frozenset(range(first, max(first, last) + 1))
            found.update(dict.fromkeys(lines, lines))
    return found


def sampled(module: str, share: float, seed: int) -> list[Mutant]:
    """A share of the mutants of a module."""
    found = mutants_of(PACKAGE / module)
    return sorted(Random(f"{seed} {module}").sample(found, round(share * len(found))), key=lambda mutant: mutant.line)


def survivors(mutants: Mapping[str, Sequence[Mutant]], files: Sequence[str]) -> Iterator[Outcome]:
    """Every mutant of the modules with what became of it."""
    modules = tuple(mutants)

    def try_functions() -> list[Any]:
        answers: list[Any] = []
        watching = coverage_of(modules)
        watching.start()

        def work(session: Session) -> None:
            watching.stop()
            data = watching.get_data()
            baseline = measured(session, modules)
            if baseline.failed:
                say(f"left out, since they fail on the source as it is: {', '.join(baseline.failed)}")
            functions = {module: functions_from(PACKAGE / module) for module in modules}
            gc.freeze()
            for module in modules:
                path = PACKAGE / module
                text = path.read_text(encoding="utf-8")
                around = statements(text)
                run_before = set(data.lines(str(path)) or ())
                for mutant in mutants[module]:
                    lines = around.get(mutant.line, frozenset({mutant.line}))
                    # What is kept from the import on is not run again, so any test may be the one that sees it.
                    names = baseline.order(module, frozenset() if lines & run_before else lines)
                    limit = 5 + 3 * sum(baseline.seconds[name] for name in names)
                    answer = None
                    if mutant.function and can_be_given(path, text, mutant.text):
                        change = partial(change_functions, functions[module], path, mutant.text)
                        answer = judged(session, names, limit, change)
                        if answer == SURVIVED and (others := sorted(baseline.seconds.keys() - names)):
                            # A line that a shared fixture or a thread of Polars runs is known of one test at most.
                            further = 5 + 3 * sum(baseline.seconds[name] for name in others)
                            answer = judged(session, others, further, change)
                    if answer == SURVIVED and lines & run_before:
                        answer = None
                    if answer == SURVIVED:
                        say(f"survived {module}:{mutant.line} {mutant.function}\n- {mutant.before}\n+ {mutant.after}")
                    answers.append((names, limit, answer))

        collected(files, work)
        return answers

    tried = iter(forked(try_functions, 36_000) or sys.exit("nothing was tried"))
    for module in modules:
        for mutant in mutants[module]:
            names, limit, answer = next(tried)
            if answer is None:
                answer = judged_on_import(files, names, limit, PACKAGE / module, mutant.text)
            yield module, mutant, answer


# Those that are looked through -------------------------------------------------------------------------------------


def listed(path: Path = LISTED) -> dict[tuple[str, str, str], str]:
    """The changes on the page of decisions: module, before and after, with the first word of the part they are in."""
    found: dict[tuple[str, str, str], str] = {}
    module, part, before, shown = "", "", "", False
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            shown = line == "```diff"
        elif shown and line.startswith("-"):
            before = line[1:].strip()
        elif shown and line.startswith("+"):
            found[module, before, line[1:].strip()] = part
        elif heading := re.fullmatch(r"### `(.+)`", line):
            module = heading[1]
        elif line.startswith("## "):
            part = line.removeprefix("## ").split()[0].lower()
    return found


def shown(path: Path) -> set[tuple[str, str, str]]:
    """The changes that the output of a run shows as not noticed: module, before and after."""
    text = path.read_text(encoding="utf-8")
    return set(re.findall(r"^(?:survived )?([\w/]+\.py):\d+ .*\n- (.*)\n\+ (.*)$", text, re.MULTILINE))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*", help="such as language/paths; all if none is named")
    parser.add_argument("--share", type=float, default=1, help="share of the changes that is tried")
    parser.add_argument("--seed", type=int, default=1, help="which share")
    parser.add_argument("--listed", action="store_true", help="only the changes on the page of decisions")
    parser.add_argument("--again", type=Path, metavar="LOG", help="only the changes that the output of a run shows")
    arguments = parser.parse_args()
    named = {f"{module.removesuffix('.py')}.py" for module in arguments.modules}
    if unknown := named.difference(" ".join(TESTS).split()):
        parser.error(f"no tests are listed for {', '.join(sorted(unknown))}")
    known = listed()
    wanted = set(known) if arguments.listed else shown(arguments.again) if arguments.again else None
    total = gone = 0
    looked: dict[str, int] = {}
    for group, files in TESTS.items():
        modules = [module for module in group.split() if not named or module in named]
        mutants = {module: sampled(module, arguments.share, arguments.seed) for module in modules}
        if wanted is not None:
            chosen = {
                module: [mutant for mutant in found if (module, mutant.before, mutant.after) in wanted]
                for module, found in mutants.items()
            }
            mutants = {module: found for module, found in chosen.items() if found}
        if not any(mutants.values()):
            continue
        for module, mutant, answer in survivors(mutants, files.split()):
            total, gone = total + 1, gone + (answer != SURVIVED)
            if wanted is not None and answer != SURVIVED:
                print(f"noticed now: {module}\n- {mutant.before}\n+ {mutant.after}", flush=True)
            if answer == SURVIVED:
                part = known.get((module, mutant.before, mutant.after), "new")
                looked[part] = looked.get(part, 0) + 1
                if part == "new":
                    print(f"{module}:{mutant.line} {mutant.function}\n- {mutant.before}\n+ {mutant.after}", flush=True)
        print(f"{' '.join(modules)}: {total} changes so far, {gone} noticed", flush=True)
    counts = ", ".join(f"{count} {part}" for part, count in sorted(looked.items()))
    equivalent = looked.get("equivalent", 0)
    print(f"{total} changes: {gone} noticed, {counts or 'none left'}: {gone / max(1, total - equivalent):.1%} noticed")
    sys.exit(bool(looked.get("new")))


if __name__ == "__main__":
    main()
