"""The rules for Prometheus and the board of Grafana ask only for figures that there are."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from hitl.runtime.paths import ROOT

BOARD = ROOT / "deploy" / "grafana" / "hitl.json"
FOLDER = ROOT / "deploy" / "prometheus"
_FIGURE = re.compile(r"\bhitl_[a-z_]+")


def exported() -> set[str]:
    """Return the names that `/metrics` gives, those of counters with their ending."""
    source = (ROOT / "monitoring" / "metrics.py").read_text()
    counters = set(re.findall(r'CounterMetricFamily\(\s*"(hitl_[a-z_]+)"', source))
    return {f"{name}_total" if name in counters else name for name in _FIGURE.findall(source)}


def test_every_figure_that_a_rule_asks_for_is_there() -> None:
    asked = set(_FIGURE.findall((FOLDER / "alerts.yml").read_text()))
    assert len(asked) >= 7
    assert asked <= exported()


def test_the_board_shows_every_figure_and_no_other() -> None:
    board = json.loads(BOARD.read_text())
    panels = board["panels"]
    asked = {
        one for panel in panels for target in panel["targets"] for one in _FIGURE.findall(target["expr"])
    }
    assert asked == exported()
    rest = [one["query"] for one in board["templating"]["list"]] + [
        one["expr"] for one in board["annotations"]["list"]
    ]
    assert {one for text in rest for one in _FIGURE.findall(text)} <= exported()
    assert len({panel["id"] for panel in panels}) == len({panel["title"] for panel in panels}) == len(panels)
    assert all(panel["fieldConfig"]["defaults"]["unit"] for panel in panels)


def test_no_panel_of_the_board_lies_on_another() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in json.loads(BOARD.read_text())["panels"]:
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells


@pytest.mark.parametrize("asked", [("check", "rules", "alerts.yml"), ("test", "rules", "alerts_test.yml")])
def test_promtool_accepts_them(asked: tuple[str, ...]) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed: it is in Debian's package prometheus")
    told = subprocess.run([Path(promtool), *asked], cwd=FOLDER, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr
