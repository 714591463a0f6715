"""The time machine over the services: what was in force gives exactly what happened."""

import html
import math
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from cases.models import Case, Workflow
from hitl.accounts.types import Role
from hitl.flow.intake.submit import submit_cases
from hitl.flow.intake.types import Intake, Submission
from hitl.shared import clock
from hitl.shared.canonical import canonical_json
from hitl.shared.errors import Invalid
from models_store.services.shadow_months import keep_months
from monitoring.models import ReplayRun
from monitoring.replay.answer import to_bytes
from monitoring.replay.asked import ask_replay, work
from monitoring.replay.run import Tried, in_force, labels_of, replay
from policy.models import Decision, Policy
from tests.support.factories import NOW, client_key, person
from tests.support.live_cases import say_of
from tests.support.policy_rows import automating_workflow
from tests.support.spam import mail_workflow, mails

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
END = NOW + DAY


def lived(n: int = 120, **policy: Any) -> Workflow:
    """Let the real dice decide n mails at several times."""
    workflow = mail_workflow(
        cutoff=0.9, **({"audit_rate": 0.3, "audit_base": 0.3, "blind_rate": 0.5} | policy)
    )
    for start in range(0, n, 30):
        items = [Submission(mail.content) for mail in mails()[start : start + 30]]
        submit_cases(
            Intake(workflow.slug, items, client_key(), NOW + timedelta(minutes=start), is_batch=True)
        )
    return workflow


def tried(**fields: Any) -> Tried:
    return Tried(**({"since": NOW, "until": END} | fields))


def test_what_was_in_force_gives_exactly_what_happened():
    workflow = lived()
    answer = replay(workflow, tried(), now=END)
    routed = Decision.objects.filter(workflow=workflow)
    assert answer.was.automatic == routed.filter(route="auto").count() > 0
    assert answer.was.audited == routed.filter(is_audited=True).count() > 0
    for name in ("cases", "automatic", "audited", "asked", "wrong", "labels", "queue"):
        assert getattr(answer.would_be, name) == getattr(answer.was, name), name


def test_a_label_that_people_decide_has_no_cutoff_in_force():
    workflow = automating_workflow(scope="per_label", label_degrees={"spam": "assist"})
    cutoffs = dict(zip(labels_of(workflow), in_force(workflow).cutoffs.tolist(), strict=True))
    assert cutoffs["ham"] == 0.9
    assert math.isnan(cutoffs["spam"])


def test_the_draws_are_those_that_were_made():
    from monitoring.replay.reading import Window, chunks

    workflow = lived()
    window = Window(workflow.pk, NOW, END)
    labels = ["ham", "spam"]
    (cases,) = chunks(window, labels, now=END, needs_ramp=True, needs_audit=True)
    stored = dict(
        Decision.objects.filter(workflow=workflow, route="auto")
        .order_by("decided_at", "case_id")
        .values_list("case_id", "uniform")
    )
    order = list(
        Decision.objects.filter(workflow=workflow)
        .order_by("decided_at", "case_id")
        .values_list("case_id", flat=True)
    )
    assert {one: cases.u_audit[order.index(one)] for one in stored} == stored


def test_answers_bound_the_error_and_what_nobody_answered_counts_against_it():
    workflow = lived()
    audited = list(Decision.objects.filter(is_audited=True).values_list("case_id", flat=True))
    before = replay(workflow, tried(), now=END)
    assert before.was.labels == 0
    judge(audited)
    after = replay(workflow, tried(), now=END)
    assert after.was.labels == len(audited)
    assert after.was.wrong.high < before.was.wrong.high


def judge(case_ids: list[UUID]) -> None:
    reviewer = person()
    by_label: dict[str, list[UUID]] = {}
    for pk, label in Case.objects.filter(pk__in=case_ids).values_list("pk", "answer"):
        by_label.setdefault(label or "", []).append(pk)
    for label, some in by_label.items():
        say_of(some, label, reviewer, at=NOW + 3 * HOUR)


def test_other_cutoffs_automate_other_shares_and_ask_fewer_people():
    workflow = lived()
    strict = replay(workflow, tried(cutoffs={"ham": 0.999999, "spam": 0.999999}), now=END)
    loose = replay(workflow, tried(cutoffs={"ham": 0.0, "spam": 0.0}, audit_rate=0.0), now=END)
    only_ham = replay(workflow, tried(cutoffs={"ham": 0.0}), now=END)
    assert strict.would_be.automatic < strict.was.automatic < loose.would_be.automatic == 120
    assert loose.would_be.asked == 0
    assert 0 < only_ham.would_be.automatic < 120


@pytest.mark.parametrize("degree", ["human_only", "shadow", "assist"])
def test_another_degree_leaves_everything_to_people(degree):
    answer = replay(lived(60), tried(degree=degree), now=END)
    assert (answer.would_be.automatic, answer.would_be.asked) == (0, 60)


def test_full_automates_whatever_has_a_score():
    assert replay(lived(60), tried(degree="full"), now=END).would_be.automatic == 60


def test_more_people_leave_fewer_cases_late():
    workflow = lived(60)
    few = replay(workflow, tried(degree="assist", answers_a_day=1), now=END)
    many = replay(workflow, tried(degree="assist", answers_a_day=5_000), now=END)
    assert many.would_be.queue.late < few.would_be.queue.late
    assert many.would_be.queue.longest <= few.would_be.queue.longest


