"""A real worker on the real broker, killed in the middle: nothing lost, nothing twice, the work resumes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from hitl.audit.verify import verify
from hitl.shared import clock
from hitl.shared.jobs import enqueue
from models_store.models import LabelRole, Release, RoleSpan, TrainingRun
from models_store.selectors import champion
from models_store.services import runs
from models_store.types import RunStatus, RunStep
from tests.support.factories import TESTER
from tests.support.model_rows import mail_history
from tests.support.processes import database_url

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 240.0


@pytest.fixture
def start_worker(tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Start workers that are gone when the test is; each leads a process group of its own."""
    started: list[subprocess.Popen[bytes]] = []
    environment = {**os.environ, "DATABASE_URL": database_url(), "HITL_SECRET_KEY": settings.SECRET_KEY}
    environment["HITL_DATA_DIR"] = str(settings.DATA_DIR)

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "celery", "--app", "hitl", "worker", "--concurrency", "1"]
        command += ["--loglevel", "WARNING", "--without-gossip", "--without-mingle"]
        with (tmp_path / f"worker-{len(started)}.log").open("wb") as log:
            started.append(
                subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
            )
        return started[-1]

    yield start
    for process in started:
        kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """kill -9 the worker with everything it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait(10)


def until(is_so: Callable[[], bool], what: str, run: TrainingRun, log: Path) -> None:
    """Wait for something that a worker does. The bell is rung again: a worker of another test may hear it."""
    end = time.monotonic() + PATIENCE
    rung = time.monotonic()
    while not is_so():
        if time.monotonic() - rung > 3:
            enqueue(runs.JOB, str(run.pk))
            rung = time.monotonic()
        if time.monotonic() > end:
            told = "\n".join(path.read_text(errors="replace")[-3000:] for path in log.glob("worker-*.log"))
            pytest.fail(f"{what} did not happen in {PATIENCE:.0f} s. The workers said:\n{told}")
        time.sleep(0.05)


def test_a_killed_worker_s_run_is_finished_by_the_next_one(
    start_worker: Callable[[], subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    workflow = mail_history(300)
    run = runs.request_training(workflow_id=workflow.id, trigger="hand", actor=TESTER, now=clock.now())

    def now() -> TrainingRun:
        return TrainingRun.objects.get(pk=run.pk)

    first = start_worker()
    until(lambda: now().step == RunStep.TRAIN and bool(now().log[-1]["lines"]), "training", run, tmp_path)
    kill(first)
    assert now().status == RunStatus.RUNNING
    assert not Release.objects.exists()
    assert not LabelRole.objects.exists()

    revived, rung = runs.sweep_runs(now=clock.now() + runs.SILENCE + timedelta(seconds=1))
    assert (revived, rung) == (1, 1)
    start_worker()
    until(lambda: not now().is_active, "the end of the run", run, tmp_path)
    ended = now()
    assert (ended.status, ended.attempts) == (RunStatus.SUCCEEDED, 2), ended.reason
    release = Release.objects.get()
    assert champion(workflow.id) == ended.release == release
    assert LabelRole.objects.count() == 300
    assert list(RoleSpan.objects.order_by("id").values_list("role", flat=True)) == ["trained", "champion"]
    assert {entry["attempt"] for entry in ended.log} == {1, 2}
    certified = next(entry for entry in ended.log if entry["step"] == RunStep.CERTIFY)
    assert certified["result"].startswith("Tested"), certified
    assert release.certificates.count() == 1
    assert verify().holds
