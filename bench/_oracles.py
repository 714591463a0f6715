"""SHAP and LIME on our models, where they are installed: to compare evidence with, never to show."""

import base64
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from hitl.bench.peers import Group, Peer, peer
from science.serving import ServedModel, save_model

TIMED = 10  # cases: what they cost needs no more


@dataclass(frozen=True, slots=True)
class Oracle:
    """A model in the peers' interpreter."""

    _peer: Peer

    def each(self, way: str, rows: Sequence[Any]) -> tuple[list[Any], list[float]]:
        """Return what `shap_words`, `lime_words` or `shap_table` find in each row, and the CPU ms of some."""
        said = self._peer.ask(what="each", way=way, rows=list(rows), timed=TIMED)
        return said["found"], said["ms"]


@contextmanager
def oracle(served: ServedModel) -> Iterator[Oracle | None]:
    """Ask SHAP and LIME about a model until the block ends; None where they are not installed."""
    with peer(Group.EVIDENCE, "_oracles_script") as running:
        if running is None:
            yield None
        else:
            running.ask(what="read", served=base64.b64encode(save_model(served)).decode())
            yield Oracle(running)
