"""Models elsewhere: what a promise of 5 % is worth on scores that are too sure, believed and calibrated."""

from collections.abc import Sequence

import numpy as np

from hitl.bench.options import Options
from hitl.bench.rows import Row
from science.guarantee.verdict import Certified
from science.intervals import wilson_interval
from science.worlds.elsewhere import Elsewhere
from science.worlds.trials import certification_trial, is_false
from science.worlds.world import World

NEEDS_STAGE = False
TARGET, CUTOFF = 0.05, 0.9
FIT, LABELS, DECISIONS = 500, 1_000, 2_000
STREAMS = 200
# Hard and easier: the wider the true log-odds are spread, the more cases are clear.
SPREADS = (1.5, 3.0)


def run(quick: bool) -> Sequence[Row]:
    """Streams of each spread; fewer when it is to be quick."""
    return run_with(Options(quick=quick))


def run_with(options: Options) -> Sequence[Row]:
    """As `run`, with a number of streams."""
    streams = options.runs or (50 if options.quick else STREAMS)
    return [row for spread in SPREADS for row in _rows(Elsewhere(spread), streams)]


def _rows(model: Elsewhere, streams: int) -> list[Row]:
    rng = np.random.default_rng(14)
    raw, kept, broken, automated, oracle = model.as_sent(), 0, 0, [], []
    for _ in range(streams):
        broken += _delivered(raw, CUTOFF, rng) > TARGET
        world = model.calibrated(FIT, rng)
        verdict = certification_trial(world, n=LABELS, target=TARGET, rng=rng, tuning=FIT)
        kept += not is_false(verdict, world)
        automated.append(world.coverage(verdict.cutoff) if isinstance(verdict, Certified) else 0.0)
        oracle.append(world.oracle(TARGET))
    low, high = wilson_interval(kept / streams, streams)
    name = f"temperature {model.temperature:g}, spread {model.spread:g}"
    return [
        Row(
            f"{name}: promise broken by a raw cutoff of {CUTOFF:g}",
            "% of streams",
            100 * broken / streams,
            note=f"{100 * raw.risk(CUTOFF):.1f} % of its automatic decisions are wrong in truth",
        ),
        Row(
            f"{name}: promise kept, calibrated and certified",
            "% of streams",
            100 * kept / streams,
            100 * low,
            100 * high,
            bar=95,
            more_is_better=True,
            note=f"{FIT} labels to calibrate, as many to plan, {LABELS:,} to test; {streams} streams",
        ),
        Row(
            f"{name}: automated under the promise",
            "% of cases",
            100 * float(np.mean(automated)),
            note=f"who knew the truth could automate {100 * float(np.mean(oracle)):.0f} %",
        ),
    ]


def _delivered(world: World, cutoff: float, rng: np.random.Generator) -> float:
    """Share of wrong ones among the automatic decisions of one stream."""
    seen = world.sample(DECISIONS, rng)
    accepted = seen.scores >= cutoff
    return float(seen.wrong[accepted].mean()) if accepted.any() else 0.0
