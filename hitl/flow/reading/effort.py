"""What a workflow takes of people, and until when its promise is likely to be proved."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from monitoring.promise.page import PromisePage
from monitoring.promise.wait import Wait
from policy.web.automation_page import AutomationPage
from science.ramp import ramp_of

USUAL_SECONDS = 20.0  # an answer takes, where nobody has answered yet
USUAL_A_WEEK = 1_000  # cases, where none have come in and nobody has said


@dataclass(frozen=True)
class Effort:
    """What a number of cases a week takes of people with the model that there is.

    Attributes:
        a_week: cases; `is_said`: by whoever asks, else as in the last week.
        at_once: share of them that the model may decide from the next one on.
        read: of them by people, audits among them.
        seconds: an answer; `is_measured`: the median here, else assumed.
        wait: until the promise is proved; None where no number of answers would do, or it is.
    """

    a_week: int
    is_said: bool
    at_once: float
    read: int
    seconds: float
    is_measured: bool
    wait: Wait | None
    now: datetime

    @property
    def hours(self) -> float:
        """Of reading, a week."""
        return self.read * self.seconds / 3600

    @property
    def proved_at(self) -> datetime | None:
        """The likely day of the first proof; None where it is years away."""
        return self.now + timedelta(days=self.wait.days) if self.wait and self.wait.days else None


def decided_at_once(automation: AutomationPage) -> float | None:
    """Return the share of cases that the model may decide from the next one on; None without a model."""
    accepted = automation.total
    return None if accepted is None else accepted.automation * ramp_of(is_provisional=automation.is_ramped)


def effort_of(page: PromisePage, *, said_a_week: int | None = None) -> Effort:
    """Return what it takes of people, by the cases of the last week or as many as were said."""
    came, seconds = page.week.total, page.pace.seconds
    a_week = said_a_week or came or USUAL_A_WEEK
    at_once = decided_at_once(page.automation) or 0.0
    return Effort(
        a_week=a_week,
        is_said=said_a_week is not None or not came,
        at_once=at_once,
        read=round(a_week * (1 - at_once * (1 - page.policy.audit_rate))),
        seconds=seconds or USUAL_SECONDS,
        is_measured=seconds is not None,
        wait=page.wait_at(a_week),
        now=page.now,
    )
