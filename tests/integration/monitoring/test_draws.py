"""Evidence starts from draws: whatever becomes of an answer, nothing moves in the model's favour."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from hitl.accounts.models import User
from hitl.flow.settling.amend import amend_answer
from hitl.flow.settling.undo import undo_review
from hitl.flow.settling.void import void_answers
from hitl.flow.settling.withdraw import withdraw_case, withdraw_skipped
from models_store.models import Release
from monitoring.promise.live_error import live_error
from monitoring.watch import draws, watch
from monitoring.watch.draws import Truth
from policy.models import Certificate, Decision, Policy, Trial, Watch
from reviews.models import Review, ReviewRules
from reviews.services.queue import claim_next
from reviews.services.skip_hold_escalate import escalate, skip
from science.guarantee.monitor import Level
from tests.support.factories import NOW, TESTER, person
from tests.support.live_cases import say_of, take_in
from tests.support.live_rows import evaluated
from tests.support.policy_rows import certificate_of, champion_of, cutoffs_of, lead, workflow_with_policy
from tests.support.review_rows import adjudicator

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HELD_BACK = 0.9  # above what a provisional certificate lets through: people decide, blind
N = 10


@pytest.fixture
def release() -> Release:
    """The champion of a workflow whose provisional certificate is being confirmed; it has three reviewers."""
    release = champion_of(workflow_with_policy(degree="partial"))
    cutoffs_of(release, certificate_of(release))
    evaluated(release)
    ReviewRules.objects.create(
        workflow=release.workflow, second_read_share=0.0, skip_rules={"conflict": "drop"}
    )
    for _ in range(3):
        person()
    look(release, NOW)
    return release


def look(release: Release, at: datetime) -> None:
    watch(release.workflow_id, now=at, settle=timedelta(0))


@dataclass(frozen=True)
class Seen:
    """What is shown and proved of a model at one moment."""

    wrong_tested: float
    proved: float
    wrong_watched: float
    level: int
    value: float
    low: float
    high: float
    certificates: list[str]

    def favours_no_more_than(self, before: "Seen") -> bool:
        """Tell whether nothing here speaks more for the model than before, or less against it."""
        return (
            self.wrong_tested >= before.wrong_tested
            and self.proved <= before.proved
            and self.wrong_watched >= before.wrong_watched
            and self.level >= before.level
            and self.value >= before.value
            and self.high >= before.high
            and self.certificates == before.certificates
        )


def seen(release: Release, at: datetime) -> Seen:
    look(release, at)
    trial, row = Trial.objects.get(), Watch.objects.get()
    levels = [Level.GREEN, Level.AMBER, Level.RED]
    live = live_error(Policy.objects.get(workflow_id=release.workflow_id), release, now=at).accepted
    return Seen(
        wrong_tested=trial.n_wrong,
        proved=max(trial.states[0]["game"]["peak"]),
        wrong_watched=row.n_wrong,
        level=max(levels.index(Level(row.level)), levels.index(Level(row.early_level))),
        value=live.value,
        low=live.interval.low,
        high=live.interval.high,
        certificates=sorted(Certificate.objects.values_list("status", flat=True)),
    )


def first_three() -> list[User]:
    return list(User.objects.filter(roles=["reviewer"]).order_by("pk")[:3])


def claimed(by: User, at: datetime, n: int) -> list[UUID]:
    tokens = []
    for _ in range(n):
        leased = claim_next(actor=by.as_actor(), workflow_ids=None, now=at)
        assert leased is not None
        tokens.append(leased.lease_token)
    return tokens


def nobody_answers(cases: list[UUID], at: datetime) -> None:
    pass


def one_disagrees(cases: list[UUID], at: datetime) -> None:
    say_of(cases, "spam", first_three()[1], at=at)


def two_differ(cases: list[UUID], at: datetime) -> None:
    say_of(cases, "spam", first_three()[1], at=at)
    say_of(cases, "ham", first_three()[2], at=at)


def escalated(cases: list[UUID], at: datetime) -> None:
    for _ in cases:
        (token,) = claimed(first_three()[1], at, 1)
        escalate(lease_token=token, reason="Odd.", actor=first_three()[1].as_actor(), now=at)


def abstained(cases: list[UUID], at: datetime) -> None:
    for _ in cases:
        (token,) = claimed(first_three()[1], at, 1)
        skip(lease_token=token, reason="conflict", actor=first_three()[1].as_actor(), now=at)
    withdraw_skipped(now=at)


def withdrawn(cases: list[UUID], at: datetime) -> None:
    for case_id in cases:
        withdraw_case(case_id=case_id, actor=TESTER, now=at)


def taken_back(cases: list[UUID], at: datetime) -> None:
    say_of(cases, "ham", first_three()[1], at=at)
    for review in Review.objects.filter(case_id__in=cases[:3]):
        undo_review(lease_token=review.lease_token, actor=first_three()[1].as_actor(), now=at)
    voided_by(first_three()[1], since=at, at=at)


def voided(cases: list[UUID], at: datetime) -> None:
    say_of(cases, "ham", first_three()[1], at=at)
    voided_by(first_three()[1], since=at, at=at)


def voided_by(user: User, *, since: datetime, at: datetime) -> None:
    void_answers(reviewer_id=user.pk, workflow_id=None, since=since, reason="No.", actor=lead(), now=at)


def absolved_in_sight(cases: list[UUID], at: datetime) -> None:
    """Found wrong by two, then decided by a lead as the model had."""
    one_disagrees(cases, at)
    say_of(cases, "spam", first_three()[2], at=at)
    for case_id in cases:
        amend_answer(case_id=case_id, label="ham", reason="I know it.", actor=lead(), now=at)


def void_behind_a_lead(cases: list[UUID], at: datetime) -> None:
    """Whoever agreed is void; what a lead has said since stands, and says nothing for the model."""
    say_of(cases, "ham", first_three()[1], at=at)
    for case_id in cases:
        amend_answer(case_id=case_id, label="spam", reason="Hm.", actor=lead(), now=at)
        amend_answer(case_id=case_id, label="ham", reason="No.", actor=lead(), now=at)
    voided_by(first_three()[1], since=at, at=at)


DISPUTES = [
    nobody_answers,
    one_disagrees,
    two_differ,
    escalated,
    abstained,
    withdrawn,
    taken_back,
    voided,
    absolved_in_sight,
    void_behind_a_lead,
]
NOT_SETTLED = [one for one in DISPUTES if one is not absolved_in_sight]
OF_CASES_HELD_BACK = [abstained, withdrawn]


@pytest.mark.parametrize("dispute", DISPUTES)
def test_no_dispute_moves_an_estimate_a_proof_or_a_level_in_the_models_favour(
    release: Release, dispute: Callable[[list[UUID], datetime], None]
):
    good = take_in(release, 4 * N, at=NOW)
    say_of(good, "ham", first_three()[0], at=NOW + HOUR)
    before = seen(release, NOW + 2 * HOUR)
    assert before.wrong_tested == before.value == 0
    ramp = HELD_BACK if dispute in OF_CASES_HELD_BACK else 0.0
    disputed = take_in(release, N, at=NOW + 3 * HOUR, ramp=ramp)
    dispute(disputed, NOW + 4 * HOUR)
    say_of(take_in(release, N, at=NOW + 5 * HOUR), "ham", first_three()[0], at=NOW + 6 * HOUR)
    now = seen(release, NOW + 7 * HOUR)
    later = seen(release, NOW + 30 * DAY)
    for after in (now, later):
        assert after.favours_no_more_than(before)
    assert later.wrong_tested == N
    assert later.wrong_watched == N
    weight = {one.case_id: 1 / one.inclusion_probability for one in Decision.objects.filter(sequence=0)}
    assert later.value == pytest.approx(sum(weight[one] for one in disputed) / sum(weight.values()))
    if dispute is not absolved_in_sight:
        assert later.low == before.low  # what nobody settled says nothing against the model either
    assert later.certificates == ["provisional"]


@pytest.mark.parametrize("dispute", NOT_SETTLED)
def test_a_draw_that_people_have_not_settled_is_wrong_for_the_model_and_right_against_it(
    release: Release, dispute: Callable[[list[UUID], datetime], None]
):
    ramp = HELD_BACK if dispute in OF_CASES_HELD_BACK else 0.0
    dispute(take_in(release, N, at=NOW, ramp=ramp), NOW + HOUR)
    rows = draws.scored(release.workflow_id, release.pk, reasons=["above_cutoff", "ramp"])
    for at in (NOW + 2 * HOUR, NOW + 2 * DAY, NOW + 30 * DAY):
        drawn = draws.drawn_after(rows, None, until=at, now=at)
        assert len(drawn) == N
        assert {(one.is_final, one.highest_loss, one.lowest_loss) for one in drawn} == {(False, 1.0, 0.0)}


def test_every_state_of_a_draw_has_its_cause(release: Release):
    def truths(cases: list[UUID], at: datetime) -> set[Truth]:
        rows = draws.scored(release.workflow_id, release.pk, reasons=["above_cutoff", "ramp"])
        drawn = draws.drawn_after(rows, None, until=at, now=at)
        return {one.truth for one in drawn if one.case_id in cases}

    answered = take_in(release, 1, at=NOW)
    say_of(answered, "ham", first_three()[0], at=NOW)
    assert truths(answered, NOW) == {Truth.OPEN}  # may still be taken back
    assert truths(answered, NOW + HOUR) == {Truth.FINAL}
    forgotten = take_in(release, 1, at=NOW)
    assert truths(forgotten, NOW + HOUR) == {Truth.OPEN}
    assert truths(forgotten, NOW + 2 * DAY) == {Truth.OVERDUE}
    assert truths(forgotten, NOW + 20 * DAY) == {Truth.UNSETTLED}
    disputed = take_in(release, 1, at=NOW)
    say_of(disputed, "spam", first_three()[0], at=NOW)
    assert truths(disputed, NOW + HOUR) == {Truth.OPEN}
    assert truths(disputed, NOW + 2 * DAY) == {Truth.UNSETTLED}
    gone = take_in(release, 1, at=NOW, ramp=HELD_BACK)
    withdraw_case(case_id=gone[0], actor=TESTER, now=NOW)
    assert truths(gone, NOW + HOUR) == {Truth.LOST}


def test_an_agreeing_answer_that_a_second_person_was_to_read_proves_nothing_until_then(release: Release):
    cases = take_in(release, N, at=NOW)
    say_of(cases[3:], "ham", first_three()[0], at=NOW)
    ReviewRules.objects.update(second_read_share=1.0)
    say_of(cases[:3], "ham", first_three()[0], at=NOW)
    look(release, NOW + 2 * DAY)
    assert (Trial.objects.get().n_wrong, Watch.objects.get().n_wrong) == (3, 0)
    say_of(cases[:3], "spam", first_three()[1], at=NOW + 2 * DAY)  # late, and against the model
    look(release, NOW + 2 * DAY + HOUR)
    # A third is asked: it waits.
    assert (Trial.objects.get().n_labels, Watch.objects.get().n_labels) == (0, 0)
    say_of(cases[:3], "ham", adjudicator(), at=NOW + 2 * DAY + HOUR)
    look(release, NOW + 3 * DAY)
    assert (Trial.objects.get().n_wrong, Watch.objects.get().n_wrong) == (0, 0)


def test_where_there_is_nobody_else_no_second_read_is_waited_for(release: Release):
    ReviewRules.objects.update(second_read_share=1.0)
    only = first_three()[0]
    User.objects.exclude(pk=only.pk).update(is_active=False)
    say_of(take_in(release, N, at=NOW), "ham", only, at=NOW)
    look(release, NOW + 2 * DAY)
    assert (Trial.objects.get().n_labels, Trial.objects.get().n_wrong) == (N, 0)
