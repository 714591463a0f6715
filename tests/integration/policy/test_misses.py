"""What reviewers miss: one outcome a case, of mistakes that the model would have made by itself."""

from datetime import timedelta

import pytest

from hitl.accounts.types import Role
from models_store.models import Release
from policy.models import Decision, Policy
from policy.proof.terms import Misses, NothingKnown, misses, terms_of
from policy.services.known_answers import record_known_answer
from tests.support.factories import NOW, person
from tests.support.live_rows import decided
from tests.support.policy_rows import certificate_of, champion_of, cutoffs_of, workflow_with_policy

pytestmark = pytest.mark.django_db


def answered(case: Decision, *, by: int, says: str, minute: int = 0, is_found: bool = False) -> None:
    record_known_answer(
        workflow_id=case.workflow_id,
        case_id=case.case_id,
        reviewer_id=by,
        truth="spam",
        predicted="ham",
        answer=says,
        is_blind=True,
        is_found=is_found,
        now=NOW + timedelta(minutes=minute),
    )


def automating() -> Release:
    release = champion_of(workflow_with_policy(degree="partial", corrects_misses=True, target=0.05))
    cutoffs_of(release, certificate_of(release))
    return release


def test_many_people_who_read_one_case_are_one_outcome() -> None:
    release = automating()
    people = [person(Role.REVIEWER).pk for _ in range(4)]
    easy, hard = decided(release, 2, at=NOW, drawn=False)
    for minute, reviewer in enumerate(people):
        answered(easy, by=reviewer, says="spam", minute=minute, is_found=True)
        answered(hard, by=reviewer, says="ham", minute=minute)
    assert misses(release.workflow_id) == Misses(missed=1, known=2, found=1)


def test_the_first_answer_counts_and_no_later_one_mends_it() -> None:
    release = automating()
    (case,) = decided(release, 1, at=NOW, drawn=False)
    answered(case, by=person(Role.REVIEWER).pk, says="ham", minute=0)
    answered(case, by=person(Role.REVIEWER).pk, says="spam", minute=1)
    assert misses(release.workflow_id) == Misses(missed=1, known=1)


def test_mistakes_below_the_cutoff_say_nothing_of_those_above() -> None:
    release = automating()
    reviewer = person(Role.REVIEWER).pk
    for case in decided(release, 30, at=NOW, reason="below_cutoff", score=0.6, drawn=False):
        answered(case, by=reviewer, says="spam")
    assert misses(release.workflow_id) == Misses(missed=0, known=0)
    with pytest.raises(NothingKnown):
        terms_of(Policy.objects.get(workflow_id=release.workflow_id), labels=release.labels)


def test_a_certificate_says_what_was_allowed_for_and_where_it_is_known_from() -> None:
    release = automating()
    reviewer = person(Role.REVIEWER).pk
    for i, case in enumerate(decided(release, 60, at=NOW, drawn=False)):
        answered(case, by=reviewer, says="spam", is_found=i < 40)
    terms = terms_of(Policy.objects.get(workflow_id=release.workflow_id), labels=release.labels)
    said = terms.why["misses"]
    assert (said["missed"], said["known_wrong"], said["found_by_reviewers"]) == (0, 60, 40)
    assert terms.target == pytest.approx(0.05 * (1 - said["bound"]))
    assert terms.delta == pytest.approx(0.04)


def test_people_who_miss_nearly_everything_bound_nothing() -> None:
    release = automating()
    reviewer = person(Role.REVIEWER).pk
    for case in decided(release, 10, at=NOW, drawn=False):
        answered(case, by=reviewer, says="ham")
    with pytest.raises(NothingKnown):
        terms_of(Policy.objects.get(workflow_id=release.workflow_id), labels=release.labels)
