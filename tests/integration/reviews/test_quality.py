"""How well people answer, from rows: what is compared, what must not be, and what is too little to tell."""

from datetime import timedelta

import pytest

from cases.models import Case, Workflow
from hitl.accounts.models import User
from reviews.models import KnownAnswerCase, Review, ReviewRules, Task
from reviews.quality.agreement import Together, agreements
from reviews.quality.now import at_risk, by_hour, lanes, who_is_on
from reviews.quality.people import PersonQuality, confusions, labels, people
from reviews.quality.window import Window
from science.agreement.alpha import Alpha
from science.agreement.rubber_stamp import RubberStamp
from science.agreement.shares import Share, TooFew
from tests.support.factories import NOW, person
from tests.support.policy_rows import automating_workflow
from tests.support.review_rows import adjudicator, audited, claim, review_workflow, say, suggest, waiting

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def answered(
    workflow: Workflow, *answers: tuple[User, str], shown: str | None = None, seconds: float = 5.0
) -> Case:
    """Return a case that these people answered in this order, the first with this suggestion in sight."""
    case = waiting(workflow)[0]
    if shown:
        suggest(case, workflow.releases.get(), label=shown, confidence=0.8, runner_up="ham")
    for user, label in answers:
        say(user, label, at=NOW, seconds=seconds)
    Review.objects.filter(case=case).update(seconds=seconds)
    return case


def known(workflow: Workflow, user: User, label: str, *, truth: str, predicted: str | None = None) -> None:
    """Let a person answer a case whose answer is known, blind."""
    case = waiting(workflow)[0]
    KnownAnswerCase.objects.create(
        case=case, workflow=workflow, truth=truth, predicted=predicted, marked_by=user, marked_at=NOW
    )
    say(user, label)
    Task.objects.filter(case=case).update(purpose="known_answer")


def of(user: User, **window: object) -> PersonQuality:
    found = people(Window(NOW - timedelta(days=1), LATER, **window))  # type: ignore[arg-type]
    return next(one for one in found if one.person_id == user.pk)


def counts(estimate: Share | TooFew) -> tuple[int, int]:
    assert isinstance(estimate, Share), estimate
    return estimate.hits, estimate.n


def test_answers_are_compared_where_two_people_were_to_answer_anyway() -> None:
    workflow = review_workflow(reviews_required=2)
    right, wrong, judge = person(), person(), adjudicator()
    for _ in range(4):
        answered(workflow, (right, "spam"), (wrong, "spam"))
    for _ in range(6):
        answered(workflow, (right, "spam"), (wrong, "ham"), (judge, "spam"))
    assert (counts(of(right).agreement), counts(of(wrong).agreement)) == ((10, 10), (4, 10))
    assert counts(of(wrong).overturned) == (6, 6)
    assert counts(of(right).overturned) == (0, 6)
    assert isinstance(of(judge).agreement, TooFew)  # an adjudication decides what it would be compared with
    table = confusions(
        Window(NOW, LATER, person_id=wrong.pk), order={workflow.pk: ["ham", "spam", "unsure"]}
    )[0]
    assert table.labels == ["ham", "spam", "unsure"]
    assert table.confusion.counts.tolist() == [[0, 0, 0], [6, 4, 0], [0, 0, 0]]


def test_first_answers_to_audits_and_lonely_answers_are_not_compared() -> None:
    workflow = automating_workflow()
    first, second = person(), person()
    for _ in range(6):
        audited(workflow)
        say(first, "ham")
        say(second, "ham")
    lonely = person()
    for _ in range(6):
        answered(workflow, (lonely, "spam"))
    assert of(first).answers == of(lonely).answers == 6
    assert isinstance(of(first).agreement, TooFew)  # agreeing ones would hardly ever have been read again
    assert isinstance(of(lonely).agreement, TooFew)
    assert counts(of(second).agreement) == (6, 6)


def test_known_answers_are_counted_by_themselves() -> None:
    workflow, user = review_workflow(), person()
    for n in range(6):
        known(workflow, user, "spam" if n else "ham", truth="spam")
    assert counts(of(user).known) == (5, 6)
    assert isinstance(of(user).agreement, TooFew)


