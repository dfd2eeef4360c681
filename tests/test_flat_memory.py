"""Memory stays flat: what is kept between patients has a bound."""

from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.patient.profile import Profile
from regimen_advisor.patient.reading import read
from regimen_advisor.solving import determining_sets
from regimen_advisor.solving.two_copies import MOST_VARIABLES


def test_a_pair_of_patients_that_has_grown_is_begun_again_and_says_the_same(rulebook: Rulebook) -> None:
    # A solver of its own: one that other tests have asked may begin again at any time.
    solver, other_session = Guideline(rulebook).solver, Guideline(rulebook).solver.session()
    other_pair = other_session.pair
    patient = read(Profile.model_validate({"disease": "sclc", "extent": "extensive"}), rulebook.domain)
    settling = determining_sets.Settling(solver, patient)
    first = settling.smallest_for_all()
    assert settling._pair is determining_sets.Settling(solver, patient)._pair
    for variable in range(1, MOST_VARIABLES + 2):
        settling._pair.any_of([variable, variable + 1])
    again = determining_sets.Settling(solver, patient)
    assert again._pair is not settling._pair
    assert not again._pair.is_worn
    assert other_session.pair is other_pair
    assert again.smallest_for_all() == first
