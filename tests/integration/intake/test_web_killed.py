"""The web server killed in the middle of load: what was answered is there, nothing is half there or twice."""

import signal
from collections import Counter
from pathlib import Path
from threading import Thread

import orjson
import psutil
import pytest

from bench._wire import Wire
from cases.models import Case
from hitl.accounts.keys import create_key
from hitl.accounts.types import Scope
from hitl.bench.stage import serving
from hitl.runtime import programs
from hitl.runtime.ports import LOOPBACK, free_port
from policy.models import Decision
from reviews.models import Task
from tests.support.factories import NOW, TESTER
from tests.support.processes import database_url
from tests.support.spam import mail_workflow, mails

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/api/v1/workflows/spam-mail/cases"


def test_kill_9_in_the_middle_of_load_loses_no_answered_case_and_halves_none(tmp_path: Path) -> None:
    mail_workflow()
    _, secret = create_key(
        name="load", scopes=[Scope.SUBMIT], is_for_all_workflows=True, actor=TESTER, now=NOW
    )
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    port = free_port()
    program = programs.web(tmp_path, port=port)
    program.environment |= {"DATABASE_URL": database_url()}
    answered: list[str] = []

    with serving(program, port, "/health/live") as pid:

        def submit(start: int) -> None:
            wire = Wire(LOOPBACK, port)
            try:
                for i in range(start, start + 400):
                    mail = mails()[i % 500]
                    single = {"content": mail.content, "reference": f"one-{i}"}
                    many = [{"content": mails()[j].content, "reference": f"many-{i}-{j}"} for j in range(40)]
                    body = orjson.dumps(single if i % 4 else many)
                    status, answer = wire.send(wire.prepare("POST", PATH, body, headers))
                    assert status in (200, 201), answer[:300]
                    said = orjson.loads(answer)
                    answered.extend([said["id"]] if i % 4 else [item["case"]["id"] for item in said["items"]])
            except OSError:
                pass  # the server is gone, as it should be
            finally:
                wire.close()

        threads = [Thread(target=submit, args=(1000 * k,)) for k in range(2)]
        for thread in threads:
            thread.start()
        while len(answered) < 150 and any(thread.is_alive() for thread in threads):
            threads[0].join(0.02)
        for process in [*psutil.Process(pid).children(recursive=True), psutil.Process(pid)]:
            process.send_signal(signal.SIGKILL)
        for thread in threads:
            thread.join(30)

    there = {str(pk) for pk in Case.objects.values_list("id", flat=True)}
    assert len(answered) >= 150
    assert set(answered) <= there
    assert max(Counter(answered).values()) == 1
    assert Decision.objects.count() == Case.objects.count()
    asked = Decision.objects.exclude(route="auto").count() + Decision.objects.filter(is_audited=True).count()
    assert Task.objects.count() == asked
    whole = Counter(
        name.rsplit("-", 1)[0]
        for name in Case.objects.filter(reference__startswith="many-").values_list("reference", flat=True)
        if name
    )
    assert set(whole.values()) <= {40}