def test_a_rubber_stamp_repeats_the_models_mistakes_only_when_it_sees_them() -> None:
    workflow = automating_workflow()
    ReviewRules.objects.create(workflow=workflow, reviews_required=2)
    stamper, careful, judge = person(), person(), adjudicator()
    for _ in range(10):  # the model says spam; it is ham
        answered(workflow, (stamper, "spam"), (careful, "ham"), (judge, "ham"), shown="spam")
    for n in range(10):
        known(workflow, stamper, "ham" if n else "spam", truth="ham", predicted="spam")
    stamp = of(stamper).rubber_stamp
    assert isinstance(stamp, RubberStamp)
    assert (stamp.shown.hits, stamp.shown.n, stamp.blind.hits, stamp.blind.n) == (10, 10, 1, 10)
    assert stamp.is_raised
    assert of(stamper).needs_a_look
    assert isinstance(of(careful).rubber_stamp, TooFew)  # never saw a suggestion


def test_pace_is_learned_from_everybody_and_the_hasty_stand_out() -> None:
    workflow = review_workflow()
    careful, hasty = person(), person()
    for n in range(40):
        answered(workflow, (careful, "spam"), seconds=6 + n % 7)
    for _ in range(10):
        answered(workflow, (hasty, "spam"), seconds=0.4)
    assert counts(of(hasty).too_fast) == (10, 10)
    assert counts(of(careful).too_fast) == (0, 40)
    assert of(careful).median == 9
    assert of(hasty).per_hour == pytest.approx(9000)


def test_answers_taken_back_and_those_of_other_times_and_workflows_are_left_out() -> None:
    mail, post, user = review_workflow("mail"), review_workflow("post"), person()
    answered(mail, (user, "spam"))
    undone = answered(mail, (user, "spam"))
    Review.objects.filter(case=undone).update(undone_at=LATER)
    answered(post, (user, "spam"))
    assert of(user).answers == 2
    assert of(user, workflow_id=mail.pk).answers == 1
    assert people(Window(NOW + timedelta(minutes=1), LATER)) == []


def test_a_label_is_worth_what_becomes_of_it() -> None:
    workflow = review_workflow(reviews_required=2)
    one, other, judge = person(), person(), adjudicator()
    for _ in range(5):
        answered(workflow, (one, "spam"), (other, "spam"))
    for _ in range(5):
        answered(workflow, (one, "spam"), (other, "ham"), (judge, "ham"))
    found = {label.label: label for label in labels(Window(NOW, LATER))}
    assert counts(found["spam"].kept) == (10, 15)
    assert counts(found["spam"].found) == (10, 10)
    assert counts(found["ham"].kept) == (5, 5)
    assert counts(found["ham"].found) == (5, 10)
    assert counts(found["spam"].overturned) == (5, 5)


def test_agreement_takes_open_disagreements_in_and_names_the_labels_and_the_doubtful_case() -> None:
    workflow = review_workflow(reviews_required=2)
    first, second, third, judge = person(), person(), person(), adjudicator()
    for n in range(24):
        label = "spam" if n % 2 else "ham"
        answered(workflow, (first, label), (second if n % 3 else third, label))
    answered(workflow, (first, "spam"), (second, "ham"))  # still open
    odd = answered(workflow, (third, "spam"), (second, "ham"))
    say(judge, "unsure")
    found = agreements(Window(NOW, LATER))[0]
    assert isinstance(found.alpha, Alpha)
    assert found.alpha.n_cases == 26
    assert 0.7 < found.alpha.value < 1
    pair = found.pairs[0]
    assert (pair.one, pair.other, pair.found.split) == ("ham", "spam", 2)
    together = found.together
    assert isinstance(together, Together)
    assert together.has_converged
    assert {one.person_id for one in together.people} == {first.pk, second.pk, third.pk}
    assert {one.case_id for one in together.dubious} <= {odd.pk}
    assert all(one.low < one.accuracy < one.high for one in together.people)


def test_the_lead_sees_who_is_on_what_waits_and_what_is_late() -> None:
    workflow = review_workflow(due_hours=1)
    waiting(workflow, 3, at=NOW - timedelta(days=2))
    at_work, gone = person(), person()
    say(gone, "spam", at=NOW - timedelta(hours=3))
    claim(at_work, at=NOW)
    here = {one.person_id: one for one in who_is_on(now=NOW)}
    assert set(here) == {at_work.pk}
    assert (here[at_work.pk].leased, here[at_work.pk].leased_in) == (1, workflow.name)
    lane = lanes(now=NOW)[0]
    assert (lane.slug, lane.is_adjudication, lane.waiting, lane.overdue) == (workflow.slug, False, 1, 1)
    assert lane.reasons == [("the model is not sure enough", 1)]
    assert lane.oldest == NOW - timedelta(days=2) + timedelta(seconds=2)
    assert sorted(task.leased_by or "" for task in at_risk(now=NOW)) == ["", at_work.username]
    hours = by_hour(now=NOW)
    assert (len(hours.hours), hours.by_workflow[workflow.name][6], hours.total) == (10, 1, 1)
