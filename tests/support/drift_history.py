"""Daily readings of one metric, and its alarms with what people said of them."""

from datetime import timedelta

from hitl.accounts.types import Role
from hitl.shared import clock
from monitoring.alarms.answered import close_alarm
from monitoring.alarms.contract import contract_of
from monitoring.alarms.found import Finding, clear_alarm, raise_alarm
from monitoring.models import DriftReading
from monitoring.types import MetricKey, Reference
from tests.support.count_rows import CountedWorld, counted_world
from tests.support.factories import TESTER, person

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
AMOUNT = MetricKey("input", "amount", "value")
WHERE = {**AMOUNT._asdict(), "reference": Reference.BEFORE.value}


class History:
    """Daily readings of amounts, and the alarms that rose and were closed."""

    def __init__(self) -> None:
        self.world: CountedWorld = counted_world()
        self.lead = person(Role.LEAD).as_actor()
        midnight = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
        self.day = midnight - 120 * DAY
        self.contract = contract_of(AMOUNT, Reference.BEFORE)

    def read(self, *values: float) -> None:
        """A day with each of these differences; above 0.1 chance does not do that."""
        for value in values:
            self.day += DAY
            odd = value > 0.1
            DriftReading.objects.create(
                workflow=self.world.workflow,
                **WHERE,
                began_at=self.day - DAY,
                ended_at=self.day,
                state="differs" if odd else "calm",
                value=value,
                threshold=0.1,
                p_value=0.0001 if odd else 0.4,
                q_value=0.001 if odd else 0.8,
                dispersion=1.0,
                n_then=1_000,
                n_now=200,
                cell=3,
                then=0.5,
                now=0.5 - value,
            )

    def alarm(self, value: float, verdict: str) -> None:
        """Two odd days, an alarm on the second, two quiet days, and a verdict."""
        self.read(value, value)
        named = {"workflow_id": self.world.workflow.pk, "contract": self.contract, "actor": TESTER}
        finding = Finding(value, 0.1, self.day - DAY, self.day)
        alarm = raise_alarm(**named, finding=finding, now=self.day + HOUR)  # type: ignore[arg-type]
        self.read(0.02, 0.02, 0.02)
        clear_alarm(**named, now=self.day + HOUR)  # type: ignore[arg-type]
        close_alarm(
            alarm_id=alarm.pk, verdict=verdict, note="Looked.", actor=self.lead, now=self.day + 2 * HOUR
        )
