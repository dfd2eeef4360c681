"""The command line: what goes to which stream, with which exit code, and that nothing ends in a traceback."""

import io
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import regimen_advisor
from regimen_advisor import guideline
from regimen_advisor.advice import Advice
from regimen_advisor.cli import app as cli
from regimen_advisor.engines import forward_chaining
from regimen_advisor.files.errors import DisagreementError
from regimen_advisor.reports.show import render
from small_rulebooks import LABEL, write_two_rules

ROOT = Path(__file__).parent.parent
PROFILE = str(ROOT / "profiles" / "egfr-l858r-after-osimertinib.yaml")
OTHER = str(ROOT / "profiles" / "small-cell-after-platinum-etoposide.yaml")


class Ran:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    def command(*arguments: str, stdin: str = "") -> Ran:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()), "utf-8"))
        with pytest.raises(SystemExit) as left:
            cli.main(list(arguments))
        captured = capsys.readouterr()
        return Ran(int(left.value.code or 0), captured.out, captured.err)

    return command


def whole_process(*arguments: str, **more) -> subprocess.CompletedProcess:
    command = [sys.executable, "-c", "from regimen_advisor.cli.app import main; main()", *arguments]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, **more)


# advise -------------------------------------------------------------------------------------------------------------


def test_advise_prints_the_options_on_standard_output_and_nothing_on_standard_error(run):
    ran = run("advise", PROFILE)
    assert ran.code == 0
    assert ran.err == ""
    assert "amivantamab + platinum-based chemotherapy" in ran.out
    assert re.search(rf"\[{LABEL} \d", ran.out)


def test_no_line_of_the_text_is_wider_than_80_columns(run):
    ran = run("advise", PROFILE, OTHER, "--all", "--details")
    words_may_be_longer = [line for line in ran.out.splitlines() if len(line) > 80 and " " in line.strip("- ")]
    assert words_may_be_longer == []


def test_one_profile_gives_one_json_object_that_its_published_model_reads_back(run):
    ran = run("advise", PROFILE, "--format", "json")
    advice = Advice.model_validate_json(ran.out)
    assert advice.profile.id == "egfr-l858r-after-osimertinib"
    assert advice.standing("amivantamab-platinum-chemotherapy").is_offered


def test_several_profiles_give_a_json_list_in_the_order_of_the_files(run):
    ran = run("advise", OTHER, PROFILE, "--format", "json")
    assert [advice["profile"]["id"] for advice in json.loads(ran.out)] == [Path(OTHER).stem, Path(PROFILE).stem]


def test_a_dash_reads_the_profile_from_standard_input(run):
    ran = run("advise", "-", "--format", "json", stdin="id: from-a-pipe\nhistology: squamous\n")
    assert json.loads(ran.out)["profile"]["id"] == "from-a-pipe"


def test_standard_input_given_twice_is_refused(run):
    ran = run("advise", "-", "-", stdin="histology: squamous\n")
    assert (ran.code, ran.out) == (2, "")
    assert "expected standard input once" in ran.err


@pytest.mark.parametrize("format", ["text", "json", "markdown"])
def test_the_same_input_gives_the_same_bytes(run, format):
    assert run("advise", PROFILE, "--format", format).out == run("advise", PROFILE, "--format", format).out


def test_all_says_why_another_regimen_is_not_indicated(run):
    assert "NOT INDICATED" not in run("advise", PROFILE).out
    ran = run("advise", PROFILE, "--all")
    assert "NOT INDICATED" in ran.out
    assert "not met: third line or later" in ran.out


def test_details_print_each_study_whole(run):
    assert "intracranial PFS" not in run("advise", PROFILE).out
    ran = run("advise", PROFILE, "--details")
    assert "intracranial PFS median" in ran.out
    assert "https://doi.org/10.1016/j.annonc.2023.10.117" in ran.out


def test_the_problems_of_all_files_are_reported_at_once_and_no_answer_is_given(run, tmp_path):
    (tmp_path / "one.yaml").write_text("egfr: [L85R]\npd_l1_tps: 150\n", encoding="utf-8")
    (tmp_path / "two.yaml").write_text("histology: squamos\n", encoding="utf-8")
    ran = run("advise", str(tmp_path / "one.yaml"), PROFILE, str(tmp_path / "two.yaml"), str(tmp_path / "three.yaml"))
    assert (ran.code, ran.out) == (2, "")
    assert "one.yaml:1:8: egfr" in ran.err
    assert "one.yaml:2:12: pd_l1_tps" in ran.err
    assert "two.yaml:1:12: histology" in ran.err
    assert "three.yaml: no such file" in ran.err
    assert "Traceback" not in ran.err


