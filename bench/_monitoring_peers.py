"""What the same check costs with Evidently, NannyML and Alibi Detect, where they are installed."""

import time
from collections.abc import Iterator

import numpy as np

from bench._monitoring_power import FIELDS, ROWS
from hitl.bench.peers import Group, peer
from hitl.bench.rows import Row, absent, from_runs
from science.drift.cells import NumberCells
from science.drift.compare import compare

PEERS = {Group.DRIFT: ("Evidently", "NannyML"), Group.ALIBI: ("Alibi Detect",)}
BAR = {"Evidently": 0.1}


def peers(quick: bool) -> Iterator[Row]:
    """Yield what our check costs beside each; theirs reads the rows, ours the counts that are there."""
    rng = np.random.default_rng(2)
    then, now = rng.normal(size=(FIELDS, ROWS)), rng.normal(size=(FIELDS, ROWS))
    cells = [NumberCells.learn(column[:10_000].tolist()) for column in then]
    counted = [
        (one.count(a.tolist()), one.count(b.tolist())) for one, a, b in zip(cells, then, now, strict=True)
    ]
    for group, names in PEERS.items():
        with peer(group, "_monitoring_peers_script") as running:
            said = running.ask(fields=FIELDS, rows=ROWS) if running else {}
        for name in names:
            if name not in said:
                yield absent(f"peer: {name}")
                continue
            ours = []
            for _ in said[name]:
                began = time.process_time()
                for a, b in counted:
                    compare(a, b, is_ordered=True, rng=rng)
                ours.append(time.process_time() - began)
            ratios = [mine / theirs for mine, theirs in zip(ours, said[name], strict=True)]
            yield from_runs(
                f"a check of {FIELDS} fields of {ROWS:,} rows, over {name}'s", "x", ratios, bar=BAR.get(name)
            )
            yield from_runs(f"  peer: {name}", "s CPU", said[name])
