"""Live traffic in clusters: one bet a cluster and block is false as rarely as it says, one a label is not."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from bench._guarantee_kept import Figures, Kept
from bench._guarantee_rows import broken, share
from hitl.bench.rows import Row
from science.worlds.clusters import ClusterWorld, copies, labels_until_proved

DELTA = 0.05
BAD = 0.0105  # at a target of 1 %
GOOD = 0.005
LABELS = 8000
WHOLE = 120  # labels of a block that cuts no cluster; the usual ten cut most
# World, cap, labels of a block.
CELLS = {
    "single cases": (copies(1, BAD), 1.0, 10),
    "2 copies": (copies(2, BAD), 2.0, WHOLE),
    "4 copies": (copies(4, BAD), 4.0, WHOLE),
    "12 copies": (copies(12, BAD), 12.0, WHOLE),
    "4 copies, cut by blocks of 10": (copies(4, BAD), 4.0, 10),
    "12 copies, cut by blocks of 10": (copies(12, BAD), 10.0, 10),
    "4 copies, anywhere": (copies(4, BAD, spread=True), 1.0, 10),
    "12 copies, anywhere": (copies(12, BAD, spread=True), 2.0, 10),
    "12 recordings a speaker": (ClusterWorld("speakers", (12,), (BAD,), alike=0.3), 12.0, WHOLE),
    "10 cases a customer, anywhere": (
        ClusterWorld("customers", (10,), (BAD,), alike=0.1, spread=True),
        2.0,
        10,
    ),
    "campaigns of 10 are worse": (
        ClusterWorld("campaigns", (1, 10), (0.004, 0.01635), (0.9, 0.1)),
        10.0,
        WHOLE,
    ),
}


def rows(kept: Kept, runs: int) -> Iterator[Row]:
    """Bar 1 where live labels come in clusters."""
    cells = [
        (name, kept.runs(f"clusters {name}", runs, partial(_labels, world, cap, block), chunk=250)["passed"])
        for name, (world, cap, block) in CELLS.items()
    ]
    yield from broken("true 1.05 %, one bet a cluster and block", cells, DELTA)
    for name, (world, _, _) in CELLS.items():
        own = kept.runs(f"copies as labels {name}", runs // 4, partial(_labels, world, None, 10), chunk=250)
        yield share(f"  {name}: one bet a label, false", own["passed"])
        yield share("    one bet a cluster, false", dict(cells)[name])
    for name, world, cap in (
        ("single cases", copies(1, GOOD), 1.0),
        ("2 copies", copies(2, GOOD), 2.0),
        ("4 copies", copies(4, GOOD), 4.0),
    ):
        good = kept.runs(f"good clusters {name}", runs // 4, partial(_labels, world, cap, WHOLE), chunk=250)
        yield share(f"  true .5 %, {name}: proved within 8,000 labels", good["passed"])


def _labels(
    world: ClusterWorld, cap: float | None, block: int, rng: np.random.Generator, runs: int
) -> Figures:
    planned = min(2000 * int(cap or 1), LABELS)  # so many labels are worth 2,000 single ones, if they come
    took = labels_until_proved(
        world, cap=cap, runs=runs, rng=rng, labels=LABELS, planned=planned, block_size=block
    )
    return {"passed": np.isfinite(took)}
