"""Handovers whose truth is known, many at a time: a champion with audits, and a challenger that differs in D.

The challenger decides what the champion does, alike, and D besides, which the champion leaves to people.
"""

from dataclasses import dataclass, replace

import numpy as np

from science.guarantee.handover import Handover
from science.guarantee.handover_plan import HandedOver, HandoverPlan


@dataclass(frozen=True, slots=True)
class HandoverWorld:
    """A champion, and what the challenger adds.

    Attributes:
        champion_error: share of its decisions that are wrong, in the first half of its window, in the second,
            and since the challenger's freeze.
        audits: of the champion before the freeze.
        differs: P(D), share of traffic.
        error: of the challenger in D.
        automates: share of traffic that the champion decides.
        audit_rate: of the champion's decisions.
    """

    champion_error: tuple[float, float, float]
    audits: int
    differs: float
    error: float
    automates: float = 0.7
    audit_rate: float = 0.02

    @property
    def risk(self) -> float:
        """The challenger's, since its freeze."""
        wrong = self.automates * self.champion_error[2] + self.differs * self.error
        return wrong / (self.automates + self.differs)


def steady(error: float, audits: int, differs: float, wrong: float) -> HandoverWorld:
    """Make a world in which the champion errs alike all the time."""
    return HandoverWorld((error,) * 3, audits, differs, wrong)


def at_the_boundary(world: HandoverWorld, target: float) -> HandoverWorld:
    """Make D so bad that the challenger is wrong exactly as often as the target allows."""
    allowed = target * (world.automates + world.differs) - world.automates * world.champion_error[2]
    return replace(world, error=allowed / world.differs)


def handover_trial(
    world: HandoverWorld,
    *,
    rng: np.random.Generator,
    target: float = 0.01,
    delta: float = 0.05,
    cases: int = 20_000,
    block: int = 200,
    miss: float = 0.0,
) -> HandedOver | None:
    """Play one handover, looked at after every block; None if it did not come within so many cases.

    Args:
        miss: share of errors that reviewers miss, known to the plan.
    """
    rate = world.audit_rate
    handover = Handover(
        HandoverPlan(
            target=target,
            delta=delta,
            pi_floor=rate,
            miss_bound=miss,
            coverage=world.automates,
            differs=world.differs,
        )
    )
    before = round(world.audits / world.automates / rate)
    halves = [world.audits // 2, world.audits - world.audits // 2]
    seen = np.concatenate([rng.random(n) < r for n, r in zip(halves, world.champion_error[:2], strict=True)])
    handover.inherit(before, (seen & (rng.random(seen.size) >= miss)).astype(float), np.full(seen.size, rate))
    for _ in range(cases // block):
        place = rng.random(block)
        differs = place >= 1 - world.differs
        champion = place < world.automates
        wrong = differs & (rng.random(block) < world.error) & (rng.random(block) >= miss)
        audited = int((champion & (rng.random(block) < rate)).sum())
        found = (rng.random(audited) < world.champion_error[2]) & (rng.random(audited) >= miss)
        handover.add_block(
            champion | differs, differs, wrong.astype(float), found.astype(float), np.full(audited, rate)
        )
        # `add_block` looks; the outlook that `verdict` gives besides costs more than a block.
        if handover.handed_over:
            return handover.handed_over
    return None