def test_a_rules_folder_that_is_not_there_is_refused(run, tmp_path):
    ran = run("advise", PROFILE, "--rules", str(tmp_path / "none"))
    assert ran.code == 2
    assert "expected a folder, found none of this name" in ran.err


@pytest.mark.parametrize(
    ("there", "engines"), [(True, ["durable-rules 2.0.28", "interpreter"]), (False, ["interpreter"])]
)
def test_the_answer_names_who_judged_where_the_second_engine_is_there_and_where_not(run, monkeypatch, there, engines):
    if there and not forward_chaining.available():
        pytest.skip("durable-rules cannot be imported here")
    monkeypatch.setattr(forward_chaining, "available", lambda: there)
    guideline._guideline_of.cache_clear()
    assert json.loads(run("advise", PROFILE, "--format", "json").out)["engines"] == engines
    guideline._guideline_of.cache_clear()


def test_engines_that_disagree_give_no_answer(run, monkeypatch):
    def disagree(*_arguments):
        raise DisagreementError("the two engines disagree")

    monkeypatch.setattr("regimen_advisor.cli.advise.advise_one", disagree)
    ran = run("advise", PROFILE)
    assert (ran.code, ran.out) == (2, "")
    assert "the two engines disagree" in ran.err


def test_an_unknown_format_is_a_usage_error(run):
    ran = run("advise", PROFILE, "--format", "xml")
    assert ran.code == 2
    assert "xml" in ran.err


# Output -------------------------------------------------------------------------------------------------------------


def test_output_goes_to_a_file_and_leaves_nothing_next_to_it(run, tmp_path):
    target = tmp_path / "advice.json"
    ran = run("advise", PROFILE, "--format", "json", "--output", str(target))
    assert (ran.code, ran.out) == (0, "")
    assert json.loads(target.read_text(encoding="utf-8"))["schema_version"] == "2"
    assert [path.name for path in tmp_path.iterdir()] == ["advice.json"]


def test_a_file_that_cannot_be_written_is_reported_and_the_old_one_stays(run, tmp_path, monkeypatch):
    target = tmp_path / "advice.txt"
    target.write_text("old", encoding="utf-8")

    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    ran = run("advise", PROFILE, "--output", str(target))
    assert ran.code == 2
    assert "cannot be written: No space left on device" in ran.err
    assert target.read_text(encoding="utf-8") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["advice.txt"]


def test_a_folder_as_output_is_refused(run, tmp_path):
    ran = run("advise", PROFILE, "--output", str(tmp_path))
    assert ran.code == 2
    assert "found a folder" in ran.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_standard_output_is_reported():
    command = [sys.executable, "-c", "from regimen_advisor.cli.app import main; main()", "show", "drug", "osimertinib"]
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert ran.returncode == 2
    assert ran.stderr == "standard output: cannot be written: No space left on device\n"


def test_a_reader_that_has_seen_enough_is_no_error():
    command = [sys.executable, "-c", "from regimen_advisor.cli.app import main; main()", "show", "study", "mariposa-2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    ("closed", "code", "message"),
    [
        ("<&-", 2, "<stdin>:1:1: expected a profile: a mapping of keys such as `histology`, found nothing\n"),
        (
            "< /dev/null >&-",
            2,
            "<stdin>:1:1: expected a profile: a mapping of keys such as `histology`, found nothing\n",
        ),
        ("< {profile} >&-", 2, "standard output: cannot be written: Bad file descriptor\n"),
        ("< {profile} 2>&-", 0, ""),
        ("< /dev/null 2>&-", 2, ""),
    ],
)
def test_a_stream_that_the_shell_closed_ends_in_no_traceback(closed, code, message):
    program = "from regimen_advisor.cli.app import main; main()"
    line = f'"{sys.executable}" -c "{program}" advise - {closed.format(profile=PROFILE)}'
    ran = subprocess.run(["bash", "-c", line], capture_output=True, text=True, encoding="utf-8", check=False)
    assert (ran.returncode, ran.stderr) == (code, message)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_standard_error_does_not_change_the_exit_code():
    command = [sys.executable, "-c", "from regimen_advisor.cli.app import main; main()", "advise", "nowhere.yaml"]
    with Path("/dev/full").open("w") as full:
        assert subprocess.run(command, stdout=subprocess.PIPE, stderr=full, check=False).returncode == 2


