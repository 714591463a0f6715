"""Releases in shadow score each case once, beside the champion, and leave the champion's path alone."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.conf import settings
from django.db import connection

from cases.models import Case
from hitl.shared.months import month_of
from models_store.models import Release, ShadowProgress, ShadowScore
from models_store.services.roles import retire
from models_store.services.schedule import change_training_settings
from models_store.services.shadow_months import SHADOW_SCORES, keep_months
from models_store.serving import forget
from monitoring.shadow import scoring
from monitoring.shadow.figures import joined_share
from monitoring.shadow.run import keep_score_months
from monitoring.shadow.scoring import score_workflow
from policy.models import Decision
from tests.support.factories import TESTER
from tests.support.processes import database_url
from tests.support.shadow_rows import START, certified_mail_workflow, challenger, submit

pytestmark = pytest.mark.django_db

LATER = START + timedelta(minutes=10)


def test_every_challenger_scores_every_case_once_as_the_champion_did(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "BATCH", 7)
    workflow = certified_mail_workflow()
    submit(0, 5, at=START - timedelta(minutes=1))  # before they came into shadow
    three = [challenger(workflow, number=number) for number in (2, 3, 4)]
    cases = submit(5, 25, at=START + timedelta(minutes=1))
    assert score_workflow(workflow.pk, now=LATER) == 3 * 20
    assert score_workflow(workflow.pk, now=LATER) == 0
    champions = dict(Decision.objects.filter(case_id__in=cases).values_list("case_id", "score"))
    for release in three:
        scores = ShadowScore.objects.filter(release_id=release.pk)
        assert dict(scores.values_list("case_id", "score")) == champions
        progress = ShadowProgress.objects.get(release=release)
        assert (progress.received, progress.scored, progress.unscored) == (20, 20, 0)
        assert joined_share(release, now=LATER) == 1.0


def test_a_case_without_content_and_one_that_no_model_bears_are_recorded_with_the_reason() -> None:
    workflow = certified_mail_workflow()
    release = challenger(workflow)
    gone, odd, fine = submit(0, 3, at=START + timedelta(minutes=1))
    Case.objects.filter(pk=gone).update(content={})
    Case.objects.filter(pk=odd).update(content={"subject": 7, "body": ["?"]})
    score_workflow(workflow.pk, now=LATER)
    said = dict(ShadowScore.objects.filter(release_id=release.pk).values_list("case_id", "unscored"))
    assert (said[gone], said[fine]) == ("gone", "")
    assert said[odd] in ("unreadable", "failed")
    assert ShadowProgress.objects.get().unscored == 2


def test_a_model_whose_file_is_lost_fails_alone() -> None:
    workflow = certified_mail_workflow()
    broken, sound = challenger(workflow, number=2), challenger(workflow, number=3)
    Release.objects.filter(pk=broken.pk).update(signature=bytes(32))
    forget()  # as a worker that begins anew
    submit(0, 4, at=START + timedelta(minutes=1))
    score_workflow(workflow.pk, now=LATER)
    said = ShadowScore.objects.values_list("release_id", "unscored").distinct()
    assert set(said) == {(broken.pk, "failed"), (sound.pk, "")}


def test_a_routing_that_commits_late_is_scored_behind_the_cursor() -> None:
    workflow = certified_mail_workflow()
    release = challenger(workflow)
    submit(0, 3, at=START + timedelta(minutes=5))
    score_workflow(workflow.pk, now=LATER)
    submit(3, 5, at=START + timedelta(minutes=4))
    assert joined_share(release, now=LATER) == 0.6
    assert score_workflow(workflow.pk, now=LATER) == 2
    assert joined_share(release, now=LATER) == 1.0


def test_a_share_of_the_cases_is_scored_where_the_workflow_says_so() -> None:
    workflow = certified_mail_workflow()
    releases = [challenger(workflow, number=number) for number in (2, 3)]
    change_training_settings(workflow_id=workflow.pk, actor=TESTER, now=START, shadow_share=30.0)
    submit(0, 200, at=START + timedelta(minutes=1))
    score_workflow(workflow.pk, now=LATER)
    scored = [set(ShadowScore.objects.filter(release_id=one.pk).values_list("case_id")) for one in releases]
    assert scored[0] == scored[1]  # drawn by the case, alike for all
    assert 30 <= len(scored[0]) <= 95
    assert joined_share(releases[0], now=LATER) == 1.0


def test_what_has_left_the_shadow_scores_no_more() -> None:
    workflow = certified_mail_workflow()
    release = challenger(workflow)
    retire(release_id=release.pk, actor=TESTER, now=START, reason="No use.")
    submit(0, 3, at=START + timedelta(minutes=1))
    assert score_workflow(workflow.pk, now=LATER) == 0


def test_months_are_made_ahead_and_dropped_when_nothing_rests_on_them() -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    SHADOW_SCORES.make([datetime(2025, month, 1, tzinfo=UTC) for month in (1, 2)])
    keep_score_months(now=now)
    months = [f"{month:%Y-%m}" for month in SHADOW_SCORES.months()]
    assert {"2026-11", "2026-12", "2027-01"} <= set(months)
    assert not any(month.startswith("2025") for month in months)
    SHADOW_SCORES.make([datetime(2025, 1, 1, tzinfo=UTC)])
    keep_months(now=now, needed_from=datetime(2025, 1, 31, tzinfo=UTC))
    assert datetime(2025, 1, 1, tzinfo=UTC) in SHADOW_SCORES.months()


KILLED = """
import os, signal, sys
from datetime import datetime
import django; django.setup()
from models_store.models import ShadowScore
from monitoring.shadow import scoring
told = ShadowScore.objects.bulk_create
calls = []
def kill(*said, **named):
    told(*said, **named)
    calls.append(1)
    if len(calls) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
ShadowScore.objects.bulk_create = kill
scoring.BATCH = 5
scoring.score_workflow(sys.argv[1], now=datetime.fromisoformat(sys.argv[2]))
"""


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_a_batch_leaves_nothing_of_it_and_the_next_goes_on() -> None:
    workflow = certified_mail_workflow()
    challenger(workflow)
    cases = submit(0, 20, at=START + timedelta(minutes=1))
    environment = {**os.environ, "DATABASE_URL": database_url(), "HITL_SECRET_KEY": settings.SECRET_KEY}
    environment |= {"HITL_DATA_DIR": str(settings.DATA_DIR), "PYTHONPATH": str(settings.BASE_DIR)}
    command = [sys.executable, "-c", KILLED, str(workflow.pk), LATER.isoformat()]
    assert subprocess.run(command, env=environment, check=False).returncode == -signal.SIGKILL
    assert ShadowScore.objects.filter(case_id__in=cases).count() == ShadowProgress.objects.get().received == 5
    assert score_workflow(workflow.pk, now=LATER) == 15
    assert ShadowProgress.objects.get().received == 20


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_at_once_each_case_is_scored_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "BATCH", 3)
    workflow = certified_mail_workflow()
    challenger(workflow)
    cases = submit(0, 30, at=START + timedelta(minutes=1))
    SHADOW_SCORES.make({month_of(START)})
    together, written = Barrier(2), []

    def score() -> None:
        together.wait(10)
        try:
            written.append(score_workflow(workflow.pk, now=LATER))
        finally:
            connection.close()

    threads = [Thread(target=score) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    score_workflow(workflow.pk, now=LATER)  # whoever was passed by at the last batch
    assert (
        ShadowScore.objects.filter(case_id__in=cases).count() == ShadowProgress.objects.get().received == 30
    )
    assert len(written) == 2
