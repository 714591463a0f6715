"""How long until the promise is proved, said before a test has begun: labels, and days at this traffic."""

from dataclasses import dataclass
from math import ceil

from policy.in_force.basis import points_of
from policy.models import Certificate, Policy
from policy.proof.doubt import next_share
from policy.types import Scope
from science.guarantee.wait import labels_until_proved
from science.ramp import PROVISIONAL_RAMP


@dataclass(frozen=True, slots=True)
class Wait:
    """What full standing takes, if the model is wrong half as often as was promised.

    Attributes:
        labels: blind answers to cases that the model accepts; of each label where each has its promise.
        days: until they are there, by the cases of the last week; None where none came in, or not for years.
        is_least: the days are fewer than that, because nobody knows yet how many cases the model accepts.
    """

    labels: int
    days: int | None
    is_least: bool


_FAR = 3650  # days


def wait_for(
    policy: Policy, certificate: Certificate | None, *, target: float, weekly_cases: int
) -> Wait | None:
    """Return what the next test takes; None where no number of labels would do.

    Args:
        certificate: by belief, which says how many cases are accepted; None where there is none.
        target: what is tested, with room for what reviewers miss.
    """
    units = max(1, len(certificate.seen["units"])) if certificate else 1
    labels = labels_until_proved(target, next_share(policy).alpha / units)
    if labels is None:
        return None
    accepted = _smallest_share(certificate) if certificate else 1.0
    a_day = weekly_cases / 7 * accepted * (1 - PROVISIONAL_RAMP)
    days = ceil(labels / a_day) if a_day else _FAR
    is_least = certificate is None or policy.scope == Scope.PER_LABEL
    return Wait(labels, days if days < _FAR else None, is_least)


def _smallest_share(certificate: Certificate) -> float:
    """Share of all cases that the unit accepts which has the fewest: its test is over last."""
    passed, n = points_of(certificate), max(1, certificate.seen["n_labels"])
    shares = [
        unit["automation"] * (unit["n_labels"] / n if unit["label"] is not None else 1.0)
        for unit in certificate.seen["units"]
        if passed.get(unit["label"])
    ]
    return float(min(shares, default=1.0))
