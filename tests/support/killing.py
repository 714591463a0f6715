"""Processes that die in the middle of a change: killed by SIGKILL, at each place where it makes a difference.

What a service does is carried out by a process of its own, which kills itself before its n-th writing
statement, or just before or after a commit. Reading changes nothing, so that a death before it is a death
before the next write.
"""

import os
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

from django.db import connection

from hitl.shared import jobs
from hitl.shared.errors import HitlError

_READING = ("SELECT", "WITH", "SAVEPOINT", "RELEASE", "PREPARE", "SET", "SHOW")
_NAME = "to be killed"
DONE, TOLD, KILLED = "done", "told", "killed"
_CODES = {0: DONE, 3: TOLD}


class _Death:
    """Kills this process when it has been met so many times."""

    def __init__(self, at: int) -> None:
        self.left = at

    def meet(self) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not sql.lstrip().upper().startswith(_READING) or "INSERT INTO" in sql.upper():
            self.meet()
        return execute(sql, params, many, context)


def in_a_process(act: Callable[[], object], *, dies_at: int = 0) -> str:
    """Let another process do it, and die at the n-th place; 0: never. Return how it ended.

    `TOLD` where the service refused. The rows that the process had not committed are gone on return.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads: the child runs none of them
        child = os.fork()
    if child == 0:
        _live(act, _Death(dies_at))
    _, status = os.waitpid(child, 0)
    _wait_for_its_connection()
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return KILLED
    code = os.WEXITSTATUS(status)
    assert code in _CODES, "the process failed: see above"
    return _CODES[code]


def killed_everywhere(act: Callable[[], object], *, whole: Callable[[], None]) -> list[str]:
    """Let it be killed at each place, begin again after each death, until it comes to its end.

    After a death that has left something, the places are counted from the beginning again, since what is left
    to do is something else then: so each statement of each transaction is met once.

    Args:
        act: what a new process would do, with what it saw at first.
        whole: asserts what must hold of whatever a death has left.

    Returns:
        The digests of all rows that were seen, in their order, without repetition; and last how it ended.
    """
    seen, place = [all_rows()], 1
    while (end := in_a_process(act, dies_at=place)) == KILLED:
        place = 1 if _look(seen, whole) else place + 1
    _look(seen, whole)
    return [*seen, end]


def _look(seen: list[str], whole: Callable[[], None]) -> bool:
    """Look at what is stored; tell whether it is something else than before."""
    now = all_rows()
    if now == seen[-1]:
        return False
    whole()
    seen.append(now)
    return True


def all_rows() -> str:
    """Return a digest of all rows of all tables."""
    with connection.cursor() as cursor:
        cursor.execute(_digest())
        return str(cursor.fetchone()[0])


@cache
def _digest() -> str:
    names = [connection.ops.quote_name(name) for name in sorted(connection.introspection.table_names())]
    every = " UNION ALL ".join(f"SELECT '{name}' || t::text AS line FROM {name} t" for name in names)
    return f"SELECT md5(string_agg(line, E'\\n' ORDER BY line)) FROM ({every}) rows"


def _live(act: Callable[[], object], death: _Death) -> None:
    """Be the other process; never return."""
    code = 1
    try:
        connection.connection = None  # the parent's, which goes on using it
        connection.settings_dict["OPTIONS"] = {
            **connection.settings_dict["OPTIONS"],
            "application_name": _NAME,
        }
        jobs.use(lambda *_: None)
        commit = connection._commit

        def committed() -> None:
            death.meet()
            commit()
            death.meet()

        connection._commit = committed
        with connection.execute_wrapper(death):
            act()
        code = 0
    except HitlError:
        code = 3
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _wait_for_its_connection() -> None:
    """Wait until the database has noticed that the process is gone, and undone what it left."""
    question = (
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s AND datname = current_database()"
    )
    for _ in range(5_000):
        with connection.cursor() as cursor:
            cursor.execute(question, [_NAME])
            if cursor.fetchone()[0] == 0:
                return
        time.sleep(0.001)
    raise AssertionError("its connection is still there")
