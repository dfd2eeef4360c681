"""What a folder holds is read or refused: rules, cases, profiles and the parts of a table are never passed over."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from regimen_advisor.files.errors import InputError
from regimen_advisor.files.folders import files_in, yaml_files
from regimen_advisor.knowledge import rulebook as rulebooks
from regimen_advisor.knowledge.rulebook import fresh_manifest, load_rulebook
from regimen_advisor.page.building import example_profiles
from regimen_advisor.reviewing.checking import check
from regimen_advisor.reviewing.profile_share import profile_files
from regimen_advisor.testing.cases import case_files
from running import run
from small_rulebooks import write_two_rules

ROOT = Path(__file__).parent.parent
RULES = ROOT / "rules"


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A copy of the shipped rules."""
    return Path(shutil.copytree(RULES, tmp_path / "rules"))


def refusal(attempt: Callable[[], object]) -> str:
    with pytest.raises(InputError) as caught:
        attempt()
    return str(caught.value)


def unreadable(folder: Path) -> None:
    """Put a link to itself in the place of a folder: no user can list it, the superuser neither."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.symlink_to(folder.name)


# Rules -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["nsclc", "sclc", "studies"])
def test_a_folder_of_rules_that_cannot_be_read_is_refused_by_name(rules: Path, name: str) -> None:
    unreadable(rules / name)
    assert refusal(lambda: load_rulebook(rules)) == (
        f"{rules / name}: cannot be read: Too many levels of symbolic links"
    )


@pytest.mark.parametrize("name", ["", "nsclc"])
def test_a_folder_that_one_may_not_list_is_refused_by_name(
    rules: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    list_folder = os.scandir

    def forbidden(folder: Path) -> object:
        if Path(folder) == rules / name:
            raise PermissionError(13, "Permission denied")
        return list_folder(folder)

    monkeypatch.setattr(os, "scandir", forbidden)
    assert refusal(lambda: load_rulebook(rules)) == f"{rules / name}: cannot be read: Permission denied"


@pytest.mark.parametrize("disease", ["nsclc", "sclc"])
def test_a_disease_without_its_folder_is_refused_where_regimens_name_it(rules: Path, disease: str) -> None:
    shutil.rmtree(rules / disease)
    assert refusal(lambda: load_rulebook(rules)) == f"{rules / disease}: expected a folder, found none of this name"


def test_an_empty_folder_of_a_disease_is_refused(rules: Path) -> None:
    shutil.rmtree(rules / "nsclc")
    (rules / "nsclc").mkdir()
    assert refusal(lambda: load_rulebook(rules)) == (
        f"{rules / 'nsclc'}: expected a folder of rules, found no .yaml file in it"
    )


def test_a_disease_whose_rules_offer_nothing_is_refused(rules: Path) -> None:
    for file in (rules / "sclc").iterdir():
        if "offer:" in file.read_text("utf-8"):
            file.unlink()
    assert refusal(lambda: load_rulebook(rules)) == (
        f"{rules / 'sclc'}: expected a rule that offers a regimen, since regimens.yaml names some for it; found none"
    )


@pytest.mark.parametrize("ending", [".yml", ".YAML", ".Yml"])
@pytest.mark.parametrize("name", ["nsclc/squamous", "studies/harmoni-a", "sclc/another"])
def test_a_rule_file_that_is_named_otherwise_is_refused(rules: Path, name: str, ending: str) -> None:
    named = rules / f"{name}.yaml"
    if named.exists():
        named.rename(rules / f"{name}{ending}")
    else:
        (rules / f"{name}{ending}").write_text("", "utf-8")
    assert refusal(lambda: load_rulebook(rules)) == (
        f"{rules / name}{ending}: expected a name that ends in `.yaml`: this one is not read"
    )


@pytest.mark.parametrize("place", ["nsclcc/squamous.yaml", "squamous.yaml", "nsclc/old/squamous.yaml"])
def test_a_rule_file_in_a_place_where_none_is_read_is_refused(rules: Path, place: str) -> None:
    (rules / place).parent.mkdir(exist_ok=True)
    (rules / "nsclc" / "squamous.yaml").rename(rules / place)
    message = refusal(lambda: load_rulebook(rules))
    assert f"{rules / place}: expected rules in the folders nsclc and sclc: a file in this place is not read" in message


@pytest.mark.parametrize("verb", ["advise", "diff", "check", "map", "page"])
def test_a_verb_says_nothing_of_patients_where_rules_are_lost(rules: Path, verb: str) -> None:
    shutil.rmtree(rules / "nsclc")
    profile = [str(ROOT / "profiles" / "egfr-l858r-after-osimertinib.yaml")] if verb == "advise" else []
    asked = ["diff", str(RULES), str(rules)] if verb == "diff" else [verb, *profile, "--rules", str(rules)]
    asked += ["nsclc/squamous"] if verb == "map" else []
    done = run(*asked, cwd=ROOT)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"{rules / 'nsclc'}: expected a folder, found none of this name\n"


def test_rules_here_that_cannot_be_read_are_not_replaced_by_those_that_ship(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rules").symlink_to("rules")
    monkeypatch.chdir(tmp_path)
    assert refusal(load_rulebook) == "rules: cannot be read: Too many levels of symbolic links"


# The manifest ----------------------------------------------------------------------------------------------------


def test_the_manifest_of_the_shipped_rules_is_fresh() -> None:
    assert (RULES / "manifest.yaml").read_text("utf-8") == fresh_manifest(RULES), (
        "the rules were changed: regimen-advisor check --write-manifest"
    )


def test_the_manifest_is_no_part_of_what_it_counts(rules: Path) -> None:
    digest = load_rulebook(rules).digest
    (rules / "manifest.yaml").unlink()
    assert load_rulebook(rules).digest == digest


def test_a_changed_rule_makes_the_manifest_outdated_until_it_is_written_again(tmp_path: Path) -> None:
    rules = write_two_rules(tmp_path / "rules")
    file = rules / "nsclc" / "first-line.yaml"
    file.write_text(file.read_text("utf-8") + "# a remark\n", "utf-8")
    (first, *_) = check(load_rulebook(rules)).warnings
    assert (first.kind, first.location.file, first.location.line) == (
        "outdated manifest", str(rules / "manifest.yaml"), 2,
    )  # fmt: skip
    assert "the manifest is of other files" in first.says
    done = run("check", "--rules", rules, "--write-manifest", cwd=ROOT)
    assert done.returncode == 0
    assert "outdated manifest" not in {flaw.kind for flaw in check(load_rulebook(rules)).warnings}
    assert (rules / "manifest.yaml").read_text("utf-8") == fresh_manifest(rules)


def test_a_manifest_that_a_merge_left_broken_is_refused_and_can_be_written_again(tmp_path: Path) -> None:
    rules = write_two_rules(tmp_path / "rules")
    (rules / "manifest.yaml").write_text("<<<<<<< ours\nmanifest: {rules: 1}\n", "utf-8")
    assert run("check", "--rules", rules, cwd=ROOT).returncode == 2
    assert run("check", "--rules", rules, "--write-manifest", cwd=ROOT).returncode == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("manifest: {rules: some, digest: x}\n", "rules: expected a whole number, found `some`"),
        ("manifest:\n", "manifest: expected a mapping, found nothing"),
        ("rules: 3\n", "rules: unknown key"),
    ],
)
def test_a_manifest_that_says_nothing_sensible_is_refused(rules: Path, text: str, message: str) -> None:
    (rules / "manifest.yaml").write_text(text, "utf-8")
    answer = refusal(lambda: load_rulebook(rules))
    assert answer.startswith(f"{rules / 'manifest.yaml'}:1:")
    assert message in answer


@pytest.fixture
def installed(rules: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The copied rules as those inside an installed package."""
    monkeypatch.setattr(rulebooks, "INSTALLED", rules)
    return rules


