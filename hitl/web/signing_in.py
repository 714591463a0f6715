"""Sign-ins in the audit log: those that worked, those that failed, those that were refused unlooked at.

A name that no account has is not written down: people type passwords there. Where it came from is a keyed
hash, the same for the same place. Somebody who tries on and on fills a few lines a minute.
"""

from datetime import datetime

from django.db import transaction

from hitl.accounts.models import User
from hitl.accounts.selectors import account_named
from hitl.audit.log import record
from hitl.audit.selectors import entries_from
from hitl.shared.actor import Actor, system
from hitl.shared.canonical import sign
from hitl.web.throttle import FAILURES, WINDOW

SIGN_IN = system("sign-in")


def note_sign_in(person: User, *, address: str, now: datetime) -> None:
    """Record that somebody has signed in."""
    _note("sign_in.done", person, person.as_actor(), address, now)


def note_failure(name: str, *, address: str, now: datetime) -> None:
    """Record a sign-in that failed: a wrong name or password, or an account that is switched off."""
    _note("sign_in.failed", account_named(name), SIGN_IN, address, now)


def note_throttled(name: str, *, address: str, now: datetime) -> None:
    """Record that somebody is made to wait, once while it lasts."""
    _note("sign_in.throttled", account_named(name), SIGN_IN, address, now, most=1)


@transaction.atomic
def _note(
    action: str, person: User | None, actor: Actor, address: str, now: datetime, *, most: int = FAILURES
) -> None:
    source = sign("sign-in-source", address.encode())[:8].hex()
    if actor is SIGN_IN and entries_from(source, action=action, since=now - WINDOW) >= most:
        return
    detail = {"source": source, "is_known": person is not None}
    record(action=action, actor=actor, now=now, about=person or User(), detail=detail)
