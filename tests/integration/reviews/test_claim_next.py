"""The queue hands every task to one person, in order, and never more than a person may hold."""

from collections import Counter
from datetime import timedelta
from threading import Lock

import pytest
from django.db import connection

from cases.models import Workflow
from hitl.accounts.types import Role
from hitl.runtime.paths import ROOT
from hitl.shared.statements import all_statements
from reviews.errors import HandsFull, LeaseExpired
from reviews.lease_length import AWAY_GRACE
from reviews.models import Task
from reviews.services.leases import give_back, leave, reap, renew
from reviews.services.queue import claim_next, take_again
from reviews.services.skip_hold_escalate import end_skips, skip
from reviews.types import MAX_LEASES, SKIP_LASTS
from tests.support.factories import NOW, person
from tests.support.review_rows import adjudicator, at_the_same_time, claim, review_workflow, say, waiting

pytestmark = pytest.mark.django_db
LEASE = timedelta(seconds=300)


def test_the_first_due_case_comes_first_and_with_everything_the_desk_shows() -> None:
    workflow = review_workflow()
    first, _ = waiting(workflow, 2)
    leased = claim(person())
    assert leased.case_id == first.pk
    assert leased.content == {"body": "Message 0"}
    assert (leased.slug, leased.workflow, leased.lease_until) == ("mail", "Mail", NOW + LEASE)


def test_a_higher_priority_goes_first() -> None:
    _, second = waiting(review_workflow(), 2)
    second.tasks.update(priority=1)
    assert claim(person()).case_id == second.pk


def test_of_several_workflows_the_most_pressing_case_comes_first() -> None:
    late = waiting(review_workflow("late"), at=NOW + timedelta(hours=1))[0]
    early = waiting(review_workflow("early"), at=NOW - timedelta(hours=1))[0]
    reviewer = person()
    assert [claim(reviewer).case_id, claim(reviewer).case_id] == [early.pk, late.pk]


def test_only_the_chosen_workflow_is_handed_out() -> None:
    chosen = review_workflow("chosen")
    waiting(review_workflow("other"), at=NOW - timedelta(hours=1))
    case = waiting(chosen)[0]
    reviewer = person()
    assert claim(reviewer, workflow_ids=[chosen.pk]).case_id == case.pk
    assert claim_next(actor=reviewer.as_actor(), workflow_ids=[chosen.pk], now=NOW) is None


def test_nobody_holds_more_than_the_cap() -> None:
    waiting(review_workflow(), MAX_LEASES + 1)
    reviewer = person()
    for _ in range(MAX_LEASES):
        claim(reviewer)
    with pytest.raises(HandsFull):
        claim(reviewer)


def test_a_case_is_not_offered_to_whoever_answered_it() -> None:
    waiting(review_workflow(reviews_required=2))
    one, other = person(), person()
    say(one, "spam")
    assert claim_next(actor=one.as_actor(), workflow_ids=None, now=NOW) is None
    assert claim(other) is not None


def test_disagreements_go_to_adjudicators_only_and_other_cases_to_reviewers_only() -> None:
    case = waiting(review_workflow(reviews_required=2))[0]
    say(person(), "spam")
    say(person(), "ham")
    waiting(case.workflow, at=NOW + timedelta(days=3))
    reviewer, judge = person(), adjudicator()
    assert claim(judge).case_id == case.pk
    assert claim(reviewer).case_id != case.pk
    assert claim_next(actor=judge.as_actor(), workflow_ids=None, now=NOW) is None


def test_a_person_without_the_role_gets_nothing() -> None:
    waiting(review_workflow())
    assert claim_next(actor=person(Role.OPERATOR).as_actor(), workflow_ids=None, now=NOW) is None


def test_a_renewed_lease_lasts_anew_and_an_ended_one_cannot_be_renewed() -> None:
    waiting(review_workflow())
    reviewer = person()
    token = claim(reviewer).lease_token
    later = NOW + timedelta(minutes=4)
    assert renew(lease_token=token, actor=reviewer.as_actor(), now=later) == later + LEASE
    with pytest.raises(LeaseExpired):
        renew(lease_token=token, actor=reviewer.as_actor(), now=later + LEASE)


