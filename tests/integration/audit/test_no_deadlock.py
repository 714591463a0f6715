"""Two changes at once, each with its entry in the audit log: one waits for the other, and both are made.

The log has one writer until that writer commits, and what refers to a row is checked when it commits. A lock
that kept others from referring to the row would have them wait for each other.
"""

import re
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction

from cases.models import Workflow
from cases.services.workflows import archive_workflow
from hitl.audit.log import record
from hitl.audit.verify import verify
from models_store.services.schedule import change_training_settings
from reviews.models import ReviewRules
from reviews.services.rules import change_rules
from tests.support.case_rows import workflow_of
from tests.support.factories import NOW, TESTER

SECONDS = 20

CHANGES: dict[str, Callable[[Workflow], object]] = {
    "rules": lambda w: change_rules(
        workflow_id=w.pk, values={"known_answer_rate": 0.2}, actor=TESTER, now=NOW
    ),
    "training": lambda w: change_training_settings(
        workflow_id=w.pk, actor=TESTER, now=NOW, min_new_labels=77
    ),
    "archive": lambda w: archive_workflow(workflow_id=w.pk, actor=TESTER, now=NOW),
}


def somebody_waits_for_the_log() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT exists(SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)")
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", CHANGES)
def test_who_has_the_log_and_refers_to_a_workflow_does_not_wait_for_who_has_the_workflow(name: str) -> None:
    fields = [{"name": "body", "kind": "text"}]
    workflow, other = (workflow_of(slug, fields=fields, labels=["a", "b"]) for slug in ("mail", "calls"))
    failures: list[BaseException] = []

    def change() -> None:
        try:
            CHANGES[name](workflow)
        except BaseException as failure:
            failures.append(failure)
        finally:
            connection.close()

    thread = threading.Thread(target=change)
    with transaction.atomic():
        record(action="endpoint.enabled", actor=TESTER, now=NOW, about=other, detail={})
        thread.start()
        end = time.monotonic() + SECONDS
        while not somebody_waits_for_the_log():
            assert time.monotonic() < end
            time.sleep(0.01)
        if name == "rules":  # one row of rules each: refer to the workflow by another kind of row
            workflow.schemas.create(number=9, fields=[], labels=[], created_at=NOW)
        else:
            ReviewRules.objects.create(workflow=workflow)
    thread.join(SECONDS)
    assert failures == []
    assert verify().holds


def test_every_lock_of_a_row_lets_others_refer_to_it() -> None:
    root = Path(settings.BASE_DIR)
    apps = ("cases", "models_store", "policy", "reviews", "monitoring", "hitl")
    locks = [
        (path.relative_to(root), call)
        for app in apps
        for path in (root / app).rglob("*.py")
        for call in re.findall(r"select_for_update\(([^)]*\)?[^)]*)\)", path.read_text())
    ]
    assert len(locks) > 20
    assert [lock for lock in locks if "no_key=True" not in lock[1]] == []
