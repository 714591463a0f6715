"""Where numbers lead: the cases behind them."""

from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse


def cases_between(slug: str, first: datetime, last: datetime, **filters: str) -> str:
    """Return the list of a workflow's cases that came in on the days of these moments, filtered further."""
    days = {"received_from": f"{first:%Y-%m-%d}", "received_to": f"{last:%Y-%m-%d}"}
    return f"{reverse('cases')}?{urlencode({'workflow': slug, **days, **filters})}"