def test_nobody_renews_or_gives_back_what_another_holds() -> None:
    waiting(review_workflow())
    token = claim(person()).lease_token
    stranger = person().as_actor()
    with pytest.raises(LeaseExpired):
        renew(lease_token=token, actor=stranger, now=NOW)
    assert not give_back(lease_token=token, actor=stranger, now=NOW)
    assert not leave(lease_token=token, actor=stranger, now=NOW)


def test_an_idle_lease_passes_to_somebody_else_once_it_is_reaped() -> None:
    case = waiting(review_workflow())[0]
    claim(person())
    other = person()
    assert reap(now=NOW + LEASE) == 0
    assert reap(now=NOW + LEASE + timedelta(seconds=1)) == 1
    assert claim(other).case_id == case.pk


def test_a_hidden_page_keeps_its_case_for_the_grace_only() -> None:
    waiting(review_workflow())
    reviewer = person()
    token = claim(reviewer).lease_token
    assert leave(lease_token=token, actor=reviewer.as_actor(), now=NOW)
    assert reap(now=NOW + AWAY_GRACE) == 0
    assert reap(now=NOW + AWAY_GRACE + timedelta(seconds=1)) == 1


def test_who_comes_back_in_time_keeps_the_case() -> None:
    waiting(review_workflow())
    reviewer = person()
    token = claim(reviewer).lease_token
    leave(lease_token=token, actor=reviewer.as_actor(), now=NOW)
    renew(lease_token=token, actor=reviewer.as_actor(), now=NOW + AWAY_GRACE / 2)
    assert reap(now=NOW + AWAY_GRACE * 2) == 0


def test_leaving_never_lengthens_a_lease() -> None:
    waiting(review_workflow(lease_seconds=30))
    reviewer = person()
    leased = claim(reviewer)
    assert not leave(lease_token=leased.lease_token, actor=reviewer.as_actor(), now=NOW)
    assert Task.objects.get().lease_until == leased.lease_until


def test_the_last_holder_may_take_a_case_again_unless_somebody_has_it() -> None:
    case = waiting(review_workflow())[0]
    reviewer, other = person(), person()
    give_back(lease_token=claim(reviewer).lease_token, actor=reviewer.as_actor(), now=NOW)
    again = take_again(actor=reviewer.as_actor(), case_id=case.pk, now=NOW)
    assert again.case_id == case.pk
    with pytest.raises(LeaseExpired):
        take_again(actor=other.as_actor(), case_id=case.pk, now=NOW)
    give_back(lease_token=again.lease_token, actor=reviewer.as_actor(), now=NOW)
    claim(other)
    with pytest.raises(LeaseExpired):
        take_again(actor=reviewer.as_actor(), case_id=case.pk, now=NOW)


def test_a_skipped_case_goes_to_others_and_comes_back_after_a_while() -> None:
    case = waiting(review_workflow())[0]
    reviewer, other = person(), person()
    skip(lease_token=claim(reviewer).lease_token, reason="unsure", actor=reviewer.as_actor(), now=NOW)
    assert claim_next(actor=reviewer.as_actor(), workflow_ids=None, now=NOW) is None
    give_back(lease_token=claim(other).lease_token, actor=other.as_actor(), now=NOW)
    assert claim(reviewer, at=NOW + SKIP_LASTS).case_id == case.pk


def test_whoever_skipped_may_ask_for_it_at_once_and_skip_it_again() -> None:
    case = waiting(review_workflow())[0]
    reviewer = person()
    for _ in range(2):
        skip(lease_token=claim(reviewer).lease_token, reason="later", actor=reviewer.as_actor(), now=NOW)
        assert end_skips(actor=reviewer.as_actor(), now=NOW) == 1
    assert claim(reviewer).case_id == case.pk


def test_a_case_that_is_no_longer_held_cannot_be_skipped() -> None:
    waiting(review_workflow())
    reviewer = person()
    token = claim(reviewer).lease_token
    with pytest.raises(LeaseExpired):
        skip(lease_token=token, reason="unsure", actor=reviewer.as_actor(), now=NOW + LEASE)