def test_a_cell_of_a_table_that_could_steer_a_terminal_is_printed_as_escapes(run, tmp_path):
    (tmp_path / "odd.csv").write_text("id,histology\n1,\x1b[31msquamous\n2,squamous\n", encoding="utf-8")
    ran = run("cohort", str(tmp_path / "odd.csv"))
    assert ran.code == 0
    assert "\x1b" not in ran.out
    assert r"histology: \x1b[31msquamous" in ran.out


@pytest.mark.parametrize("arguments", [["check", "--rules"], ["test"], ["diff"], ["advise"], ["page", "--profiles"]])
def test_a_name_that_no_file_can_have_is_reported_in_one_line(run, arguments):
    ran = run(*arguments, "long-name-" * 500)
    assert (ran.code, ran.out) == (2, "")
    assert "File name too long" in ran.err
    assert ran.err.count("\n") == 1


def test_the_help_shows_a_whole_sentence_for_each_verb(run):
    output = run("--help").out.partition("A patient:")[2].partition("Begin with:")[0].splitlines()
    verbs = [line for line in output if line.startswith("  ") and line.strip()]
    assert len(verbs) > 12
    assert [line for line in verbs if not line.endswith((".", "?")) or line.endswith("...")] == []


def test_the_locale_of_the_machine_does_not_matter():
    ran = whole_process("show", "drug", "osimertinib", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert ran.returncode == 0
    assert "奥希替尼" in ran.stdout


def in_a_terminal(arguments: list[str], **variables: str) -> str:
    """What a terminal of 90 columns is sent."""
    main_end, other_end = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "90", **variables}
    command = [sys.executable, "-c", "from regimen_advisor.cli.app import main; main()", *arguments]
    with subprocess.Popen(command, stdout=other_end, stderr=other_end, env=environment) as process:
        os.close(other_end)
        sent = b""
        while True:
            try:
                part = os.read(main_end, 65536)
            except OSError:  # Linux says so at the end of a terminal
                break
            if not part:
                break
            sent += part
    os.close(main_end)
    assert process.returncode == 0
    return sent.decode()


def test_colour_only_repeats_what_the_words_say():
    coloured = in_a_terminal(["advise", PROFILE])
    plain = in_a_terminal(["advise", PROFILE], NO_COLOR="1", TERM="dumb")
    assert "\x1b[33m" in coloured
    assert "\x1b[3" not in plain
    assert "Before the first dose: " in plain


# show, schema, the command itself -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "id", "words"),
    [
        ("study", "mariposa-2", "6.3 months"),
        ("study", "MARIPOSA-2", "https://pubmed.ncbi.nlm.nih.gov/37879444/"),
        ("regimen", "anlotinib", "anlotinib-third-line"),
        ("drug", "MCLA-128", "zenocutuzumab"),
        ("drug", "platinum", "carboplatin"),
        ("rule", "platinum-again", "(recalled)"),
        ("finding", "driver-negative", "findings.yaml:"),
    ],
)
def test_show_prints_one_entry_whole(run, kind, id, words):
    ran = run("show", kind, id)
    assert (ran.code, ran.err) == (0, "")
    assert words in ran.out


@pytest.mark.parametrize("kind", ["study", "regimen", "drug", "rule", "finding"])
def test_show_names_the_nearest_id_for_one_that_does_not_exist(run, kind):
    known = {"study": "mariposa-2", "regimen": "anlotinib", "drug": "osimertinib", "rule": "platinum-again",
             "finding": "progressing"}[kind]  # fmt: skip
    ran = run("show", kind, known[:-1] + "x")
    assert (ran.code, ran.out) == (2, "")
    assert f"did you mean `{known}`?" in ran.err


@pytest.mark.parametrize("kind_and_id", [("study", "beta"), ("regimen", "iza-bren"), ("drug", "ici"),
                                         ("rule", "anlotinib-third-line"), ("finding", "advanced")])  # fmt: skip
def test_show_gives_the_same_entry_as_json(run, kind_and_id):
    entry = json.loads(run("show", *kind_and_id, "--format", "json").out)
    assert entry["id"] == kind_and_id[1]


def test_every_entry_of_the_rulebook_can_be_shown_in_every_format(rulebook):
    entries = {
        "study": rulebook.studies, "regimen": rulebook.regimens, "rule": rulebook.rules, "finding": rulebook.findings,
        "drug": {**rulebook.formulary.drugs, **rulebook.formulary.classes},
    }  # fmt: skip
    for kind, ids in entries.items():
        for id in ids:
            for format in ("text", "markdown", "json"):
                assert id in render(kind, id, rulebook, format)


@pytest.mark.parametrize("name", ["profile", "rule", "study", "advice", "case"])
def test_schema_prints_a_json_schema(run, name):
    ran = run("schema", name)
    assert ran.code == 0
    assert json.loads(ran.out)["type"] == "object"


