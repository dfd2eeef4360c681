"""``check``: each kind of fault in a small rulebook that has just that one, and the shipped rulebook that has none.

A folder in ``faults`` holds what is laid over the sound rulebook next to it.
"""

import json
import shutil
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest

from enumeration import domain, holds, random_condition
from generators import drawn
from regimen_advisor.advising import advise
from regimen_advisor.cli.app import main
from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.regimens import Target
from regimen_advisor.knowledge.rulebook import Rulebook, load_rulebook
from regimen_advisor.language.conditions import AllOf, Leaf, Not, atoms_of
from regimen_advisor.language.standings import Standing
from regimen_advisor.language.values import Between, Number, Truth
from regimen_advisor.patient.facts import NumberFact
from regimen_advisor.patient.profile import Profile
from regimen_advisor.patient.reading import Patient, read
from regimen_advisor.reviewing.checking import Checked, Checker, check
from regimen_advisor.reviewing.flaws import Flaw
from regimen_advisor.reviewing.warnings import NumberRange, cells_of, within
from regimen_advisor.solving.solver import DomainSolver
from small_rulebooks import write_two_rules
from worlds import worlds

FAULTS = Path(__file__).parent / "faults"


@pytest.fixture
def broken(tmp_path: Path) -> Callable[[str], Path]:
    """A function that lays a folder of ``faults`` over the sound rulebook."""

    def lay(name: str) -> Path:
        folder = tmp_path / name
        shutil.copytree(FAULTS / "sound", folder)
        shutil.copytree(FAULTS / name, folder, dirs_exist_ok=True)
        return folder

    return lay


def patient_of(flaw: Flaw, rulebook: Rulebook) -> Patient:
    assert flaw.witness is not None
    return read(Profile.model_validate(flaw.witness), rulebook.domain)


def placed(flaw: Flaw, folder: Path) -> str:
    return f"{Path(flaw.location.file).relative_to(folder).as_posix()}:{flaw.location.line}"


# Faults -----------------------------------------------------------------------------------------------------------


class Fault(NamedTuple):
    """What is expected of the one fault of a folder."""

    kind: str
    subject: str
    place: str
    says: str


ONE_FAULT = {
    "unreachable-rule": Fault(
        "unreachable rule", "never", "nsclc/broken.yaml:5", "the rule never holds: no patient meets its condition"
    ),
    "overridden-everywhere": Fault(
        "unreachable rule", "silenced", "nsclc/broken.yaml:5",
        "the rule never holds: wherever its condition holds it is overridden by silencing",
    ),
    "condition-always-true": Fault(
        "constant condition", "tests-nothing", "nsclc/broken.yaml:9",
        "the condition `PD-L1 TPS at least 0 %` is always true",
    ),
    "condition-always-false": Fault(
        "constant condition", "tests-nothing", "nsclc/broken.yaml:10",
        "the condition `metastatic disease and stage II` is always false",
    ),
    "subsumed-rule": Fault(
        "subsumed rule", "adds-nothing", "nsclc/broken.yaml:5",
        "the rule adds nothing: wherever it holds `first-line`",
    ),
    "regimen-always-excluded": Fault(
        "regimen always excluded", "osimertinib-bevacizumab", "nsclc/first-line.yaml:5",
        "the regimen is excluded for everyone it is offered to, by excludes-everyone, bleeding",
    ),
    "equal-rules": Fault(
        "equal rules", "first-line", "nsclc/first-line.yaml:5", "the rule is the same as `same-again`"
    ),
    "idle-override": Fault(
        "idle override", "overrides-nothing", "nsclc/broken.yaml:5",
        "the override of `frail` never acts: no patient meets both rules",
    ),
    "unused-study": Fault("never used", "study-three", "studies/study-three.yaml:1", "the study is never used"),
    "unused-drug": Fault("never used", "what-is-this", "drugs.yaml:7", "the drug is never used"),
    "unused-class": Fault("never used", "empty-class", "drugs.yaml:3", "the class is never used"),
    "unused-regimen": Fault("never used", "bevacizumab-alone", "regimens.yaml:2", "the regimen is never used"),
}  # fmt: skip


def test_the_sound_rulebook_has_no_fault() -> None:
    assert check(load_rulebook(FAULTS / "sound")).faults == ()


@pytest.mark.parametrize("name", ONE_FAULT)
def test_a_fault_is_found_with_its_place_and_nothing_else_is(broken: Callable[[str], Path], name: str) -> None:
    folder, wanted = broken(name), ONE_FAULT[name]
    (fault,) = check(load_rulebook(folder), warn=False).faults
    assert (fault.kind, fault.subject, placed(fault, folder)) == (wanted.kind, wanted.subject, wanted.place)
    assert fault.says.startswith(wanted.says)


def test_a_finding_that_only_an_unused_finding_tests_is_unused_too(broken: Callable[[str], Path]) -> None:
    folder = broken("unused-finding")
    faults = check(load_rulebook(folder), warn=False).faults
    assert [(fault.subject, placed(fault, folder)) for fault in faults] == [
        ("tested-by-a-finding", "findings.yaml:2"), ("tested-by-nobody", "findings.yaml:3"),
    ]  # fmt: skip