def test_an_installed_package_takes_its_own_rules(installed: Path) -> None:
    assert load_rulebook(installed).digest == load_rulebook([RULES]).digest


def test_an_installed_package_refuses_its_rules_where_one_of_their_files_is_lost(installed: Path) -> None:
    (installed / "nsclc" / "silence.yaml").unlink()
    message = refusal(lambda: load_rulebook(installed))
    assert message.startswith(f"{installed / 'manifest.yaml'}:3:1: the manifest is of other files")
    assert message.endswith("(install the package again)")


def test_an_installed_package_refuses_rules_that_someone_changed(installed: Path) -> None:
    file = installed / "nsclc" / "cautions-review.yaml"
    file.write_text(file.read_text("utf-8").replace("pd_l1_tps: {below: 1}", "pd_l1_tps: {below: 50}"), "utf-8")
    message = refusal(lambda: load_rulebook(installed))
    assert message.startswith(f"{installed / 'manifest.yaml'}:3:1: the manifest is of other files")


def test_an_installed_package_without_its_manifest_is_refused_and_writes_none(installed: Path) -> None:
    (installed / "manifest.yaml").unlink()
    assert "expected the manifest of these rules, found none" in refusal(lambda: load_rulebook(installed))
    assert "not to be changed" in refusal(lambda: fresh_manifest(installed))


