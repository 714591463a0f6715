"""What a worker says from its first moment on is one JSON object a line."""

import json
import subprocess
import sys


def test_a_warning_of_a_library_before_the_start_is_a_line_of_json_too() -> None:
    code = (
        "import warnings; import django; django.setup()\n"
        "from celery.signals import celeryd_init\n"
        "import hitl.celery\n"
        "celeryd_init.send(sender='worker', instance=None, conf=None, options={})\n"
        "warnings.warn('of many\\nlines', UserWarning)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    lines = [json.loads(line) for line in told.stderr.splitlines()]
    assert any("of many" in line["event"] and line["logger"] == "py.warnings" for line in lines)
