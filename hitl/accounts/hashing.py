"""Check one password at a time on this machine: each takes a web process a third of a second (ADR 0066).

Without a limit, guesses that arrive at once hold every web process, and nobody's cases are taken in.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from hitl.shared.errors import HitlError

WAIT_SECONDS = 1.0
"""How long a password waits for the one before it while there is no storm; a few people sign in at once."""
REST = 3.0
"""After a wrong password none is looked at for so many times as long as it took: guesses get a quarter of one
process at most, from however many addresses they come."""
MAX_REST_SECONDS = 3.0
STORM_SECONDS = 10.0
"""So long after a wrong password nobody waits: a storm would hold one process by being looked at, the next by
waiting."""
_PAUSE = 0.02
_here = Lock()


class SignInBusy(HitlError):
    """Too many passwords are being checked just now. Try again in a few seconds."""

    code, status = "sign_in_busy", 503

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": str(int(MAX_REST_SECONDS))})


class OneAtATime(PBKDF2PasswordHasher):
    """Django's own hash, of which one is made at a time."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        """Return the hash.

        Raises:
            SignInBusy: others are being made.
        """
        with turn():
            return str(super().encode(password, salt, iterations))


@contextmanager
def turn() -> Iterator[None]:
    """Hold the one place there is on this machine while the block runs.

    Raises:
        SignInBusy: it is taken, or rests after a wrong password.
    """
    handle = _opened()
    try:
        if not _taken(handle):
            raise SignInBusy()
        try:
            yield
        finally:
            _here.release()
    finally:
        os.close(handle)  # which gives up the lock as well, as the end of the process does


def rest(seconds: float) -> None:
    """Let the place rest after a wrong password that took so long to look at."""
    until = time.time() + min(MAX_REST_SECONDS, REST * seconds)
    handle = _opened()
    try:
        os.utime(handle, (until, until))
    finally:
        os.close(handle)


def _taken(handle: int) -> bool:
    rested = os.fstat(handle).st_mtime
    now = time.time()
    if now < rested <= now + MAX_REST_SECONDS:  # of a clock that was set back, nobody waits for the rest
        return False
    end = time.monotonic() + (0.0 if now - rested < STORM_SECONDS else WAIT_SECONDS)
    while not _locked(handle):
        if time.monotonic() >= end:
            return False
        time.sleep(_PAUSE)
    return True


def _locked(handle: int) -> bool:
    if not _here.acquire(blocking=False):
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        _here.release()
        return False
    return True


def _opened() -> int:
    """Open the file whose lock is the place, and whose time says until when it rests."""
    try:
        return os.open(_path(), os.O_RDWR)
    except FileNotFoundError:
        settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
        handle = os.open(_path(), os.O_RDWR | os.O_CREAT, 0o600)
        os.utime(handle, (0, 0))
        return handle


def _path() -> str:
    return str(settings.DATA_DIR / "sign-in.lock")
