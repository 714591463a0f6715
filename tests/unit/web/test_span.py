"""A span of time reads as people say it: once where its ends read alike."""

import re
from datetime import timedelta

from django.utils import translation

from hitl.shared import clock
from hitl.web.templatetags.values import span


def test_ends_that_read_alike_are_said_once_and_others_as_a_span() -> None:
    now = clock.now()
    begin, end = now - timedelta(minutes=3, seconds=40), now - timedelta(minutes=3, seconds=10)
    assert _text(span(begin, end)) == "3 min ago"
    assert _text(span(now - timedelta(hours=3, minutes=1), end)) == "from 3 h ago to 3 min ago"
    with translation.override("de"):
        assert _text(span(now - timedelta(hours=3, minutes=1), end)) == "vor 3 h bis vor 3 min"


def _text(html: str) -> str:
    return re.sub("<[^>]*>", "", html)
