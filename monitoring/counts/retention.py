"""How long counts are kept."""

from datetime import datetime, timedelta

from django.conf import settings

from monitoring.counts.months import COUNTS
from monitoring.models import Binning, HourCount


def keep_count_months(*, now: datetime) -> tuple[int, int]:
    """Make the months of the counts to come, and drop those wholly past keeping; return how many of each.

    Bins of which no count is left go as well.
    """
    before = now - timedelta(days=settings.COUNTS_DAYS)
    made, dropped = COUNTS.keep(now=now, kept_from=before)
    used = HourCount.objects.exclude(binning=None).values("binning_id")
    Binning.objects.filter(ended_at__lt=before).exclude(pk__in=used).delete()
    return made, dropped
