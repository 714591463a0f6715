"""End what a program forks with it, and the program with its supervisor, also when either is killed.

Granian that is asked to end while its workers come up can hang for good, a worker of Celery that loses its
broker at the same moment goes on asking for it, and once the supervisor is gone nobody escalates. So the
kernel kills the program with the supervisor, and what it forked with the program.
"""

import os
import signal
import sys

import psutil

from hitl.runtime.launch import die_with_parent

SUPERVISOR = "HITL_SUPERVISOR_PID"


def tie_worker() -> None:
    """Die with the program that forked this process; called in a worker of it before anything slow."""
    supervisor = os.environ.get(SUPERVISOR)
    if supervisor is None or not sys.platform.startswith("linux"):
        return
    program = os.getppid()
    if program == int(supervisor):  # Celery's solo pool forks nothing: this is the program, which is tied
        return
    die_with_parent(program, signal.SIGKILL)
    if psutil.Process(program).ppid() != int(supervisor):  # either ended before the kernel knew
        sys.exit(1)
