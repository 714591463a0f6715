"""How long counts are kept."""

from datetime import datetime, timedelta

from django.conf import settings

from monitoring.models import Binning, HourCount


def drop_old_counts(*, now: datetime) -> int:
    """Delete the counts of hours past keeping, and bins of which no count is left; return how many counts."""
    before = now - timedelta(days=settings.COUNTS_DAYS)
    dropped, _ = HourCount.objects.filter(hour__lt=before).delete()
    used = HourCount.objects.exclude(binning=None).values("binning_id")
    Binning.objects.filter(ended_at__lt=before).exclude(pk__in=used).delete()
    return dropped
