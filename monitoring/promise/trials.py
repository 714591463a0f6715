"""How far the trial that is going on is, and what it would unlock."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext

from hitl.web.format import percent
from monitoring.promise.outlook import planned_by
from policy.models import Trial
from policy.proof.live_tests import LiveTest
from policy.types import TrialKind
from science.guarantee.verdict import Certified
from science.ramp import PROVISIONAL_RAMP

_FEWEST = 20  # labels before a rate means something


@dataclass(frozen=True, slots=True)
class Progress:
    """A trial with what it has seen.

    Attributes:
        planned: labels its plans were made for; it may end before, or go on.
        by: when they will probably be in, at the rate so far; None while too few have come.
        proved: units whose promise is proved already, of all that are tested.
    """

    trial: Trial
    planned: int
    by: datetime | None
    proved: int
    units: int

    @property
    def unlocks(self) -> str:
        """What its success would change."""
        if self.trial.kind == TrialKind.RECOVER:
            return gettext("Automation comes back by itself.")
        return gettext("Everything accepted is automated, instead of a random %(share)s of it.") % {
            "share": percent(PROVISIONAL_RAMP, 0)
        }


def progress_of(trial: Trial, *, now: datetime) -> Progress:
    """Say how far a trial is."""
    planned = sum(int(entry["plan"]["expected_labels"]) for entry in trial.plans)
    verdicts = LiveTest.restore(trial.plans, trial.states).verdicts()
    days = max((now - trial.frozen_at) / timedelta(days=1), 1 / 24)
    rate = trial.n_labels / days if trial.n_labels >= _FEWEST else 0.0
    return Progress(
        trial=trial,
        planned=planned,
        by=planned_by(planned - trial.n_labels, rate, now),
        proved=sum(isinstance(verdict, Certified) for verdict in verdicts.values()),
        units=len(verdicts),
    )
