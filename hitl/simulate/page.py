"""The report as one page that opens from disk: no script, nothing from elsewhere, light and dark."""

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from hitl.simulate import report_text
from hitl.simulate.courses import STAGES
from hitl.simulate.drawing import draw, legend
from hitl.simulate.plots import plots_of
from hitl.web.charts import table
from hitl.web.format import percent

_STYLES = ("hitl/web/static/hitl/css/tokens.css", "hitl/templates/simulate/report.css")


def page(outcome: Mapping[str, Any]) -> str:
    """Return the HTML. Its policy allows its own style, by the hash, and nothing else."""
    style = "\n".join(Path(settings.BASE_DIR, name).read_text(encoding="utf-8") for name in _STYLES)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    said = {
        "headline": report_text.headline(outcome),
        "findings": report_text.findings(outcome),
        "people": report_text.people(outcome),
        "standing": report_text.standing(outcome),
        "noticed": report_text.noticed(outcome),
        "fixed_cutoff": report_text.fixed_cutoff(outcome),
        "tone": report_text.TONES[outcome["promise"]["verdict"]],
        "played": f"{outcome['cases']:,} cases after a labelled history of {outcome['history']:,}. What is"
        " true is what the file says.",
        "automated": f"{outcome['automated']:,} of {outcome['cases']:,} cases",
        "wrong": f"{outcome['wrong_automated']:,} cases; promised at most"
        f" {report_text.share(outcome['promise']['target'])}",
    }
    plots = [
        {"plot": plot, "name": name, "svg": draw(plot, name), "legend": legend(plot), "rows": table(plot)}
        for name, plot in plots_of(outcome)
    ]
    settings_said = [
        (f"--{name.replace('_', '-')}", ",".join(value) if isinstance(value, list) else value)
        for name, value in outcome["options"].items()
        if value not in (None, False) and name != "file"
    ]
    context = {
        "outcome": outcome,
        "said": said,
        "plots": plots,
        "settings": settings_said,
        "style": mark_safe(style),  # noqa: S308 - our own files
        "style_hash": digest,
        "changes": report_text.changes(outcome),
        "stages": list(STAGES.values()),
        "rows": [_row(one) for one in outcome["certificates"]],
        "automation": percent(outcome["automation_rate"]),
        "wrong": report_text.share(outcome["selective_error"]),
        "timeline": [{**one, "at": f"{one['case']:,}"} for one in outcome["timeline"]],
        "by_people": percent(outcome["human_labels"] / outcome["cases"]),
        "naive_wrong": report_text.share(outcome["naive"]["selective_error"]) + " wrong"
        if outcome["naive"]["automated"]
        else "nothing",
        "cpu": [(name, f"{seconds:,.1f} s") for name, seconds in outcome["cpu_seconds"].items()],
    }
    return render_to_string("simulate/report.html", context)


def _row(one: Mapping[str, Any]) -> dict[str, Any]:
    """Return a certificate as the table shows it."""
    numbers = set(one["cutoffs"].values()) - {None}
    counts = ("made_at_case", "labels", "automated", "wrong_automated")
    first, last = one["first_case"], one["last_case"]
    return {
        **one,
        **{f"{name}_said": f"{one[name] or 0:,}" for name in counts},
        "cases": f"{first:,} to {last:,}" if first else "none",
        "cutoff": ", ".join(f"{number:.4g}" for number in sorted(numbers)) or "none",
        "share": report_text.share(one["selective_error"]),
        "interval": f"{report_text.share(one['low'])} to {report_text.share(one['high'])}"
        if one["automated"]
        else "",
        "tone": report_text.TONES[one["verdict"]],
    }