def test_the_statement_walks_the_index_and_sorts_no_backlog() -> None:
    workflows = [review_workflow(f"flow-{n}") for n in range(3)]
    for workflow in workflows:
        waiting(workflow, 40)
    reviewer = person()
    params = {
        "reviewer": reviewer.pk,
        "now": NOW,
        "token": None,
        "max_leases": MAX_LEASES,
        "lease_seconds": 300,
        "ahead_seconds": None,
        "lanes": [False, True],
        "workflows": None,
    }
    statement = all_statements(ROOT)["claim_next"]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # a few hundred rows would not be worth an index
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement.text}", params)
        plan = cursor.fetchone()[0][0]["Plan"]
    nodes = list(_walk(plan))
    scans = [n for n in nodes if n.get("Relation Name") == "reviews_task" and "Scan" in n["Node Type"]]
    assert {"Index Scan", "Index Only Scan"} >= {node["Node Type"] for node in scans}
    assert [node.get("Index Name") for node in scans].count("task_waiting") == 2
    sorts = [node for node in nodes if "Sort" in node["Node Type"] and "reviews_task" in _relations(node)]
    assert len(sorts) == 1, "only the heads of the workflows are sorted"
    assert "Limit" in {node["Node Type"] for node in _walk(sorts[0])}


def _walk(plan: dict) -> list[dict]:
    return [plan] + [node for child in plan.get("Plans", []) for node in _walk(child)]


def _relations(plan: dict) -> set[str]:
    return {str(node.get("Relation Name")) for node in _walk(plan)}


@pytest.mark.django_db(transaction=True)
def test_eight_reviewers_claim_two_thousand_cases_and_none_is_handed_out_twice() -> None:
    flows = [review_workflow("one"), review_workflow("two")]
    _fill(flows[0], 1200)
    _fill(flows[1], 800)
    views: list[list[Workflow] | None] = [None, [flows[0]], [flows[1]], flows]
    given: list[object] = []
    lock = Lock()

    def work(reviewer, view) -> None:
        ids = [flow.pk for flow in view] if view else None
        actor = reviewer.as_actor()
        while leased := claim_next(actor=actor, workflow_ids=ids, now=NOW):
            Task.objects.filter(pk=leased.task_id, lease_token=leased.lease_token).update(
                status="done", lease_token=None, lease_until=None, place=None
            )
            with lock:
                given.append(leased.task_id)

    people = [person() for _ in range(8)]
    jobs = [lambda r=r, v=views[n % 4]: work(r, v) for n, r in enumerate(people)]
    with at_the_same_time(*jobs) as outcomes:
        assert outcomes == [None] * 8
    assert len(given) == 2000
    assert max(Counter(given).values()) == 1


@pytest.mark.django_db(transaction=True)
def test_many_pages_of_one_person_never_hold_more_than_the_cap() -> None:
    _fill(review_workflow(), 40)
    actor = person().as_actor()
    with at_the_same_time(
        *[lambda: claim_next(actor=actor, workflow_ids=None, now=NOW) for _ in range(8)]
    ) as outcomes:
        leased = [outcome for outcome in outcomes if not isinstance(outcome, Exception)]
        assert len({one.task_id for one in leased}) == len(leased) == MAX_LEASES
        assert all(isinstance(o, HandsFull) for o in outcomes if isinstance(o, Exception))
    assert Task.objects.filter(status="leased").count() == MAX_LEASES


def _fill(workflow: Workflow, count: int) -> None:
    waiting(workflow, 1)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH pattern AS (SELECT * FROM cases_case WHERE workflow_id = %s LIMIT 1), new_case AS (
                INSERT INTO cases_case (id, workflow_id, schema_version, content, content_sha256, status,
                                        epoch, origin, received_at, changed_at)
                SELECT gen_random_uuid(), workflow_id, 1, content, content_sha256, 'waiting', 1, 'api',
                       received_at, changed_at
                FROM pattern, generate_series(2, %s) RETURNING id)
            INSERT INTO reviews_task (id, case_id, workflow_id, schema_version, epoch, slot, status, purpose,
                                      reasons, mode, priority, created_at, due_at)
            SELECT gen_random_uuid(), id, %s, 1, 1, 1, 'waiting', 'review', '{uncertain}', 'blind', 0, %s, %s
            FROM new_case
            """,
            [workflow.pk, count, workflow.pk, NOW, NOW],
        )
