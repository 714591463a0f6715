"""The plots of a model card, from the numbers that were measured when the model was made."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext

from hitl.web.charts import Plot, Series
from science.intervals import wilson_interval


def calibration_plot(report: Mapping[str, Any]) -> Plot | None:
    """Return how often the model is right against how sure it says it is; None without numbers."""
    bins = [group for group in report.get("calibration", []) if group["n"]]
    if not bins:
        return None
    sure = [group["confidence"] for group in bins]
    ends = [wilson_interval(group["right"], group["n"]) for group in bins]
    return Plot(
        title=gettext("Is it right as often as it says?"),
        x_name=gettext("Confidence"),
        x=sure,
        series=[
            Series(
                gettext("Right"),
                [group["right"] for group in bins],
                low=[low for low, _ in ends],
                high=[high for _, high in ends],
            ),
            Series(gettext("As often as it says"), sure, colour="black", is_dashed=True),
        ],
        as_percent=True,
    )


def risk_coverage_plot(report: Mapping[str, Any]) -> Plot | None:
    """Return the error among the most confident cases against how many they are; None without numbers."""
    points = [point for point in report.get("risk_coverage", []) if point["coverage"] > 0]
    if not points:
        return None
    ends = [wilson_interval(point["risk"], point["coverage"] * report["n_rows"]) for point in points]
    # A handful of cases have intervals as wide as the plot; they are in the table behind it.
    widest = max(high for point, (_, high) in zip(points, ends, strict=True) if point["coverage"] >= 0.05)
    return Plot(
        title=gettext("Error against automation rate"),
        x_name=gettext("Automation rate"),
        x=[point["coverage"] for point in points],
        series=[
            Series(
                gettext("Wrong"),
                [point["risk"] for point in points],
                colour="vermilion",
                low=[low for low, _ in ends],
                high=[high for _, high in ends],
            )
        ],
        as_percent=True,
        y_range=(0.0, min(1.0, 1.05 * widest)),
    )
