"""Tests and monitors fed by live labels, one per unit of the promise; pure, stored as JSON.

A `Block` is a stretch of decisions in their order. `LiveTest` proves a frozen plan by it, `LiveWatch` looks
for the moment when the promise stops being true. Both hold one process per unit: one for an overall promise,
one per label otherwise.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hitl.shared.words import Words, figure
from science.guarantee.clustered import ClusteredCertifier
from science.guarantee.monitor import Level, RiskMonitor
from science.guarantee.planning import TestPlan
from science.guarantee.verdict import Certified, Verdict

UnitLabel = str | None  # of a unit; None is the one unit of an overall promise


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Scored decisions in the order they were made; every array has shape (n_cases,).

    Attributes:
        scores: as stored when the case was decided.
        predicted: the label the model gave.
        losses: in [0, 1], NaN where no blind label was drawn.
        inclusion_probability: probability that a blind label is collected.
        reference_rate: by which the monitor weighs it.
        groups: equal in cases that belong together; None where nothing is known of that.
    """

    scores: np.ndarray
    predicted: np.ndarray
    losses: np.ndarray
    inclusion_probability: np.ndarray
    reference_rate: np.ndarray
    groups: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.scores)

    def of(self, label: UnitLabel) -> "Block":
        """The cases of one unit."""
        return self if label is None else self.where(self.predicted == label)

    def where(self, mask: np.ndarray) -> "Block":
        """The cases that a mask or slice picks, in their order."""
        return Block(
            self.scores[mask],
            self.predicted[mask],
            self.losses[mask],
            self.inclusion_probability[mask],
            self.reference_rate[mask],
            None if self.groups is None else self.groups[mask],
        )


class ChanceTooLow(Exception):
    """A label was collected with a smaller probability than the test plan allows for."""


class GroupTooLarge(Exception):
    """A block holds more draws of one group than the test plan allows for; `size` is how many."""

    def __init__(self, size: int, cap: int) -> None:
        super().__init__(
            Words(
                "%(size)s labels of one group came together, and the plan allows for %(cap)s",
                size=size,
                cap=cap,
            )
        )
        self.size = size


@dataclass(slots=True)
class LiveTest:
    """Anytime tests of frozen plans, one per unit that has one; a group's draws in a block make one bet.

    Copies, or the cases of one customer, share their fate: whoever bets on each as if it were new has seen
    the outcome before. What a group brings in later blocks may only take evidence away.
    """

    tests: dict[UnitLabel, ClusteredCertifier]

    @classmethod
    def begin(cls, plans: Mapping[UnitLabel, TestPlan], *, cap: int = 1) -> "LiveTest":
        """Start with nothing seen; `cap`, declared with the plan, is the most draws of a group in a block."""
        return cls({label: ClusteredCertifier(plan, float(cap)) for label, plan in plans.items()})

    @classmethod
    def restore(cls, plans: Sequence[Mapping[str, Any]], states: Sequence[Mapping[str, Any]]) -> "LiveTest":
        """Rebuild from what `states` returned."""
        return cls(
            {
                entry["label"]: ClusteredCertifier.from_json(TestPlan.from_json(entry["plan"]), dict(state))
                for entry, state in zip(plans, states, strict=True)
            }
        )

    def take(self, block: Block, *, capped: bool = True) -> None:
        """Feed the labels of a closed block; cases that no cutoff of the plan accepts are left out.

        `capped`: refuse a block in which a group is larger than was declared. Else such a group counts by its
        own size where it speaks for the promise, and by the declared one where it speaks against it.

        Raises:
            ChanceTooLow: the plan no longer fits how labels are collected; nothing is taken in.
            GroupTooLarge: a group has more draws than the plan allows for; nothing is taken in.
        """
        chosen = {}
        for label, test in self.tests.items():
            own = block.of(label)
            asked = own.where(~np.isnan(own.losses) & (own.scores >= test.plan.grid[-1]))
            if len(asked) and asked.inclusion_probability.min() < test.plan.pi_floor * (1 - 1e-9):
                raise ChanceTooLow(
                    Words(
                        "%(chance)s is below %(floor)s",
                        chance=figure(asked.inclusion_probability.min()),
                        floor=figure(test.plan.pi_floor),
                    )
                )
            if capped and asked.groups is not None and len(asked):
                largest = int(np.unique(asked.groups, return_counts=True)[1].max())
                if largest > test.cap:
                    raise GroupTooLarge(largest, int(test.cap))
            chosen[label] = asked
        for label, asked in chosen.items():
            groups = [None] * len(asked) if asked.groups is None else asked.groups.tolist()
            self.tests[label].add_block(asked.scores, asked.losses, asked.inclusion_probability, groups)

    def verdicts(self) -> dict[UnitLabel, Verdict]:
        """What is proved so far, per unit."""
        return {label: test.verdict() for label, test in self.tests.items()}

    def states(self) -> list[dict[str, Any]]:
        """The states, in the order of the plans."""
        return [test.to_json() for test in self.tests.values()]

    @property
    def n_groups(self) -> int:
        """How many groups the labels belong to."""
        return sum(test.n_clusters for test in self.tests.values())

    def n_labels(self, label: UnitLabel) -> tuple[int, float]:
        """Labels at the loosest cutoff of a unit, and the sum of their losses."""
        test = self.tests[label]
        return int(test.n[-1]), float(test.wrong[-1])

    @property
    def is_complete(self) -> bool:
        """Whether everything that was asked is proved, so that more labels add nothing."""
        return all(
            isinstance(verdict, Certified) and verdict.cutoff == self.tests[label].plan.grid[-1]
            for label, verdict in self.verdicts().items()
        )


