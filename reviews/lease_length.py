"""How long the right to answer a task lasts: a review rule of each workflow, within these bounds.

A page that is open renews its leases; what holds for one that is hidden or away is beside it.
"""

from datetime import timedelta

DEFAULT_SECONDS = 300
MIN_SECONDS, MAX_SECONDS = 30, 86_400
AWAY_GRACE = timedelta(seconds=60)  # how long a task is kept for somebody whose page is hidden or closed
# How long a case is kept that is not on the page yet. What is answered to it without a network still counts
# when that is back, two minutes later and more (ADR 0040).
AHEAD_LASTS = timedelta(seconds=180)