def test_a_package_with_its_rules_inside_notices_by_itself_that_one_of_them_is_lost(tmp_path: Path) -> None:
    package = tmp_path / "site" / "regimen_advisor"
    shutil.copytree(ROOT / "src" / "regimen_advisor", package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(RULES, package / "rules")
    profile = ROOT / "profiles" / "egfr-l858r-after-osimertinib.yaml"
    code = "from regimen_advisor.cli.app import main; main()"
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "site")}

    def advise() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", code, "advise", str(profile)]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    assert advise().returncode == 0
    (package / "rules" / "nsclc" / "silence.yaml").unlink()
    done = advise()
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"{package / 'rules' / 'manifest.yaml'}:3:1: the manifest is of other files")


# Cases, profiles and parts of a table ----------------------------------------------------------------------------


def test_a_case_file_with_the_short_ending_is_refused(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "x.case.yml").write_text("", "utf-8")
    (tmp_path / "ci.yml").write_text("", "utf-8")  # no case, and none of ours
    assert refusal(lambda: case_files([tmp_path])) == (
        f"{tmp_path / 'below' / 'x.case.yml'}: expected a name that ends in `.case.yaml`: this one is not read"
    )


def test_a_folder_of_cases_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    unreadable(tmp_path / "below")
    assert "below: cannot be read" in refusal(lambda: case_files([tmp_path]))


@pytest.mark.parametrize("list_profiles", [example_profiles, lambda folder: profile_files([str(folder)])])
def test_a_profile_with_the_short_ending_is_refused(
    tmp_path: Path, list_profiles: Callable[[Path], list[Path]]
) -> None:
    (tmp_path / "a.yaml").write_text("", "utf-8")
    (tmp_path / "b.yml").write_text("", "utf-8")
    assert f"{tmp_path / 'b.yml'}: expected a name" in refusal(lambda: list_profiles(tmp_path))


def test_the_parts_of_a_table_below_a_folder_that_cannot_be_read_are_not_passed_over(tmp_path: Path) -> None:
    polars = pytest.importorskip("polars")
    scan_table = pytest.importorskip("regimen_advisor.cohorts.tables").scan_table

    polars.DataFrame({"id": ["a"]}).write_parquet(tmp_path / "one.parquet")
    assert scan_table([str(tmp_path)]).collect().height == 1
    unreadable(tmp_path / "more")
    assert "more: cannot be read" in refusal(lambda: scan_table([str(tmp_path)]))


def test_files_are_listed_by_name_through_links_and_without_hidden_ones(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yaml", ".a.yaml", "x.txt", "there/c.yaml", ".git/d.yaml"):
        (tmp_path / "top" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "top" / name).write_text("", "utf-8")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "e.yaml").write_text("", "utf-8")
    (tmp_path / "top" / "link").symlink_to(tmp_path / "elsewhere")
    top = tmp_path / "top"
    assert yaml_files(top) == [top / "a.yaml", top / "b.yaml"]
    assert yaml_files(top, deep=True) == [top / "a.yaml", top / "b.yaml", top / "link/e.yaml", top / "there/c.yaml"]


def test_links_that_lead_back_to_a_folder_around_them_are_refused(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "again").symlink_to(tmp_path)
    message = refusal(lambda: files_in(tmp_path, deep=True, taken=lambda name: name.endswith(".parquet")))
    assert message == f"{tmp_path / 'below' / 'again'}: expected a folder, found a link to one of the folders around it"