def test_a_drug_that_only_a_history_may_hold_is_used_if_it_says_what_it_targets() -> None:
    assert "sotorasib" in load_rulebook(FAULTS / "sound").formulary.drugs  # and the sound rulebook has no fault


@pytest.mark.parametrize("name", ["subsumed-rule", "equal-rules"])
def test_the_witness_of_a_twin_meets_both_rules(broken: Callable[[str], Path], name: str) -> None:
    book = load_rulebook(broken(name))
    (fault,) = check(book, warn=False).faults
    trees = Guideline.of(book).case(patient_of(fault, book)).judged
    holding = {id for id, tree in trees.items() if tree.truth is Truth.TRUE}
    assert holding >= ({"first-line", "adds-nothing"} if name == "subsumed-rule" else {"first-line", "same-again"})


def test_the_witness_of_an_excluded_regimen_is_excluded(broken: Callable[[str], Path]) -> None:
    book = load_rulebook(broken("regimen-always-excluded"))
    (fault,) = check(book, warn=False).faults
    assert advise(patient_of(fault, book), book, ask=False).standing(fault.subject) is Standing.EXCLUDED


def test_the_shipped_rulebook_has_no_fault(rulebook: Rulebook) -> None:
    assert check(rulebook, warn=False).faults == ()


# Warnings ---------------------------------------------------------------------------------------------------------


def warnings_of(checked: Checked, kind: str) -> list[Flaw]:
    return [flaw for flaw in checked.warnings if flaw.kind == kind]


def test_a_hole_between_options_is_reported_with_a_patient_in_it(broken: Callable[[str], Path]) -> None:
    folder = broken("hole-between-options")
    book = load_rulebook(folder)
    (hole,) = warnings_of(check(book), "hole between options")
    assert (hole.subject, placed(hole, folder)) == ("pd_l1_tps", "nsclc/broken.yaml:7")
    assert hole.says.startswith(
        "with PD-L1 TPS 1 to 49 % there is no option, but with 0 % and with at least 50 % there is"
    )
    assert hole.witness is not None
    for value, offered in ((0, True), (1, False), (49, False), (50, True)):
        patient = read(Profile.model_validate({**hole.witness, "pd_l1_tps": value}), book.domain)
        assert any(option.standing.is_offered for option in advise(patient, book, ask=False).options) is offered


def test_a_hole_between_lines_of_treatment_is_found_too(broken: Callable[[str], Path]) -> None:
    (hole,) = warnings_of(check(load_rulebook(broken("hole-between-lines"))), "hole between options")
    assert hole.subject == "prior_lines"
    assert "with prior lines 2 there is no option, but with 1 and with at least 3 there is" in hole.says


def test_no_hole_is_reported_where_every_cell_has_an_option_or_the_outer_ones_have_none() -> None:
    assert warnings_of(check(load_rulebook(FAULTS / "sound")), "hole between options") == []


def test_settings_without_an_option_are_minimal_and_true() -> None:
    book = load_rulebook(FAULTS / "sound")
    found = warnings_of(check(book), "no option")
    assert "no option at all: non-small cell lung cancer; at least 1 prior line" in [flaw.says for flaw in found]
    for flaw in found:
        options = advise(patient_of(flaw, book), book, ask=False).options
        assert all(option.standing in (Standing.EXCLUDED, Standing.NOT_INDICATED) for option in options)


def test_a_regimen_that_the_interpreter_does_not_see_settled_is_reported_with_a_profile(
    broken: Callable[[str], Path],
) -> None:
    book = load_rulebook(broken("judged-less-exactly"))
    (flaw,) = warnings_of(check(book), "judged less exactly")
    patient = patient_of(flaw, book)
    assert flaw.subject == "bevacizumab-alone"
    assert Guideline.of(book).case(patient).node_by_node["bevacizumab-alone"] is Standing.UNDETERMINED
    assert advise(patient, book, ask=False).standing("bevacizumab-alone").is_offered


def test_a_condition_within_a_cell_is_the_condition_with_the_number_set_to_it() -> None:
    """By enumeration: over all complete patients whose number does lie in the cell."""
    random, small = Random(11), domain(1)
    for name in ("pd_l1_tps", "last_cycles"):
        fact = small.facts[name]
        assert isinstance(fact, NumberFact)
        for _ in range(12):
            condition = random_condition(random, [name, "alk", *drawn(random, domain().of_history)], 2)
            cells = cells_of(fact, [condition])
            everyone = [AllOf((condition, Leaf(Between(name, cell.low, cell.high)))) for cell in cells]
            for world in worlds(small, frozenset().union(*map(atoms_of, everyone)), curative=False, maintenance=False):
                for cell in cells:
                    if lies_in(world.facts[name], cell):
                        assert holds(within(condition, name, cell), world.facts) == holds(condition, world.facts)


