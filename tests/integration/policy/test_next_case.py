"""Less automation holds from the next case on, also in a process that had the old rule in its memory."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from hitl.flow.intake.submit import submit_cases
from hitl.flow.intake.types import Intake, Submission
from tests.support.factories import NOW, client_key
from tests.support.policy_rows import lead
from tests.support.spam import mail_workflow, mails

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[3]
IN_ANOTHER_PROCESS = """
import sys
import django
django.setup()
from cases.models import Workflow
from hitl.accounts.models import User
from hitl.shared.clock import now
from hitl.stop.services import stop_everything
from policy.models import CutoffSet
from policy.services.breaker import trip_breaker
from policy.services.cutoffs import withdraw
from policy.services.degrees import set_degree
workflow, actor = Workflow.objects.get(), User.objects.get(username="lea").as_actor()
match sys.argv[1]:
    case "degree":
        set_degree(workflow_id=workflow.id, degree="assist", actor=actor, now=now())
    case "breaker":
        trip_breaker(workflow_id=workflow.id, reason="Odd answers.", actor=actor, now=now())
    case "stop":
        stop_everything(reason="Odd answers.", actor=actor, now=now())
    case "cutoffs":
        withdraw(cutoff_set_id=CutoffSet.objects.get().id, reason="Odd.", actor=actor, now=now())
"""


@pytest.mark.parametrize(
    ("change", "reason"),
    [("degree", "assist"), ("breaker", "breaker"), ("stop", "stopped"), ("cutoffs", "not_certified")],
)
def test_the_next_case_goes_to_a_person(change, reason):
    workflow = mail_workflow(cutoff=0.0)
    key = client_key()
    lead("lea")

    def submit(place: int) -> dict:
        (result,) = submit_cases(Intake(workflow.slug, [Submission(mails()[place].content)], key, NOW))
        return result.case["decision"]

    assert submit(0)["route"] == "auto"
    settings = connection.settings_dict
    url = "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**settings)
    subprocess.run(
        [sys.executable, "-c", IN_ANOTHER_PROCESS, change],
        check=True,
        cwd=ROOT,
        timeout=60,
        env={**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "hitl.settings"},
    )
    after = submit(1)
    assert after["route"] != "auto"
    assert after["reason"] == reason
