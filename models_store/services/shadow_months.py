"""For how long the scores of models in shadow are kept: by whole months, made ahead and dropped."""

from datetime import datetime

from django.conf import settings

from hitl.shared.months import ByMonth, later, month_of

SHADOW_SCORES = ByMonth("models_store_shadowscore")


def keep_months(*, now: datetime, needed_from: datetime | None = None) -> tuple[int, int]:
    """Make the months ahead and drop those past keeping; return how many of each.

    `needed_from` is the earliest moment whose scores some evidence still rests on: they stay, however old.
    """
    kept_from = later(month_of(now), -settings.SHADOW_SCORE_MONTHS)
    return SHADOW_SCORES.keep(now=now, kept_from=min(kept_from, needed_from or kept_from))