def lies_in(value: Any, cell: NumberRange) -> bool:
    assert isinstance(value, Number)
    return value.low <= value.high and cell.low <= value.low <= cell.high


# Against enumeration ----------------------------------------------------------------------------------------------


def test_a_rule_is_called_unreachable_exactly_when_no_complete_patient_meets_it() -> None:
    """The proof behind most faults: what the solver finds impossible, no complete patient shows."""
    random, small = Random(4), domain(1)
    solver = DomainSolver(small)
    seen = set()
    for _ in range(30):
        first = random_condition(random, ["stage", "extent", "prior_lines", "last_outcome"], 2)
        condition = AllOf((first, Not(random_condition(random, ["stage", "prior_lines"], 1))))
        session = solver.session(condition)
        possible = session.can([session.encoding.condition(condition)])
        met = any(holds(condition, world.facts) for world in worlds(small, atoms_of(condition)))
        assert possible is met
        seen.add(possible)
    assert seen == {True, False}


# The command --------------------------------------------------------------------------------------------------------


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(["check", *map(str, arguments)])
    captured = capsys.readouterr()
    return int(left.value.code or 0), captured.out, captured.err


def test_what_check_does_for_a_rule_does_not_grow_with_the_number_of_rules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted: the regimens that are looked at for a rule, and the rules that it is compared with."""
    counts = {"regimens": 0, "rules": 0}

    def counted(name: str, asked: Callable[..., bool]) -> Callable[..., bool]:
        def counting(*arguments: Any) -> bool:
            counts[name] += 1
            return asked(*arguments)

        return counting

    monkeypatch.setattr(Target, "meets", counted("regimens", Target.meets))
    monkeypatch.setattr(Checker, "_is_within", counted("rules", Checker._is_within))
    for number in (10, 40):
        folders = [write_two_rules(tmp_path / f"rules-{number}"), write_rules(tmp_path / f"pack-{number}", number)]
        counts.update(regimens=0, rules=0)
        check(load_rulebook(folders), warn=False)
        assert counts["regimens"] < 5 * number
        assert counts["rules"] < 5 * number


def write_rules(folder: Path, number: int) -> Path:
    """A pack of so many regimens, each with an offer, an exclusion and the rule that it has failed."""
    source = {"review": "made-up", "section": "1"}
    drugs = ["bevacizumab", "erlotinib", "gefitinib", "osimertinib", "anlotinib", "apatinib", "tarlatamab",
             "pembrolizumab", "atezolizumab", "nivolumab"]  # fmt: skip
    regimens = [
        {"id": f"made-{index}", "name": f"made {index}", "disease": "nsclc", "drugs": [{"drug": drug} for drug in pair],
         "source": source}
        for index, pair in enumerate(list(combinations(drugs, 2))[:number])
    ]  # fmt: skip
    rules = [
        {"id": f"made-{index}-{effect}", effect: regimen, "when": {"pd_l1_tps": {"at_least": index}} | when,
         "source": source, "says": f"Made up, number {index}."}
        for index in range(number)
        for effect, regimen, when in (
            ("offer", f"made-{index}", {"alk": "positive"}),
            ("exclude", {"regimen": f"made-{index}"}, {"brain_metastases": True}),
        )
    ]  # fmt: skip
    failed = {"id": "failed", "title": "Failed", "exclude": "each-regimen", "says": "It has failed.",
              "when": {"progressed_on": {"all_of": "its-drugs"}}}  # fmt: skip
    for file, value in {
        "pack.yaml": {"name": "made", "title": "Made up"},
        "regimens.yaml": regimens,
        "each-regimen.yaml": [failed],
        "nsclc/made.yaml": {"setting": "made", "title": "Made up", "disease": "nsclc", "rules": rules},
    }.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(json.dumps(value), "utf-8")
    return folder


def test_faults_are_printed_as_file_and_line_with_exit_code_1(
    broken: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = broken("subsumed-rule")
    code, out, err = run(capsys, "--rules", folder)
    assert code == 1
    assert f"{folder}/nsclc/broken.yaml:5: fault: adds-nothing: the rule adds nothing" in out
    assert "    egfr: {found: [L858R]}" in out or "    egfr: [L858R]" in out
    assert "5 rules, 1 findings, 1 regimens: 1 fault" in out
    assert err == ""


def test_warnings_alone_leave_the_exit_code_0(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--rules", FAULTS / "sound")
    assert code == 0
    assert "no faults" in out


def test_json_holds_kind_place_and_witness(broken: Callable[[str], Path], capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--rules", broken("equal-rules"), "--format", "json")
    (fault,) = json.loads(out)["faults"]
    assert code == 1
    assert (fault["kind"], fault["line"], fault["witness"]["egfr"]) == ("equal rules", 5, fault["witness"]["egfr"])


def test_a_folder_that_is_no_rulebook_is_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "--rules", tmp_path)
    assert code == 2
    assert "found no .yaml file" in err
