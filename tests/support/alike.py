"""Alike mail that waits for people, with a real model's suggestion."""

from datetime import datetime
from typing import Any

from cases.models import Workflow
from hitl.accounts.models import User
from hitl.accounts.types import Role
from hitl.flow.intake.submit import submit_cases
from hitl.flow.intake.types import Intake, Submission
from tests.support.factories import NOW, client_key, person
from tests.support.spam import mail_workflow, mails

ALIKE = 40
NEWS = "Dear reader, our garden centre has new offers this week: tulips and garden gloves. Issue {}."


def mail_waiting(count: int = ALIKE, *, at: datetime = NOW, **policy: Any) -> Workflow:
    """Let issues of a newsletter wait among other mail; a few are asked about blind, as everywhere."""
    workflow = mail_workflow(degree="assist", cutoff=None, **policy)
    items = [Submission({"subject": "Garden news", "body": NEWS.format(n)}) for n in range(count)]
    items += [Submission(mail.content) for mail in mails()[:10]]
    submit_cases(Intake(workflow.slug, items, client_key(), at, is_batch=True))
    return workflow


def batcher(**fields: Any) -> User:
    """Return a person who may accept alike cases together."""
    return person(Role.REVIEWER, Role.BATCHER, **fields)
