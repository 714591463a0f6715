"""A web process can be reached when it can answer: nobody waits for its addresses to be loaded."""

import os
import subprocess
import sys

from hitl.runtime.main import PLACEHOLDERS
from hitl.runtime.ports import free_port

SCRIPT = """
import sys, threading
import hitl.shared.probes as probes

def serve(application, *, host, port):
    print("at first probe", *(f"hitl.flow.doors.{door}.urls" in sys.modules for door in ("pages", "api")))

probes.serve_probes = serve
import hitl.wsgi
"""


def test_addresses_are_loaded_before_probes_are_served() -> None:
    environment = {**os.environ, **PLACEHOLDERS, "HITL_PROBE_PORT": str(free_port())}
    environment["DJANGO_SETTINGS_MODULE"] = "hitl.settings"
    ended = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True)
    assert ended.stdout.strip() == "at first probe True True", ended.stderr
