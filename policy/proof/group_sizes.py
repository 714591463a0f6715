"""How many cases of one group come together: what a test plan declares before its first label (ADR 0054).

A bet on a group must be small enough that the largest group cannot lose more than there is, so a plan for
groups of ten needs about ten times the labels of a plan for single cases. What counts is how many come *in
one hour*: what a group brings later is met as an old acquaintance. The sizes are those of the traffic,
without sight of anybody's answer.
"""

from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
from django.db.models import Count, Max
from django.db.models.functions import TruncHour

from cases.models import Case
from policy.models import Trial

LOOKED_AT = timedelta(days=7)
COVERED = 0.99  # of cases that come in groups no larger than the cap
ROOM = 1.25  # above a group that broke an earlier plan


def group_cap(workflow_id: UUID, *, now: datetime) -> int:
    """Return the most cases of one group in an hour that the next plan should allow for, at least 1.

    Groups that broke an earlier plan of the workflow would break this one as well.
    """
    rows = Case.objects.filter(workflow_id=workflow_id, received_at__gte=now - LOOKED_AT)
    rows = rows.exclude(origin="import").filter(group_key__isnull=False)
    counts = rows.values("group_key", hour=TruncHour("received_at")).annotate(n=Count("id"))
    sizes = np.sort(np.array(list(counts.values_list("n", flat=True)), dtype=np.int64))
    usual = 1
    if sizes.size:
        covered = sizes.cumsum() / sizes.sum()
        usual = int(sizes[np.searchsorted(covered, COVERED)])
    broke = Trial.objects.filter(workflow_id=workflow_id).aggregate(most=Max("largest_group"))["most"] or 0
    return max(usual, int(np.ceil(ROOM * broke)))
