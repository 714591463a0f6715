"""What another target or cutoff would mean in a week: the numbers the page works with while one drags."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from django.utils.translation import gettext_lazy

from monitoring.promise.pace import Pace
from policy.models import Policy
from policy.web.curves import Unit
from science.guarantee.exact import upper_bound

ROWS = (
    ("target", gettext_lazy("Target")),
    ("cutoff", gettext_lazy("Cutoff")),
    ("share", gettext_lazy("Accepted, of all cases")),
    ("automatic", gettext_lazy("Decided by the model")),
    ("wrong", gettext_lazy("Wrong among them, expected (95 %)")),
    ("people", gettext_lazy("For people, audits included")),
    ("audits", gettext_lazy("Audits")),
    ("hours", gettext_lazy("Hours of reviewing")),
    ("queue", gettext_lazy("In the queue after a week")),
)
"""Rows of the table that the page fills: what `what_if.js` calls each, and its words."""


def what_if(
    curves: Sequence[Unit], *, policy: Policy, delta: float, seen: float, weekly_cases: int, pace: Pace
) -> dict[str, Any]:
    """Return columns per unit, strict to loose, and what a week is like.

    `bound` is the smallest error that the labelled cases prove at each cutoff by itself: where it lies below
    a target, that cutoff would probably be certified for it. `seen` is the share of the errors that reviewers
    surely see.
    """
    each = delta / max(1, len(curves))
    total = sum(curve.n_labels for curve in curves) or 1
    return {
        "target": policy.target,
        "auditRate": policy.audit_rate,
        "weeklyCases": weekly_cases,
        "seconds": pace.seconds,
        "answers": pace.answers,
        "waiting": pace.waiting,
        "units": [
            {
                "words": curve.words,
                "field": curve.field,
                "share": curve.n_labels / total,
                "nLabels": curve.n_labels,
                "inForce": curve.in_force,
                "certified": next((p.cutoff for p in reversed(curve.points) if p.is_covered), None),
                "cutoff": [point.cutoff for point in curve.points],
                "n": [point.n for point in curve.points],
                "wrong": [point.wrong for point in curve.points],
                "low": [point.low for point in curve.points],
                "high": [point.high for point in curve.points],
                "bound": _bounds(curve, each, seen),
                "isCovered": [point.is_covered for point in curve.points],
            }
            for curve in curves
        ],
    }


def _bounds(curve: Unit, delta: float, seen: float) -> list[float]:
    wrong = np.array([point.wrong for point in curve.points], dtype=np.float64)
    n = np.array([point.n for point in curve.points], dtype=np.int64)
    return [min(1.0, float(value) / seen) for value in upper_bound(wrong, n, delta)]
