"""The rules for Prometheus ask only for figures that there are, and fire when they say."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from hitl.runtime.paths import ROOT

FOLDER = ROOT / "deploy" / "prometheus"
_FIGURE = re.compile(r"\bhitl_[a-z_]+")


def test_every_figure_that_a_rule_asks_for_is_there() -> None:
    asked = set(_FIGURE.findall((FOLDER / "alerts.yml").read_text()))
    given = set(_FIGURE.findall((ROOT / "monitoring" / "metrics.py").read_text()))
    assert len(asked) >= 7
    assert asked <= given


@pytest.mark.parametrize("asked", [("check", "rules", "alerts.yml"), ("test", "rules", "alerts_test.yml")])
def test_promtool_accepts_them(asked: tuple[str, ...]) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed: it is in Debian's package prometheus")
    told = subprocess.run([Path(promtool), *asked], cwd=FOLDER, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr
