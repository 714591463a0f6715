"""A workflow whose days are counted, without their cases: what came in, as the counting job would have it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np

from cases.models import Workflow
from hitl.flow.setup.create import set_up_workflow
from monitoring.counts.binning import rebin
from monitoring.counts.fold import add_counts
from monitoring.counts.outputs import ROUTE, ROUTES
from monitoring.drift.check import check
from monitoring.models import Binning, CountCursor
from monitoring.types import CountFamily
from science.drift.counting import Bins
from tests.support.factories import LABELS, TABLE_FIELDS, TESTER

FIRST = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
JOBS = ("clerk", "baker", "smith", "nurse")

Content = dict[str, Any]


def contents(rng: np.random.Generator, n: int, *, shift: float = 0.0, new_job: float = 0.0) -> list[Content]:
    """Contents of cases; `shift` moves the amounts, in standard deviations, `new_job` is a share."""
    amounts = rng.lognormal(6.0 + 0.5 * shift, 0.5, n)
    jobs = rng.choice(JOBS, n, p=(0.5, 0.3, 0.15, 0.05))
    is_new = rng.random(n) < new_job
    return [
        {
            "amount": float(round(amount, 2)),
            "job": "pilot" if new else str(job),
            "since": None,
            "married": bool(rng.random() < 0.4),
        }
        for amount, job, new in zip(amounts, jobs, is_new, strict=True)
    ]


@dataclass
class CountedWorld:
    """A workflow with bins. `day` counts the days from `FIRST`."""

    workflow: Workflow
    binning: Binning
    rng: np.random.Generator

    def count_day(
        self,
        day: int,
        *,
        n: int = 240,
        hours: tuple[int, ...] = (12,),
        release: UUID | None = None,
        **odd: Any,
    ) -> None:
        """Count a day on which `n` cases came in, at these hours of it."""
        bins, schema = Bins.from_json(self.binning.bins), self.workflow.schemas.get(number=1).schema
        counts: dict[Any, np.ndarray] = {}
        for hour in hours:
            at = FIRST + day * DAY + hour * HOUR
            some = contents(self.rng, n // len(hours), **odd)
            counts |= {
                (at, CountFamily.INPUT.value, field, measure, release, self.binning.pk): counted
                for (field, measure), counted in bins.count(schema, some, {}).items()
            }
            routes = ROUTES.count(self.rng.choice(["auto", "human"], len(some), p=(0.7, 0.3)))
            counts[at, CountFamily.OUTPUT.value, "", ROUTE, release, None] = routes
        add_counts(self.workflow.pk, counts)

    def count_days(self, first: int, last: int, **odd: Any) -> None:
        """Count all days from the first, up to the last excluded."""
        for day in range(first, last):
            self.count_day(day, **odd)

    def check(self, day: int, *, hours: float = 0.5) -> int:
        """Check some time after the beginning of a day; what came in by then is counted."""
        now = FIRST + day * DAY + hours * HOUR
        CountCursor.objects.update_or_create(workflow=self.workflow, defaults={"read_at": now})
        return check(self.workflow.pk, now=now)

    def live(self, first: int, last: int, odd: Callable[[int], dict[str, Any]] = lambda _: {}) -> None:
        """Let days pass: each is counted, and checked after its end."""
        for day in range(first, last):
            self.count_day(day, **odd(day))
            self.check(day + 1)


def counted_world(seed: int = 0, *, slug: str = "loans") -> CountedWorld:
    """Return a workflow of a table whose bins are learned from 2,000 cases."""
    workflow = set_up_workflow(
        slug=slug, name="Loans", fields=TABLE_FIELDS, labels=LABELS, actor=TESTER, now=FIRST
    )
    rng = np.random.default_rng(seed)
    binning = rebin(workflow, contents(rng, 2_000), reason="of the tests", now=FIRST)
    return CountedWorld(workflow, binning, rng)
