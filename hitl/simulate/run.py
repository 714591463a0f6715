"""A simulation from world to report, in the connected database."""

import json
import sys
import time
from pathlib import Path
from typing import IO, Any

from django.test import override_settings

from hitl.simulate.options import Options
from hitl.simulate.outcome import outcome_of
from hitl.simulate.page import page
from hitl.simulate.progress import Bar
from hitl.simulate.reading import World
from hitl.simulate.report_text import summary
from hitl.simulate.stream import play


def simulate(
    world: World, options: Options, *, folder: Path | None, json_file: Path | None, out: IO[str] | Any
) -> dict[str, Any]:
    """Play the world, write the report and say what came of it; return the outcome.

    Raises:
        CannotSimulate: the options do not fit the world.
    """
    began = time.monotonic()
    with override_settings(CURVE_SECONDS=0.0):  # nobody reads about the models of a simulation
        played = play(world, options, progress=Bar(sys.stderr).show)
    outcome = outcome_of(world, options, played)
    body = json.dumps(outcome, indent=1, ensure_ascii=False) + "\n"
    out.write(f"\n{summary(outcome)}\n")
    out.write(f"  time           {time.monotonic() - began:.0f} s\n")
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "index.html").write_text(page(outcome), encoding="utf-8")
        (folder / "report.json").write_text(body, encoding="utf-8")
        out.write(f"\nReport: {folder / 'index.html'}\n")
    if json_file is not None:
        json_file.parent.mkdir(parents=True, exist_ok=True)
        json_file.write_text(body, encoding="utf-8")
    return outcome
