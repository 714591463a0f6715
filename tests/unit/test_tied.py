"""What a program forks ends with it; the program itself is the supervisor's own child and goes on."""

import os
import subprocess
import sys

import pytest

from hitl.runtime.tied import SUPERVISOR

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux ties processes")
TIE = "from hitl.runtime.tied import tie_worker; tie_worker(); print('works')"
FORK = f"import os, sys; sys.exit(0) if os.fork() == 0 and (exec({TIE!r}) or True) else os.wait()"


def said(code: str, supervisor: int) -> str:
    """Return what a program says that is started by this process."""
    environment = {**os.environ, SUPERVISOR: str(supervisor)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    return done.stdout.strip()


def test_a_program_that_forks_nothing_goes_on() -> None:
    assert said(TIE, os.getpid()) == "works"


def test_what_it_forks_goes_on_while_both_live() -> None:
    assert said(FORK, os.getpid()) == "works"


def test_what_is_forked_by_a_program_of_somebody_else_ends_at_once() -> None:
    assert said(FORK, os.getppid()) == ""
