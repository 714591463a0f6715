"""Read the report that a model's training wrote: the numbers of its card."""

from collections.abc import Mapping
from typing import Any


def chosen(report: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the measures of the pipeline that the model was made by; empty where none was kept.

    They are of cross-validation: each case that taught the model is answered by one that other groups taught.
    """
    candidates = report.get("candidates", [])
    return next((one for one in candidates if one["name"] == report.get("chosen")), {})


def error_of(report: Mapping[str, Any]) -> float | None:
    """Return the share of wrong answers if the model answered every case, by cross-validation."""
    measures = chosen(report)
    return 1 - measures["accuracy"] if "accuracy" in measures else None