@dataclass(slots=True)
class LiveWatch:
    """Monitors of the cutoffs that a certificate covers, one per unit that has any."""

    monitors: dict[UnitLabel, RiskMonitor]

    @classmethod
    def begin(
        cls, passed: Mapping[UnitLabel, Sequence[float]], *, target: float, horizon_cases: float, pfa: float
    ) -> "LiveWatch":
        """Start with no evidence; the units share the chance of a false alarm and the horizon's cases."""
        each = pfa / max(1, len(passed))
        return cls(
            {
                label: RiskMonitor(tuple(grid), target=target, horizon_cases=horizon_cases, pfa=each)
                for label, grid in passed.items()
            }
        )

    @classmethod
    def restore(cls, units: Sequence[UnitLabel], states: Sequence[Mapping[str, Any]]) -> "LiveWatch":
        """What `states` described."""
        return cls({label: RiskMonitor.from_json(state) for label, state in zip(units, states, strict=True)})

    def widen(self, horizon_cases: float) -> None:
        """Extend the horizon for the cases to come."""
        for monitor in self.monitors.values():
            monitor.horizon_cases = horizon_cases

    def copy(self) -> "LiveWatch":
        """A copy to try something on."""
        return self.restore(list(self.monitors), self.states())

    def take(self, block: Block) -> None:
        """Feed a closed block: count all its cases, weigh those with a label."""
        for label, monitor in self.monitors.items():
            own = block.of(label)
            if len(own):
                monitor.add_block(own.scores, own.losses, own.inclusion_probability, own.reference_rate)

    def states(self) -> list[dict[str, Any]]:
        """The states, in the order of the units."""
        return [monitor.to_json() for monitor in self.monitors.values()]

    def place(self, label: UnitLabel, cutoff: float) -> int | None:
        """Index of a cutoff in its unit's grid."""
        monitor = self.monitors.get(label)
        return monitor.grid.index(cutoff) if monitor is not None and cutoff in monitor.grid else None

    def level(self, cutoffs: Mapping[UnitLabel, float]) -> Level:
        """The worst level among the cutoffs in force."""
        levels = {self._level_of(label, cutoff) for label, cutoff in cutoffs.items()}
        return next((level for level in (Level.RED, Level.AMBER) if level in levels), Level.GREEN)

    def red_units(self, cutoffs: Mapping[UnitLabel, float]) -> list[UnitLabel]:
        """The units whose cutoff in force is refuted."""
        return [label for label, cutoff in cutoffs.items() if self._level_of(label, cutoff) is Level.RED]

    def refuted(self) -> list[tuple[UnitLabel, float]]:
        """The cutoffs of each unit that are at red."""
        return [
            (label, cutoff)
            for label, monitor in self.monitors.items()
            for cutoff, is_red in zip(monitor.grid, monitor.tripped, strict=True)
            if is_red
        ]

    def highest(self, cutoffs: Mapping[UnitLabel, float]) -> float:
        """The highest E among the cutoffs in force; red begins at 1 / pfa."""
        values = [
            float(self.monitors[label].e_values()[place])
            for label, cutoff in cutoffs.items()
            if (place := self.place(label, cutoff)) is not None
        ]
        return max(values, default=0.0)

    def step_down(self, label: UnitLabel, cutoff: float) -> float | None:
        """The loosest stricter cutoff of the unit that is not in doubt; None if there is none."""
        place = self.place(label, cutoff)
        if place is None:
            return None
        monitor = self.monitors[label]
        stricter = monitor.step_down(place, monitor.grid)
        return None if stricter is None else monitor.grid[stricter]

    def _level_of(self, label: UnitLabel, cutoff: float) -> Level:
        place = self.place(label, cutoff)
        return Level.GREEN if place is None else self.monitors[label].level(place)