def test_another_model_is_replayed_from_what_it_scored_in_shadow():
    from models_store.models import ShadowScore

    workflow = lived(60)
    release = workflow.releases.get()
    keep_months(now=NOW)
    rows = Decision.objects.filter(workflow=workflow).values_list("case_id", "decided_at")
    ShadowScore.objects.bulk_create(
        [
            ShadowScore(
                release=release, case_id=case, routed_at=at, predicted="ham", score=0.95, scored_at=at
            )
            for case, at in list(rows)[:40]
        ]
    )
    answer = replay(workflow, tried(release_id=release.pk), now=END)
    assert (answer.would_be.cases, answer.would_be.unscored, answer.would_be.automatic) == (60, 20, 40)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"until": NOW}, "until"),
        ({"cutoffs": {"eggs": 0.5}}, "cutoffs"),
        ({"cutoffs": {"ham": 1.5}}, "cutoffs"),
        ({"cutoffs": {"ham": float("nan")}}, "cutoffs"),
        ({"audit_rate": 2.0}, "audit_rate"),
        ({"degree": "total"}, "degree"),
        ({"answers_a_day": -1.0}, "answers_a_day"),
        ({"release_id": UUID(int=3)}, "release"),
    ],
)
def test_what_does_not_fit_is_named(fields, name):
    with pytest.raises(Invalid) as refused:
        replay(mail_workflow(), tried(**fields), now=END)
    assert {error["field"] for error in refused.value.facts["errors"]} == {name}


def test_the_page_asks_shows_how_far_it_is_and_then_what_would_have_been():
    workflow = lived(60)
    clock.use(lambda: END)
    client, auditor = Client(), person(Role.AUDITOR)
    client.force_login(auditor)
    address = f"/automation/{workflow.slug}/replay/"
    assert client.get(address).status_code == 200
    asked = {"since": "2026-03-02T00:00", "until": "2026-03-04T00:00", "cutoff_0": "0.5", "cutoff_1": "0.5"}
    assert client.post(address, {**asked, "until": "2026-03-01T00:00"}).status_code == 422
    assert client.post(address, {**asked, "cutoff_0": "2"}).status_code == 422
    assert not ReplayRun.objects.exists()
    its = client.post(address, asked)["Location"]
    assert "Waits for a worker" in client.get(its).content.decode()
    assert client.post(address, asked).status_code == 409  # one at a time
    run = ReplayRun.objects.get()
    assert work(replay_id=run.pk, now=END)
    text = client.get(its).content.decode()
    assert "What would have been" in text
    assert f"{run.asked_by.username}" in text
    assert "hx-get" not in client.get(f"{its}live/").content.decode()
    again = re.search(r'href="([^"]*/replay/\?[^"]*)"', text)
    assert again
    assert 'value="0.5"' in client.get(html.unescape(again[1])).content.decode()
    assert Policy.objects.get(workflow=workflow).degree == "partial"
    client.force_login(person(Role.REVIEWER))
    assert [client.get(one).status_code for one in (address, its, f"{its}live/")] == [404] * 3
    assert client.post(f"{its}end/").status_code == 404


def test_a_window_without_cases_says_so():
    workflow, auditor = lived(30), person(Role.AUDITOR)
    before = tried(since=NOW - 2 * DAY, until=NOW - DAY)
    run = ask_replay(workflow=workflow, tried=before, actor=auditor.as_actor(), now=END)
    assert work(replay_id=run.pk, now=END)
    client = Client()
    client.force_login(auditor)
    text = client.get(f"/automation/{workflow.slug}/replay/{run.pk}/").content.decode()
    assert "No case came in then" in text


def test_the_same_rows_give_the_same_bytes_by_job_by_command_and_in_chunks_of_any_size(capsys, monkeypatch):
    workflow = lived(60)
    judge(list(Decision.objects.filter(is_audited=True).values_list("case_id", flat=True)))
    clock.use(lambda: END)
    cutoffs = {"ham": 0.5, "spam": 0.7}
    run = ask_replay(
        workflow=workflow, tried=tried(cutoffs=cutoffs), actor=person(Role.AUDITOR).as_actor(), now=END
    )
    assert work(replay_id=run.pk, now=END)
    run.refresh_from_db()
    words = {"since": NOW.isoformat(), "until": END.isoformat(), "cutoff": ["ham=0.5", "spam=0.7"]}
    call_command("replay", workflow.slug, json=True, **words)
    printed = capsys.readouterr().out.strip().encode()
    assert canonical_json(run.answer) == printed
    monkeypatch.setattr("monitoring.replay.reading.CHUNK", 7)
    assert to_bytes(replay(workflow, tried(cutoffs=cutoffs), now=END)) == printed


def test_what_was_in_force_decides_every_case_alike_and_another_cutoff_says_how_many_change():
    workflow = lived()
    same, other = (replay(workflow, tried(cutoffs=one), now=END) for one in (None, {"ham": 0.0}))
    assert same.was.sha256 == same.would_be.sha256 == other.was.sha256 != other.would_be.sha256
    assert same.changed == 0 < other.changed


def test_the_command_prints_both(capsys):
    workflow = lived(30)
    words = {"since": "2026-03-02T00:00:00Z", "until": "2026-03-04T00:00:00Z"}
    call_command("replay", workflow.slug, **words, cutoff=["ham=0.5", "spam=0.5"])
    assert "as it was" in capsys.readouterr().out
    with pytest.raises(CommandError, match="no cutoff"):
        call_command("replay", workflow.slug, **words, cutoff=["ham"])
    with pytest.raises(CommandError, match="no workflow"):
        call_command("replay", "nothing")
