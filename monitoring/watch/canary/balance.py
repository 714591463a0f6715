"""Whether as many cases come through in the canary's arms as in the others, stage by stage.

Counted from a step's first seconds on, an entity once. Whether an arm belongs to the canary follows from its
number, whoever decided the case: a case that went to the wrong release is found as one that was not scored.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection

from hitl.shared.named_rows import fetch_named
from hitl.shared.statements import statements_beside
from monitoring.watch.watched import ACCEPTED
from policy.models.canaries import Canary
from science.arms import ARMS
from science.canary.balance import ARRIVED, LOST, of_counts, of_losses
from science.decision_terms import OF_SOURCES, Reason

UNDER_WAY = timedelta(seconds=5)  # a case that was being decided while the share changed
_UNSCORED = (Reason.NO_SCORE, Reason.SOURCE_SILENT, Reason.SOURCE_UNREGISTERED)
_UNUSABLE = (
    Reason.BAD_SCORE,
    Reason.UNFIT_INPUT,
    Reason.UNKNOWN_LABEL,
    *(reason for reason in OF_SOURCES if reason not in _UNSCORED),
)

_SQL = statements_beside(__file__)


class Arm(NamedTuple):
    """Units of one arm: how many were lost at each stage, how many the model accepted."""

    assigned: int = 0
    unscored: int = 0
    unusable: int = 0
    accepted: int = 0


def counted(canary: Canary, *, has_entities: bool, until: datetime) -> tuple[Arm, Arm]:
    """Return what has come in since the step began: for the champion's arms and for the canary's."""
    statement = _SQL["canary_by_entity" if has_entities else "canary_by_case"].text
    with connection.cursor() as cursor:
        cursor.execute(
            statement,
            {
                "first": canary.first_arm,
                "share": canary.share,
                "arms": ARMS,
                "unscored": [str(reason) for reason in _UNSCORED],
                "unusable": [str(reason) for reason in _UNUSABLE],
                "accepted": [str(reason) for reason in ACCEPTED],
                "workflow": canary.workflow_id,
                "since": canary.step_since + UNDER_WAY,
                "until": until,
            },
        )
        found = {
            row.is_canary: Arm(row.n, row.unscored, row.unusable, row.accepted) for row in fetch_named(cursor)
        }
    return found.get(False, Arm()), found.get(True, Arm())


def imbalance(
    share: int, champion: Arm, canary: Arm, *, drawn: list[bool], lost: list[bool]
) -> dict[str, float]:
    """Return the evidence of each stage.

    Args:
        share: of the canary, in arms.
        drawn: whose each audited unit is; `lost`: whether its audit is.
    """
    shares = (1 - share / ARMS, share / ARMS)
    return {
        "assigned": of_counts((champion.assigned, canary.assigned), shares, weight=ARRIVED),
        "scored": of_counts((champion.unscored, canary.unscored), shares, weight=LOST),
        "decided": of_counts((champion.unusable, canary.unusable), shares, weight=LOST),
        "audited": of_losses(drawn, lost),
    }
