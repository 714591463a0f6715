"""End a web worker with its server, and the server with its supervisor, also when either is killed.

Granian that is asked to end while its workers come up can hang for good, and once the supervisor is gone
nobody escalates. So the kernel kills the server with the supervisor, and the workers with the server.
"""

import os
import signal
import sys

import psutil

from hitl.runtime.launch import die_with_parent

SUPERVISOR = "HITL_SUPERVISOR_PID"


def tie_worker() -> None:
    """Die with the server that started this process; called by a web worker before anything slow."""
    supervisor = os.environ.get(SUPERVISOR)
    if supervisor is None or not sys.platform.startswith("linux"):
        return
    server = os.getppid()
    die_with_parent(server, signal.SIGKILL)
    if psutil.Process(server).ppid() != int(supervisor):  # either ended before the kernel knew
        sys.exit(1)
