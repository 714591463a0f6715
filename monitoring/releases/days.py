"""How much was automated, and how often audits found it wrong, day by day."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import takewhile
from uuid import UUID

from django.db.models import F, Q, Sum
from django.db.models.functions import TruncDay

from monitoring.models import HourTally
from monitoring.watch import draws
from monitoring.watch.draws import Cursor, Drawn
from monitoring.watch.watched import ACCEPTED
from science.intervals import wilson_interval

MAX_ROWS = 5 * draws.MAX_DRAWN  # draws of a release that are read, the newest


@dataclass(frozen=True, slots=True)
class Day:
    """One day, UTC.

    Attributes:
        automatic, total: cases that the model decided, and all; each as it was routed last.
        wrong, drawn: of what the model accepted and a blind answer was drawn for, up to the first that
            somebody is still asked about; what nobody settled in time counts as wrong, as everywhere.
    """

    at: date
    automatic: int = 0
    total: int = 0
    wrong: int = 0
    drawn: int = 0

    @property
    def automated(self) -> float | None:
        """Share that the model decided; None on a day without cases."""
        return self.automatic / self.total if self.total else None

    @property
    def error(self) -> float | None:
        """Share of the drawn that were wrong; None on a day without any."""
        return self.wrong / self.drawn if self.drawn else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Of that share, at 95 %."""
        return None if self.error is None else wilson_interval(self.error, self.drawn)


def days(workflow_id: UUID, release_ids: Sequence[UUID], *, since: datetime, now: datetime) -> list[Day]:
    """Return every day from `since` on, the oldest first; of these releases for what was wrong."""
    tallies = HourTally.objects.filter(workflow_id=workflow_id, sequence=0, hour__gte=since)
    counted = tallies.annotate(day=TruncDay("hour")).values("day", "route").order_by()
    automatic: Counter[date] = Counter()
    total: Counter[date] = Counter()
    for row in counted.annotate(n=Sum(F("count") - F("replaced"))):
        total[row["day"].date()] += row["n"]
        automatic[row["day"].date()] += row["n"] if row["route"] == "auto" else 0
    wrong, drawn = _errors(workflow_id, release_ids, since, now)
    n_days = (now.date() - since.date()).days + 1
    dates = [since.date() + timedelta(days=i) for i in range(n_days)]
    return [Day(at, automatic[at], total[at], wrong[at], drawn[at]) for at in dates]


def _errors(
    workflow_id: UUID, release_ids: Sequence[UUID], since: datetime, now: datetime
) -> tuple[Counter[date], Counter[date]]:
    wrong: Counter[date] = Counter()
    drawn: Counter[date] = Counter()
    for release_id in release_ids:
        for one in takewhile(lambda one: not one.is_open, _newest(workflow_id, release_id, since, now)):
            drawn[one.at.date()] += 1
            wrong[one.at.date()] += one.highest_loss > 0
    return wrong, drawn


def _newest(workflow_id: UUID, release_id: UUID, since: datetime, now: datetime) -> Iterator[Drawn]:
    """Yield the newest draws of a release, the oldest of them first."""
    rows = draws.scored(workflow_id, release_id, reasons=ACCEPTED)
    rows = rows.filter(Q(is_audited=True) | Q(is_blind=True), decided_at__gte=since)
    first = list(rows.order_by("-decided_at").values_list("decided_at", flat=True)[MAX_ROWS - 1 : MAX_ROWS])
    if first:
        rows = rows.filter(decided_at__gte=first[0])
    place: Cursor = None
    while found := draws.drawn_after(rows, place, until=now, now=now):
        yield from found
        place = found[-1].place
