"""The page is one more engine: in a real Chromium it must judge every patient as Python does."""

import json
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest

from conftest import ROOT, sized
from generators import random_profile
from regimen_advisor.advice import Advice
from regimen_advisor.advising import advise
from regimen_advisor.files.errors import InputError
from regimen_advisor.files.sources import read_document
from regimen_advisor.guideline import Case, Guideline
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.page.data import page_data
from regimen_advisor.patient.profile import Profile, profile_from
from regimen_advisor.patient.reading import Patient, read
from regimen_advisor.patient_wording import known_facts

MANY = sized(240, 120)
PARTS, BATCH = 2, 30
"""In parts, so that several cores share the work; a batch is what the browser is given at a time."""
SHIPPED = sorted(path for path in (ROOT / "profiles").rglob("*.yaml") if "mappings" not in path.parts)

ADVISE = """profile => {
  const {advice, refusal} = page.judge(profile);
  if (refusal) return null;
  const {advisor} = advice, waits = advisor.dependsOn();
  const held = list => list.map(({rule, state, depends_on}) => [rule, state, depends_on]);
  return {
    patient: knownFacts(advice), remarks: advice.patient.notes,
    options: advice.options.map(one => [one.regimen, one.standing, one.rules, one.studies, one.approvals, one.says,
      one.markers, one.setting, one.shown_benefit, one.design_level.ocebm_2011 ?? null,
      held(one.cautions), one.cautions.map(({says}) => says),
      one.reasons.map(({rule, state}) => [rule, state]), waits[one.regimen] ?? []]),
    first: advice.first.map(one => [one.rules, one.effect, one.says, one.state, one.depends_on]),
    standards: held(advice.standards), against: advice.standards.map(one => held(one.cautions)),
    notes: advice.notes.map(one => one.rule), silent: advice.silent.map(one => one.rule),
    trials: advice.trials.map(one => one.rule),
    differences: advice.differences.map(one => one.subject), changes: advice.changes.map(one => one.says),
    missing: %s,
  };
}"""
MISSING = """advisor.missing(advice).map(one =>
  [one.question, one.asks, one.settles, one.standards, one.options, one.evidence])"""
ADVISE_AND_ASK, ADVISE_ONLY = ADVISE % MISSING, ADVISE % "[]"

# The browser advises on one batch while Python advises on the one before.
BEGIN = (
    "profiles => { window.advised = new Promise(done => setTimeout(() => done(profiles.map(%s)))); }" % ADVISE_ONLY  # noqa: UP031
)


@pytest.fixture(scope="module")
def page(browser: Any, page_file: Path) -> Any:
    opened = browser.new_page()
    opened.goto(page_file.as_uri())
    yield opened
    opened.close()


def patient_of(profile: dict[str, Any], rulebook: Rulebook) -> Patient | None:
    try:
        return read(Profile.model_validate_json(json.dumps(profile)), rulebook.domain, explain=False)
    except InputError:
        return None


def shown(advice: Advice) -> dict[str, Any]:
    """What the page must show too, in the form of ``ADVISE``."""

    case = advice.case
    assert isinstance(case, Case)

    def held(items: Any) -> list[Any]:
        return [[item.rule, item.state, list(item.depends_on)] for item in items]

    return {
        "patient": known_facts(case.patient, case.guideline.wording),
        "remarks": list(case.patient.notes),
        "options": [
            [
                option.regimen, option.standing.value, list(option.rules), list(option.studies),
                [approval.id for approval in option.approvals], list(option.says), list(option.markers),
                list(option.setting), option.shown_benefit,
                option.design_level.ocebm_2011, held(option.cautions), [caution.says for caution in option.cautions],
                [[reason.rule, reason.state] for reason in option.reasons], list(option.depends_on),
            ]
            for option in advice.options
        ],
        "first": [
            [list(entry.rules), entry.effect, entry.says, entry.state, list(entry.depends_on)] for entry in advice.first
        ],
        "standards": held(advice.standards),
        "against": [held(standard.cautions) for standard in advice.standards],
        "notes": [note.rule for note in advice.notes],
        "silent": [entry.rule for entry in advice.silent],
        "trials": [trial.rule for trial in advice.trials],
        "differences": [difference.subject for difference in advice.differences],
        "changes": [change.says for change in advice.changes],
        "missing": [
            [asked.question, asked.asks, *map(list, (asked.settles, asked.standards, asked.options, asked.evidence))]
            for asked in advice.missing
        ],
    }  # fmt: skip