def test_the_schema_of_a_profile_names_every_key_of_the_example(run):
    properties = json.loads(run("schema", "profile").out)["properties"]
    assert set(yaml.safe_load(Path(PROFILE).read_text(encoding="utf-8"))) <= set(properties)


def test_version_and_help_need_no_rules(run):
    assert run("--version").out.startswith("regimen-advisor")
    assert "advise" in run("--help").out


def test_an_unknown_verb_is_a_usage_error(run):
    ran = run("advice")
    assert ran.code == 2
    assert "advice" in ran.err


# Python -------------------------------------------------------------------------------------------------------------


def test_the_package_offers_the_same_answer_to_python():
    advice = regimen_advisor.advise_file(PROFILE)
    assert advice.options[0].standing is regimen_advisor.Standing.OFFERED
    assert set(regimen_advisor.__all__) <= {*dir(regimen_advisor)}
    with pytest.raises(AttributeError, match="no attribute 'advize'"):
        _ = regimen_advisor.advize


FIRST_NAMES = (
    "Advice", "DisagreementError", "InputError", "Option", "Patient", "Profile", "RegimenAdvisorError", "Rulebook",
    "Standing", "advise", "advise_file", "load_rulebook", "read", "read_profile",
)  # fmt: skip
"""The names of the package before `Guideline`, `Case`, `explain`, `compare` and `judge_table` came."""


def test_every_name_the_package_offers_is_there():
    assert all(getattr(regimen_advisor, name) is not None for name in regimen_advisor.__all__)
    assert set(FIRST_NAMES) < set(regimen_advisor.__all__)


@pytest.mark.parametrize("name", FIRST_NAMES)
def test_every_name_of_before_still_works_in_one_line(name):
    advisor = regimen_advisor
    works = {
        "Advice": lambda: isinstance(advisor.advise_file(PROFILE), advisor.Advice),
        "DisagreementError": lambda: issubclass(advisor.DisagreementError, advisor.RegimenAdvisorError),
        "InputError": lambda: issubclass(advisor.InputError, advisor.RegimenAdvisorError),
        "Option": lambda: isinstance(advisor.advise_file(PROFILE).options[0], advisor.Option),
        "Patient": lambda: isinstance(advisor.Guideline.load().case(PROFILE).patient, advisor.Patient),
        "Profile": lambda: advisor.Profile(disease="nsclc").disease == "nsclc",
        "RegimenAdvisorError": lambda: issubclass(advisor.RegimenAdvisorError, Exception),
        "Rulebook": lambda: isinstance(advisor.load_rulebook(), advisor.Rulebook),
        "Standing": lambda: advisor.Standing("offered") is advisor.Standing.OFFERED,
        "advise": lambda: advisor.advise(advisor.Profile(disease="nsclc"), advisor.load_rulebook(), ask=False).options,
        "advise_file": lambda: advisor.advise_file(PROFILE, "rules").options,
        "load_rulebook": lambda: advisor.load_rulebook("rules").rules,
        "read": lambda: advisor.read(advisor.Profile(disease="nsclc"), advisor.load_rulebook().domain).facts,
        "read_profile": lambda: advisor.read_profile(PROFILE)[0].id,
    }
    assert works[name]()


def test_advise_takes_its_arguments_by_the_names_of_before():
    rulebook = regimen_advisor.load_rulebook("rules")
    patient = regimen_advisor.read(regimen_advisor.read_profile(PROFILE)[0], rulebook.domain)
    wanted = regimen_advisor.advise(profile=patient, guideline=rulebook, ask=False)
    assert regimen_advisor.advise(patient=patient, rulebook=rulebook, ask=False) == wanted
    with pytest.raises(TypeError, match="patient"):
        regimen_advisor.advise(patient=patient, profile=patient)


def test_importing_the_package_or_asking_for_help_loads_no_heavy_library():
    heavy = "{'rich.console', 'jinja2', 'polars', 'pysat', 'durable', 'starlette'}"
    code = f"import sys, regimen_advisor, regimen_advisor.cli.app; print(sorted({heavy} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


# page ----------------------------------------------------------------------------------------------------------------


def test_page_without_a_name_writes_a_file_and_says_which(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rules = str(write_two_rules(tmp_path / "rules"))
    ran = run("page", "--rules", rules)
    assert (ran.code, ran.out, ran.err) == (0, "", "written: regimen-advisor.html\n")
    page = (tmp_path / "regimen-advisor.html").read_text("utf-8")
    assert page.lower().startswith("<!doctype html>")
    assert run("page", "--rules", rules, "--output", "-").out == page
