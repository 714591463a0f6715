"""Samples for the page that shows every component."""

import math
from datetime import timedelta
from typing import Any

from django import forms

from hitl.shared import clock
from hitl.web.charts import Plot, Series
from hitl.web.timeline import Entry


class SampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(help_text="How the workflow is called in lists.")
    slug = forms.SlugField(label="Address")
    degree = forms.ChoiceField(choices=[("assist", "Assist"), ("partial", "Partial")])
    review_policy = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), required=False)
    blind = forms.BooleanField(
        label="Answer blind", help_text="Nothing of the model is shown.", required=False
    )


def samples() -> dict[str, Any]:
    """Return the variables of `hitl/styleguide.html`."""
    now = clock.now()
    hours = [now.timestamp() - 3600 * i for i in range(47, -1, -1)]
    rate = [0.6 + 0.2 * math.sin(i / 7) for i in range(48)]
    form = SampleForm({"name": "Spam mail", "slug": "spam mail", "degree": "assist"})
    return {
        "form": form,
        "tones": ("neutral", "accent", "good", "warn", "bad"),
        "tabs": [
            {"words": "Waiting", "href": "#tabs", "is_current": True, "count": 1284},
            {"words": "Decided", "href": "#tabs", "count": 91_201},
            {"words": "Withdrawn", "href": "#tabs"},
        ],
        "values": [3, 5, 4, 8, None, None, 6, 9, 12, 10, 14],
        "entries": [
            Entry(now - timedelta(hours=3), "Received", icon="download", by="shop backend"),
            Entry(
                now - timedelta(hours=3),
                "Sent to a person",
                icon="sparkles",
                tone="accent",
                by="model v3-9f21ab34",
                facts=(("Predicted", "spam"), ("Score", "0.812, cutoff 0.934")),
            ),
            Entry(now - timedelta(minutes=4), "Answered ham", icon="user-check", tone="good", by="ada"),
        ],
        "plot": Plot(
            title="Automation rate, last 48 hours",
            x_name="Time",
            x=hours,
            series=[
                Series(
                    "Automation rate",
                    rate,
                    low=[r - 0.06 for r in rate],
                    high=[r + 0.05 for r in rate],
                ),
                Series("Target", [0.7] * 48, is_dashed=True),
            ],
            is_time=True,
            as_percent=True,
            y_range=(0, 1),
            marks=[(hours[30], "model v3")],
        ),
    }