def drawn(random: Random) -> dict[str, Any]:
    """A random profile; one in eight is an example, since few random patients have nothing to be warned of."""
    if random.random() < 1 / 8:
        return dict(read_document(random.choice(SHIPPED)).value)
    return random_profile(random, random.choice([0.3, 0.6, 0.8, 0.9, 1]))


@pytest.mark.parametrize("part", range(PARTS))
def test_the_page_advises_on_many_random_patients_as_python_does(
    part: int, page: Any, rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    # durable-rules and the interpreter are held together elsewhere; here one of them is enough, and twice as fast.
    monkeypatch.setitem(Guideline.of(rulebook).__dict__, "second_engine", None)
    random, seen, count = Random(part), Counter[str](), MANY // PARTS
    for _ in range(count // BATCH):
        profiles = [drawn(random) for _ in range(BATCH)]
        page.evaluate(BEGIN, profiles)
        patients = [patient_of(profile, rulebook) for profile in profiles]
        wanted = [None if patient is None else shown(advise(patient, rulebook, ask=False)) for patient in patients]
        for profile, found, expected in zip(profiles, page.evaluate("() => window.advised"), wanted, strict=True):
            assert found == expected, profile
            seen.update(["refused"] if expected is None else [option[1] for option in expected["options"]])
    assert count / 10 < seen["refused"] < 0.6 * count
    for standing in ("offered", "offered-with-caution", "undetermined", "excluded"):
        assert seen[standing] > count / 100, seen


def test_the_page_gives_the_whole_advice_on_every_shipped_profile(page: Any, rulebook: Rulebook) -> None:
    for path in SHIPPED[:: sized(2, 4)]:
        document = read_document(path)
        advice = advise(read(profile_from(document), rulebook.domain, document), rulebook)
        assert page.evaluate(ADVISE_AND_ASK, document.value) == shown(advice), path.name


def test_the_page_gives_the_whole_advice_on_random_patients(page: Any, rulebook: Rulebook) -> None:
    random, undetermined = Random(7), 0
    count = sized(100, 40)
    for _ in range(count):
        profile = random_profile(random, random.choice([0.5, 0.8, 0.95]))
        patient = patient_of(profile, rulebook)
        if patient is None:
            continue
        advice = advise(patient, rulebook)
        undetermined += any(option.depends_on for option in advice.options)
        assert page.evaluate(ADVISE_AND_ASK, profile) == shown(advice), profile
    assert undetermined > count / 6


def test_the_page_reads_every_shipped_profile_as_the_command_line_does(page: Any) -> None:
    for path in SHIPPED:
        found = page.evaluate("text => readYaml(text)", path.read_text(encoding="utf-8"))
        assert found == read_document(path).value, path.name


def test_what_the_page_saves_is_read_again_by_both(page: Any, tmp_path: Path) -> None:
    random = Random(8)
    for _ in range(300):
        profile = {"id": "a: 'b' #c", "summary": '<b>"x" & é, {y}', **random_profile(random, 0.9)}
        text = page.evaluate("profile => writeYaml(profile)", profile)
        file = tmp_path / "saved.yaml"
        file.write_text(text, encoding="utf-8")
        assert read_document(file).value == profile == page.evaluate("text => readYaml(text)", text)


def test_a_difference_would_be_found(page: Any, rulebook: Rulebook) -> None:
    profile = read_document(ROOT / "profiles" / "egfr-l858r-after-osimertinib.yaml").value
    patient = patient_of(profile, rulebook)
    assert patient is not None
    broken = """profile => {
      const own = Engine.prototype.judge;
      Engine.prototype.judge = function (facts) {
        const truth = own.call(this, facts);
        return node => node.kind === "all" && truth(node) === UNKNOWN ? TRUE : truth(node);
      };
      try { return (%s)(profile); } finally { Engine.prototype.judge = own; }
    }"""
    assert page.evaluate(ADVISE_ONLY, profile) == shown(advise(patient, rulebook, ask=False))
    less = {key: value for key, value in profile.items() if key not in ("ecog", "bleeding_risk")}
    patient = patient_of(less, rulebook)
    assert patient is not None
    assert page.evaluate(broken % ADVISE_ONLY, less) != shown(advise(patient, rulebook, ask=False))


def test_the_rules_travel_as_json_that_means_the_same_everywhere(rulebook: Rulebook) -> None:
    data = page_data(rulebook)
    assert json.loads(json.dumps(data)) == data
    assert list(data["rules"]) == list(rulebook.rules)
    assert page_data(rulebook) == data
