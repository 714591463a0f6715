"""The demo's worse model: it looks good to itself, decides as a canary, and audits take it back."""

from datetime import timedelta

import pytest

from hitl.demo.people import make_people
from hitl.demo.succession import WHY, begin_canary, is_reply, worse_challenger
from hitl.demo.worlds import SpamMail
from hitl.shared import clock
from models_store.models import TrainingRun
from models_store.selectors import champion, roles_now
from monitoring.watch import watch
from policy.models import Certificate
from policy.types import CanaryEnd
from tests.support.live_rows import decided
from tests.support.spam import labelled, mail_workflow, mails

pytestmark = pytest.mark.django_db


def test_most_replies_are_wanted_and_they_are_a_third_of_the_mail():
    examples = SpamMail()._examples()
    replies = [one.truth for one in examples if is_reply(one.content)]
    assert replies.count("ham") > 0.9 * len(replies)
    assert len(replies) > len(examples) / 3


@pytest.mark.long
def test_the_worse_model_is_certified_by_its_own_measure_and_taken_back_by_audits(tmp_path):
    workflow = mail_workflow(target=0.05)
    labelled(workflow, mails()[:900])
    make_people(tmp_path, now=clock.now())
    said: list[str] = []
    worse = worse_challenger(said.append)
    assert TrainingRun.objects.get(release=worse).because == WHY
    assert roles_now(workflow.pk)[worse.pk].role == "shadow"
    assert Certificate.objects.filter(release=worse, status="provisional").exists()
    canary = begin_canary(worse, said.append)
    assert canary.share == 5_000
    at = clock.now() + timedelta(minutes=1)
    decided(worse, 30, at=at, wrong=8, arm=canary.first_arm)
    watch(workflow.pk, now=at + timedelta(hours=1), settle=timedelta(0))
    canary.refresh_from_db()
    assert canary.end == CanaryEnd.ROLLED_BACK
    assert champion(workflow.pk) != worse
