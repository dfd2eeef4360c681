"""``check`` and ``test`` as annotations of a pull request."""

import re

from regimen_advisor.files.errors import Location
from regimen_advisor.reports.annotations import render_cases, render_check
from regimen_advisor.reports.cases import Result
from regimen_advisor.reviewing.checking import Checked
from regimen_advisor.reviewing.flaws import Flaw
from regimen_advisor.testing.cases import read_cases
from regimen_advisor.testing.results import Failure, run_case


def test_faults_are_errors_and_warnings_are_warnings_at_their_place(rulebook):
    fault = Flaw("equal rules", "one", Location("rules/a.yaml", 3, 5), "is equal to `two`")
    warning = Flaw("no option", "sclc", Location("rules/b.yaml"), "nobody is offered anything")
    assert render_check(Checked(rulebook, (fault,), (warning,))).splitlines() == [
        "::error file=rules/a.yaml,line=3,col=5,title=equal rules::one: is equal to `two`",
        "::warning file=rules/b.yaml,title=no option::sclc: nobody is offered anything",
    ]


def test_nothing_in_a_message_or_a_name_ends_the_annotation_or_begins_another(rulebook):
    flaw = Flaw("equal rules", "one", Location("rules/a,b:c.yaml", 3), "50 %\n::error::more")
    (line,) = render_check(Checked(rulebook, (flaw,), ())).splitlines()
    assert line == r"::error file=rules/a%2Cb%3Ac.yaml,line=3,title=equal rules::one: 50 %25\n::error::more"


def test_a_case_that_fails_is_annotated_at_the_line_of_its_expectation(rulebook, tmp_path):
    file = tmp_path / "wrong.yaml"
    file.write_text("name: a wrong case\nprofile: {disease: sclc}\nexpect:\n  tarlatamab: excluded\n", encoding="utf-8")
    results = [Result(case, tuple(run_case(case, rulebook))) for case in read_cases(file, rulebook, tmp_path)]
    assert re.fullmatch(
        r"::error file=.*wrong\.yaml,line=4,col=\d+,title=a wrong case::tarlatamab: expected excluded, is .*\n",
        render_cases(results),
    )
    assert all(isinstance(failure, Failure) for failure in results[0].failures)
    assert render_cases([Result(results[0].case, ())]) == ""
