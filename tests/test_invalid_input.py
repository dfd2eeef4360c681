"""Bad input: one broken file for each error, its message asserted, and never a traceback."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regimen_advisor.files.errors import InputError
from regimen_advisor.files.output import MAX_BYTES
from regimen_advisor.files.sources import Document, parse_document, read_document
from regimen_advisor.knowledge.rulebook import load_rulebook
from regimen_advisor.patient.drugs import load_formulary
from regimen_advisor.patient.facts import Domain, domain_for
from regimen_advisor.patient.profile import profile_from, read_profile
from regimen_advisor.patient.reading import Patient, read

HERE = Path(__file__).parent
RULES = HERE.parent / "rules"
PROFILES = HERE / "invalid" / "profiles"
RULEBOOKS = HERE / "invalid" / "rulebooks"
EXAMPLES = sorted((HERE.parent / "profiles").glob("*.yaml"))
DOMAIN: Domain = domain_for(load_formulary(RULES / "drugs.yaml"))


def patient_in(source: Path | str) -> Patient:
    profile, document = read_profile(source)
    return read(profile, DOMAIN, document)


def complaints_about(source: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        patient_in(source)
    return [str(problem) for problem in caught.value.problems]


# Profiles ----------------------------------------------------------------------------------------------------------

BROKEN_PROFILES: dict[str, list[str]] = {
    "colon-in-a-text": [
        (
            ":1:18: not valid YAML: found a `:` out of place: text with `: ` in it needs quotes, and keys that "
            "belong together begin in the same column, each with a space after its `:`"
        ),
    ],
    "key-without-colon": [":2:1: not valid YAML: expected `: ` after a key"],
    "key-in-another-column": [
        ":3:4: not valid YAML: expected `- ` and the next item, in the same column as those before it"
    ],
    "unclosed-quote": [
        ":3:1: not valid YAML: expected the closing quote, found the end of the file (opened in line 1, column 10)"
    ],
    "list-and-mapping-mixed": [":2:1: not valid YAML: expected the next key, in the same column as the keys before it"],
    "text-that-begins-with-a-sign": [":1:10: not valid YAML: expected text in quotes where it begins with this sign"],
    "alias": [
        ":1:6: expected the value itself, found an alias (`*`): aliases are not allowed",
    ],
    "anchor": [
        ":1:6: expected a plain value, found an anchor (`&`): anchors are not allowed",
    ],
    "combination-as-drug": [
        (
            ":2:23: drugs: expected a known drug or class of drugs, found `chemoimmunotherapy` (that is more "
            "than one drug: write `ici, chemotherapy`)"
        ),
    ],
    "contradiction-of-curative-treatment-and-extent": [
        (
            ":2:1: `extent` (line 1) and `curative_treatment_possible` (line 2) contradict each other: "
            "curative treatment is not possible in metastatic or extensive disease"
        ),
    ],
    "contradiction-of-curative-treatment-and-history": [
        (
            ":4:1: `disease` (line 1), `curative_treatment_possible` (line 3) and `history` (line 4) "
            "contradict each other: once a line for advanced disease was given, curative treatment is read "
            "as no longer possible"
        ),
    ],
    "contradiction-of-disease-and-histology": [
        (
            ":2:1: `disease` (line 1) and `histology` (line 2) contradict each other: small-cell histology "
            "is small cell lung cancer, and no other is"
        ),
    ],
    "contradiction-of-extent-and-disease": [
        (
            ":2:1: `extent` (line 1) and `disease` (line 2) contradict each other: each disease has its own "
            "words for extent"
        ),
    ],
    "contradiction-of-last-outcome-and-history": [
        (
            ":2:1: `last_outcome` (line 1) and `history` (line 2) contradict each other: they differ on the "
            "outcome of the latest line"
        ),
    ],
    "contradiction-of-prior-lines-and-history": [
        (":2:1: `prior_lines` (line 1) and `history` (line 2) contradict each other: they differ on the prior lines"),
    ],
    "contradiction-of-stage-and-extent": [
        (":3:1: `stage` (line 2) and `extent` (line 3) contradict each other: stage IV is metastatic or extensive"),
    ],
    "contradiction-of-untreated-and-outcome": [
        (
            ":2:1: `prior_lines` (line 1) and `last_outcome` (line 2) contradict each other: without a line "
            "for advanced disease there is no outcome, drug, cycle or maintenance of one"
        ),
    ],
    "control-character": [
        ":2:14: expected text, found the control character `\\x07`",
    ],
    "curative-with-a-line": [
        ":2:5: history: expected no `line` with `setting: curative`",
    ],
    "deep-nesting": [
        ":1:39: expected at most 30 levels of nesting, found more",
    ],
    "duplicate-key-in-history": [
        ":2:15: line: expected each key once, but it is in line 2 too",
    ],
    "duplicate-key": [
        ":3:1: alk: expected each key once, but it is in line 1 too",
    ],
    "ecog-5": [
        ":1:7: ecog: expected an ECOG status from 0 to 4, found `5`",
    ],
    "empty-mapping": [
        ":1:1: expected at least one key, found an empty mapping",
    ],
    "empty-range": [
        ":1:14: prior_lines: expected at least one of at_least, at_most, above, below",
    ],
    "empty": [
        ":1:1: expected a profile: a mapping of keys such as `histology`, found nothing",
    ],
    "entry-that-is-a-word": [
        ":1:11: history: expected a mapping, found `osimertinib`",
    ],
    "entry-without-drugs": [
        ":2:5: history: expected at least one drug, or `drugs: unknown`",
    ],
    "entry-without-line": [
        ":2:5: history: expected `line`, the number of the line, or `setting: curative`",
    ],
    "found-and-not-found": [
        ":1:7: egfr: `L858R` is under both found and not_found",
    ],
    "fraction": [
        (
            ":1:12: pd_l1_tps: expected a whole percentage, a whole number 0-100, or a range such as "
            "`at_least: 0`, found `0.5`"
        ),
    ],
    "line-0-and-100-cycles": [
        ":2:12: line: expected at least 1, found `0`",
        ":2:45: cycles: expected at most 99, found `100`",
    ],
    "line-twice": [
        ":3:12: line: line 1 occurs twice (entries 1 and 2)",
    ],
    "lines-with-a-gap": [
        ":3:12: line: expected line 2 before line 3: lines run from 1 without a gap",
    ],
    "list-as-key": [
        ":1:3: expected a word as key, found a list or a mapping",
    ],
    "list-instead-of-mapping": [
        ":1:1: expected a profile: a mapping of keys such as `histology`, found a list",
    ],
    "maintenance-ongoing-after-progression": [
        ":3:67: outcome: maintenance of line 1 cannot be ongoing when the line has progressed",
    ],
    "maintenance-without-induction": [
        ":2:12: line: maintenance of line 1, which is not in the history",
    ],
    "misspelt-outcome": [
        (
            ":2:46: outcome: expected `progressed`, `relapsed`, `completed`, `ongoing`, `stopped-for-toxicity` or "
            "`unknown`, found `progresed` (did you mean `progressed`?)"
        ),
    ],
    "misspelt-value": [
        (
            ":1:12: histology: expected `adenocarcinoma`, `squamous`, `adenosquamous`, `large-cell`, "
            "`nsclc-nos`, `small-cell` or `unknown`, found `adenocarcinom` (did you mean `adenocarcinoma`?)"
        ),
    ],
    "misspelt-variant": [
        (
            ":1:17: egfr: expected `ex19del`, `L858R`, `T790M`, `ex20ins`, `G719X`, `S768I`, `L861Q`, "
            "`C797S` or `other`, found `L85R` (did you mean `L858R`?)"
        ),
    ],
    "not-utf-8": [
        ":1:13: expected UTF-8 text, found the byte 0xdf",
    ],
    "number-of-5000-digits": [
        (
            ":1:7: ecog: expected an ECOG status, a whole number 0-4, or a range such as `at_least: 0`, "
            'found `"999999999999999999999999999999999999999999999999999999999..."`'
        ),
    ],
    "octal-number": [
        (':1:7: ecog: expected an ECOG status, a whole number 0-4, or a range such as `at_least: 0`, found `"01"`'),
    ],
    "only-a-comment": [
        ":1:1: expected a profile: a mapping of keys such as `histology`, found nothing",
    ],
    "quoted-number": [
        (':1:7: ecog: expected an ECOG status, a whole number 0-4, or a range such as `at_least: 0`, found `"1"`'),
    ],
    "range-upside-down": [
        (
            ":1:12: pd_l1_tps: expected a range with at least one number from 0 to 100 in it, found "
            "`at_least: 50, below: 20`"
        ),
    ],
    "range-with-nothing-below": [
        ":1:12: pd_l1_tps: expected a range with at least one number from 0 to 100 in it, found `below: 0`",
    ],
    "range-with-unknown-word": [
        ":1:13: atleast: unknown key (did you mean `at_least`?)",
    ],
    "several-problems": [
        ":1:1: histolgy: unknown key (did you mean `histology`?)",
        (
            ":2:8: stage: expected `IA`, `IB`, `IIA`, `IIB`, `IIIA`, `IIIB`, `IIIC`, `IVA`, `IVB`, `I`, "
            "`II`, `III`, `IV` or `unknown`, found `VI`"
        ),
        ":3:7: ecog: expected an ECOG status from 0 to 4, found `7`",
        ":5:35: outcom: unknown key (did you mean `outcome`?)",
    ],
    "tab-as-indent": [
        ":2:1: not valid YAML: found a tab, expected spaces",
    ],
    "tag": [
        (
            ":1:5: expected a plain value, found the tag `tag:yaml.org,2002:python/object:os.system`: tags "
            "are not allowed"
        ),
    ],
    "terminal-escape": [
        ":1:6: alk: expected `positive`, `negative` or `unknown`, found `\\x1b[31mred`",
    ],
    "tps-150": [
        ":1:12: pd_l1_tps: expected a whole percentage from 0 to 100, found `150`",
    ],
    "tps-in-unreadable-words": [
        (
            ":1:12: pd_l1_tps: expected a whole percentage 0-100, a range such as `at_least: 1, below: 50`, "
            "or one of the forms `<1`, `1-49`, `>=50`, found `high`"
        ),
    ],
    "two-contradictions": [
        (
            ":2:1: `disease` (line 1) and `histology` (line 2) contradict each other: small-cell histology "
            "is small cell lung cancer, and no other is"
        ),
        (":4:1: `stage` (line 3) and `extent` (line 4) contradict each other: stage IV is metastatic or extensive"),
    ],
    "two-documents": [
        ":4:1: expected one document in the file, found a second one after `---`",
    ],
    "unclosed-list": [
        ":2:4: not valid YAML: expected `,` or `]` (opened in line 1, column 7)",
    ],
    "unknown-drug": [
        (":2:23: drugs: expected a known drug or class of drugs, found `osimertinb` (did you mean `osimertinib`?)"),
    ],
    "unknown-key": [
        ":2:1: hystology: unknown key (did you mean `histology`?)",
    ],
    "variant-without-a-list": [
        (
            ":1:7: egfr: expected a list, a mapping, `wild-type`, `positive` or `unknown`, found `L858R` (a "
            "list is written `[L858R]`)"
        ),
    ],
    "wild-type-in-a-list": [
        ":1:7: egfr: expected `wild-type` without a list around it, found `[wild-type]`",
    ],
    "word-instead-of-mapping": [
        ":1:1: expected a profile: a mapping of keys such as `histology`, found `squamous`",
    ],
    "wrong-type-of-number": [
        (":1:7: ecog: expected an ECOG status, a whole number 0-4, or a range such as `at_least: 0`, found `one`"),
    ],
    "wrong-type-of-text": [
        ":1:10: summary: expected text, found a list",
        ":2:6: alk: expected `positive`, `negative` or `unknown`, found `1`",
    ],
    "yes-no-word-no": [
        (
            ":1:19: brain_metastases: expected `true`, `false`, `treated`, `active` or `unknown`, found `NO` "
            "(did you mean `false`?)"
        ),
    ],
}


def test_every_broken_profile_has_its_message_here() -> None:
    assert sorted(path.stem for path in PROFILES.glob("*.yaml")) == sorted(BROKEN_PROFILES)


@pytest.mark.parametrize("name", sorted(BROKEN_PROFILES))
def test_a_broken_profile_is_refused_with_every_problem_at_its_place(name: str) -> None:
    path = PROFILES / f"{name}.yaml"
    assert complaints_about(path) == [f"{path}{profile}" for profile in BROKEN_PROFILES[name]]


@pytest.mark.parametrize("name", sorted(BROKEN_PROFILES))
def test_a_message_stays_on_one_line_and_cannot_steer_a_terminal(name: str) -> None:
    assert all(entry.isprintable() for entry in complaints_about(PROFILES / f"{name}.yaml"))


def test_a_file_that_is_missing_is_reported_to_be_missing(tmp_path: Path) -> None:
    assert complaints_about(tmp_path / "none.yaml") == [f"{tmp_path / 'none.yaml'}: no such file"]


def test_a_folder_is_no_profile(tmp_path: Path) -> None:
    assert complaints_about(tmp_path) == [f"{tmp_path}: expected a file, found a folder"]


def test_a_name_that_no_file_can_have_is_refused() -> None:
    with pytest.raises(InputError, match="cannot be read"):
        patient_in("a\0b.yaml")


def test_ten_megabytes_are_refused_before_they_are_parsed(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    path.write_bytes(b"summary: " + b"x" * 10_000_000)
    assert complaints_about(path) == [f"{path}: expected at most {MAX_BYTES:,} bytes, found more"]


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "marked.yaml"
    path.write_bytes(b"\xef\xbb\xbfhistology: squamous\n")
    assert patient_in(path).id == "marked"


def test_half_a_character_in_a_text_is_refused_as_no_text() -> None:
    with pytest.raises(InputError) as caught:
        parse_document("alk: \ud800", "half.yaml")
    assert str(caught.value) == "half.yaml:1:6: expected text, found the control character `\\ud800`"


# Rulebooks ---------------------------------------------------------------------------------------------------------

BROKEN_RULEBOOKS: dict[str, list[str]] = {
    "control-character-in-a-name": [
        "nsclc/broken.yaml:6:12: offer: expected small letters, digits and hyphens, found `ivones\\x1b[31mcimab`",
    ],
    "review-that-is-left-out": [
        "nsclc/broken.yaml:8:22: review: expected `bispecific`, found `antiangiogenic`",
        "regimens.yaml:36:13: review: expected `bispecific`, found `antiangiogenic`",
    ],
    "unreadable-beside-the-rules": [
        "approvals.yaml:1:1: expected a list, found `approvals` (a list is written `[approvals]`)",
        "drugs.yaml:1:8: expected a plain value, found an anchor (`&`): anchors are not allowed",
        "reviews.yaml:2:1: not valid YAML: expected `,` or `]` (opened in line 1, column 8)",
    ],
    "unreadable-in-two-files": [
        "nsclc/also-broken.yaml:3:1: not valid YAML: expected `,` or `]` (opened in line 2, column 8)",
        "nsclc/broken.yaml:2:1: not valid YAML: found a tab, expected spaces",
    ],
    "basis-without-certainty": [
        "nsclc/broken.yaml:5:5: a-rule: expected `basis` and `certainty` together",
    ],
    "caution-without-a-kind": [
        "nsclc/broken.yaml:5:5: a-rule: expected `kind` with `caution`: one of patient, evidence, measure",
    ],
    "certainty-without-basis": [
        "nsclc/broken.yaml:5:5: a-rule: expected `basis` and `certainty` together",
    ],
    "circle-of-findings": [
        "findings.yaml:4:9: when: findings go in a circle: one -> two -> one",
    ],
    "circle-of-overrides": [
        "nsclc/broken.yaml:10:16: overrides go in a circle: a-rule -> another-rule -> a-rule",
    ],
    "disease-of-another-folder": [
        "nsclc/broken.yaml:3:10: disease: expected the name of the folder, `nsclc`",
    ],
    "duplicate-key": [
        "nsclc/broken.yaml:5:1: rules: expected each key once, but it is in line 4 too",
    ],
    "each-regimen-of-a-broken-condition": [
        "each-regimen.yaml:4:25: progressed_on: expected a mapping with one of includes, any_of, all_of, none_of",
    ],
    "each-regimen-of-an-unknown-regimen": [
        "each-regimen.yaml:4:12: except: unknown regimen `anlotinb` (did you mean `anlotinib`?)",
    ],
    "each-regimen-with-the-id-of-a-rule": [
        "each-regimen.yaml:1:7: id: the rule `sound-anlotinib` is in nsclc/other.yaml:5:5 too",
    ],
    "each-regimen-without-its-drugs": [
        "each-regimen.yaml:4:9: when: expected `its-drugs` in the condition; a rule without it belongs to a disease",
    ],
    "empty-any": [
        "nsclc/broken.yaml:7:17: any: expected a list of at least one condition",
    ],
    "empty-condition": [
        "nsclc/broken.yaml:7:11: expected conditions as a mapping with at least one key",
    ],
    "finding-neither-true-nor-false": [
        "nsclc/broken.yaml:7:25: progressing: expected true or false",
    ],
    "finding-twice": [
        "findings.yaml:1:7: id: the finding `one` occurs twice",
    ],
    "finding-with-the-name-of-a-fact": [
        "findings.yaml:1:7: id: `histology` is the name of a fact; expected another name",
        "findings.yaml:4:21: histology: expected true or false",
    ],
    "finding-without-source-or-basis": [
        "findings.yaml:1:7: one: expected either `source` or `basis`",
    ],
    "id-with-capitals": [
        "nsclc/broken.yaml:5:9: id: expected small letters, digits and hyphens, found `A-Rule`",
    ],
    "misplaced-references": [
        "approvals.yaml:1:3: expected a known study, found `harmoni-b` (did you mean `harmoni-a`?)",
        "studies/harmoni-a.yaml:1:1: expected a known section of bispecific, found `9.9`",
    ],
    "first-place-for-a-measure": [
        "nsclc/broken.yaml:8:12: place: only a caution of the kind `patient` may be placed first, found `measure`",
    ],
    "first-place-for-an-offer": [
        "nsclc/broken.yaml:7:12: place: only a caution, a note or a silence may be placed first, never offer",
    ],
    "harm-of-an-unknown-drug": [
        "studies/harmoni-a.yaml:4:10: harm_of: unknown drug `bevacizumb` (did you mean `bevacizumab`?)",
    ],
    "if-open-of-an-unknown-key": [
        "nsclc/broken.yaml:11:14: if_open: `alk` is not a key of the condition",
    ],
    "if-open-on-an-offer": [
        "nsclc/broken.yaml:10:14: if_open: only a caution may have it, never offer",
    ],
    "regimens-of-a-note": [
        "nsclc/broken.yaml:7:15: regimens: only a standard may name them, never note",
    ],
    "drugs-of-a-standard-unknown": [
        "nsclc/broken.yaml:7:21: class: unknown class `icis` (did you mean `ici`?)",
    ],
    "gives-way-for-nobody": [
        "nsclc/broken.yaml:5:5: a-standard: expected `gives_way_to` and `meant_for` together",
    ],
    "gives-way-to-an-unknown-rule": [
        ("nsclc/broken.yaml:7:20: gives_way_to: unknown rule `a-standarb` (did you mean `a-standard`?)"),
    ],
    "regimens-unknown": [
        "nsclc/broken.yaml:7:16: regimens: unknown regimen `anlotinb` (did you mean `anlotinib`?)",
    ],
    "kind-on-an-offer": [
        "nsclc/broken.yaml:7:11: kind: only a caution may have it, never offer",
    ],
    "missing-section": [
        "nsclc/broken.yaml:8:13: expected the key `section`, which is missing",
    ],
    "missing-source": [
        "nsclc/broken.yaml:5:5: expected the key `source`, which is missing",
    ],
    "no-effect": [
        (
            "nsclc/broken.yaml:5:5: a-rule: expected exactly one effect of offer, exclude, caution, trial, "
            "note, standard, silent; found none"
        ),
    ],
    "number-beyond-its-domain": [
        "nsclc/broken.yaml:7:18: ecog: expected whole numbers from 0 to 4",
    ],
    "outside-basis-on-an-exclusion": [
        "nsclc/broken.yaml:10:12: basis: `outside the reviews` may only warn or note, never exclude",
    ],
    "outside-basis-on-an-offer": [
        "nsclc/broken.yaml:10:12: basis: `outside the reviews` may only warn or note, never offer",
    ],
    "override-of-an-unknown-rule": [
        "nsclc/broken.yaml:10:17: overrides: unknown rule `a-rul` (did you mean `a-rule`?)",
    ],
    "override-of-itself": [
        "nsclc/broken.yaml:10:16: overrides go in a circle: a-rule -> a-rule",
    ],
    "override-without-a-shared-regimen": [
        "nsclc/broken.yaml:10:17: overrides: `a-rule` and `another-rule` share no regimen",
    ],
    "range-upside-down": [
        "nsclc/broken.yaml:7:23: pd_l1_tps: expected a range with at least one number in it",
    ],
    "set-without-a-word": [
        "nsclc/broken.yaml:7:18: egfr: expected a mapping with one of includes, any_of, all_of, none_of",
    ],
    "setting-of-another-name": [
        "nsclc/broken.yaml:1:10: setting: expected the name of the file, `broken`",
    ],
    "several-problems": [
        "nsclc/broken.yaml:6:12: offer: unknown regimen `ivonescimb` (did you mean `ivonescimab`?)",
        "nsclc/broken.yaml:7:12: histolgy: unknown fact or finding (did you mean `histology`?)",
        "nsclc/broken.yaml:7:38: ecog: expected whole numbers from 0 to 4",
        "nsclc/broken.yaml:8:15: studies: unknown study `harmoni-3` (did you mean `harmoni-a`?)",
        (
            "nsclc/broken.yaml:12:5: another-rule: expected exactly one effect of offer, exclude, caution, "
            "trial, note, standard, silent; found none"
        ),
    ],
    "two-effects": [
        (
            "nsclc/broken.yaml:5:5: a-rule: expected exactly one effect of offer, exclude, caution, trial, "
            "note, standard, silent; found offer, note"
        ),
    ],
    "two-rules-with-one-id": [
        "nsclc/broken.yaml:11:9: id: the rule `a-rule` is in nsclc/broken.yaml:5:5 too",
    ],
    "two-rules-with-one-id-in-two-files": [
        "nsclc/broken.yaml:5:9: id: the rule `a-rule` is in nsclc/also-broken.yaml:5:5 too",
    ],
    "unknown-drug-in-a-condition": [
        (
            "nsclc/broken.yaml:7:22: received: expected one of 176 words; found `osimertinb` (did you mean "
            "`osimertinib`?)"
        ),
    ],
    "unknown-effect": [
        "nsclc/broken.yaml:9:5: ofer: unknown key (did you mean `offer`?)",
    ],
    "unknown-fact": [
        "nsclc/broken.yaml:7:12: histolgy: unknown fact or finding (did you mean `histology`?)",
    ],
    "unknown-kind-of-caution": [
        "nsclc/broken.yaml:7:11: kind: expected `patient`, `evidence` or `measure`, found `serious`",
    ],
    "unknown-member": [
        (
            "nsclc/broken.yaml:7:18: egfr: expected ex19del, L858R, T790M, ex20ins, G719X, S768I, L861Q, "
            "C797S, other, wild-type; found `L85R` (did you mean `L858R`?)"
        ),
    ],
    "unknown-review": [
        (
            "nsclc/broken.yaml:8:22: review: expected `antiangiogenic` or `bispecific`, found `bispecifc` "
            "(did you mean `bispecific`?)"
        ),
    ],
    "unknown-section": [
        (
            "nsclc/broken.yaml:8:43: section: expected a section of `bispecific`: abstract, 1, 2, "
            "2.1, 2.1.1, 2.1.2, 2.1.3, 2.1.4, 2.2, 2.2.1, 2.2.2, 2.3, 3, 3.1, 3.2, 3.3, 4, 4.1, 4.2, 4.3, 5, "
            "6"
        ),
    ],
    "unknown-value": [
        (
            "nsclc/broken.yaml:7:23: histology: expected adenocarcinoma, squamous, adenosquamous, "
            "large-cell, nsclc-nos, small-cell; found `squamos` (did you mean `squamous`?)"
        ),
    ],
    "unquoted-section": [
        ("nsclc/broken.yaml:8:43: section: expected text, found `3.2` (a number that is text needs quotes)"),
    ],
    "unresolved-approval": [
        "nsclc/broken.yaml:10:17: approvals: unknown approval `appr-unknown`",
    ],
    "unresolved-drug-in-a-target": [
        "nsclc/broken.yaml:9:21: drug: unknown drug `ivonescimb` (did you mean `ivonescimab`?)",
    ],
    "unresolved-regimen": [
        "nsclc/broken.yaml:6:12: offer: unknown regimen `ivonescimb` (did you mean `ivonescimab`?)",
    ],
    "unresolved-study": [
        "nsclc/broken.yaml:8:15: studies: unknown study `harmoni-3` (did you mean `harmoni-a`?)",
    ],
    "unresolved-study-of-a-trial": [
        "nsclc/broken.yaml:9:12: trial: unknown study `nct00000000`",
    ],
}


OFFER = """\
setting: sound
title: A sound file
disease: {disease}
rules:
  - id: sound-{disease}
    offer: {regimen}
    when: {{disease: {disease}}}
    studies: [harmoni-a]
    source: {{review: bispecific, section: "3.2"}}
    says: A sentence.
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The shipped rulebook with one rule for each disease, one study and no findings."""
    rules = tmp_path / "rules"
    (rules / "studies").mkdir(parents=True)
    for name in ("drugs", "regimens", "reviews"):
        shutil.copy(RULES / f"{name}.yaml", rules)
    (rules / "approvals.yaml").write_text("[]\n", "utf-8")
    shutil.copy(RULES / "studies" / "harmoni-a.yaml", rules / "studies")
    (rules / "findings.yaml").write_text("[]\n", "utf-8")
    for disease, regimen in (("nsclc", "ivonescimab"), ("sclc", "tarlatamab")):
        (rules / disease).mkdir()
        offer = OFFER.format(disease=disease, regimen=regimen)
        (rules / disease / "sound.yaml").write_text(offer, "utf-8")
    return rules


def test_the_rulebook_that_is_broken_below_is_sound(folder: Path) -> None:
    assert list(load_rulebook(folder).rules) == ["sound-nsclc", "sound-sclc"]


def test_every_broken_rulebook_has_its_message_here() -> None:
    assert sorted(path.name for path in RULEBOOKS.iterdir()) == sorted(BROKEN_RULEBOOKS)


@pytest.mark.parametrize("name", sorted(BROKEN_RULEBOOKS))
def test_a_broken_rulebook_is_refused_with_every_problem_at_its_place(name: str, folder: Path) -> None:
    shutil.copytree(RULEBOOKS / name, folder, dirs_exist_ok=True)
    with pytest.raises(InputError) as caught:
        load_rulebook(folder)
    message = [str(problem).replace(f"{folder}/", "") for problem in caught.value.problems]
    assert message == BROKEN_RULEBOOKS[name]


def test_a_rulebook_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected a folder, found none of this name"):
        load_rulebook(tmp_path / "none")
    with pytest.raises(InputError, match=r"expected a folder of rules, found no \.yaml file in it"):
        load_rulebook(tmp_path)


def test_hidden_files_that_an_editor_leaves_next_to_the_rules_are_no_rules(folder: Path) -> None:
    (folder / "nsclc" / ".#silence.yaml").symlink_to("somebody@somewhere.1234")  # an Emacs lock
    (folder / "nsclc" / "._silence.yaml").write_bytes(b"\x00\x05\x16\x07")  # what macOS keeps next to a file
    assert list(load_rulebook(folder).rules) == ["sound-nsclc", "sound-sclc"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda file: file.symlink_to(file.name), "cannot be read: Too many levels of symbolic links"),
        (lambda file: file.symlink_to("nowhere.yaml"), "no such file"),
        (lambda file: file.mkdir(), "expected a file, found a folder"),
        (lambda file: file.write_bytes(b"#" * (MAX_BYTES + 1)), f"expected at most {MAX_BYTES:,} bytes, found more"),
    ],
    ids=["circle-of-links", "link-to-nothing", "folder", "too-large"],
)
def test_what_is_no_readable_file_among_the_rules_is_reported_by_name(
    folder: Path, make: Callable[[Path], object], message: str
) -> None:
    file = folder / "nsclc" / "odd.yaml"
    make(file)
    with pytest.raises(InputError) as caught:
        load_rulebook(folder)
    assert str(caught.value) == f"{file}: {message}"


@pytest.mark.parametrize("name", ["drugs", "regimens", "reviews", "approvals", "findings"])
def test_a_rulebook_without_one_of_its_files_is_refused(name: str, folder: Path) -> None:
    (folder / f"{name}.yaml").unlink()
    with pytest.raises(InputError) as caught:
        load_rulebook(folder)
    assert str(caught.value) == f"{folder / name}.yaml: no such file"


# Whatever the text -------------------------------------------------------------------------------------------------


def refusal(attempt: Callable[[], object]) -> list[str] | None:
    """What ``InputError`` says; ``None`` where the attempt succeeds. Any other exception is a failure of the test."""
    try:
        attempt()
    except InputError as error:
        return [str(problem) for problem in error.problems]
    return None


def read_or_refused(text: str) -> None:
    def attempt() -> None:
        document = parse_document(text, "any.yaml")
        read(profile_from(document), DOMAIN, document)

    message = refusal(attempt)
    assert message != []
    assert all(problem.startswith("any.yaml:") for problem in message or ())


KEYS = st.sampled_from([*DOMAIN.facts, "id", "summary", "history", "line", "drugs", "outcome", "found", "at_least"])
WORDS = st.sampled_from(
    ["unknown", "none", "[]", "{}", "NO", "wild-type", "positive", "1.5", "-1", "~", "!x", "*a", "&a"]
)
PIECES = st.one_of(
    st.text(max_size=12), WORDS, KEYS.map(lambda key: f"\n{key}: "), st.sampled_from(list("[]{}:,-?#\n\t \"'|>%"))
)


@given(st.lists(PIECES, max_size=25).map("".join))
@settings(deadline=None, max_examples=150)
def test_any_text_is_read_or_refused(text: str) -> None:
    read_or_refused(text)


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), WORDS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=6,
)


@given(st.dictionaries(KEYS, VALUES, max_size=6))
@settings(deadline=None, max_examples=150)
def test_any_mapping_is_read_or_refused(value: dict[str, object]) -> None:
    document = Document("any.yaml", value, {}, {})
    assert refusal(lambda: read(profile_from(document), DOMAIN, document)) != []


@given(st.data())
@settings(deadline=None, max_examples=100)
def test_a_damaged_example_is_read_or_refused(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(EXAMPLES)).read_text("utf-8")
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 12)))
        text = text[:start] + data.draw(PIECES) + text[end:]
    read_or_refused(text)


@given(st.binary(max_size=200))
@settings(deadline=None, max_examples=50)
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(raw)
    assert refusal(lambda: read_document(path)) != []
