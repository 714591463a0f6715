"""Confusion tables as pages show them: each cell with share, interval, shade and a link to its cases."""

from dataclasses import dataclass

from django.utils.translation import gettext

from cases.models import Workflow
from hitl.web.format import percent
from reviews.lead.guards import cases_url
from reviews.quality.people import Table

SHADES = 5


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell; `shade` runs from 0, nothing, to `SHADES`."""

    count: int
    words: str
    interval: str
    most: str
    shade: int
    is_right: bool
    href: str


@dataclass(frozen=True, slots=True)
class Row:
    """The answers to the cases of one true label."""

    label: str
    n: int
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Shown:
    """A table of one workflow."""

    workflow: Workflow
    labels: list[str]
    rows: list[Row]
    n: int


def shown(table: Table, workflow: Workflow, *, reviewer: str) -> Shown:
    """Return the table of one person for the page; each cell leads to its cases."""
    found = table.confusion
    interval = gettext("%(low)s to %(high)s")
    rows = []
    for i, truth in enumerate(table.labels):
        n = int(found.counts[i].sum())
        cells = []
        for j, said in enumerate(table.labels):
            low, high = percent(found.low[i, j], 0), percent(found.high[i, j], 0)
            count, value = int(found.counts[i, j]), float(found.shares[i, j])
            link = cases_url(workflow=workflow.slug, reviewer=reviewer, said=said, answer=truth)
            cells.append(
                Cell(
                    count=count,
                    words=percent(value, 0) if n else "",
                    interval=interval % {"low": low, "high": high} if n else "",
                    most=high,
                    shade=round(SHADES * value) if n else 0,
                    is_right=i == j,
                    href=link if count else "",
                )
            )
        rows.append(Row(truth, n, cells))
    return Shown(workflow, table.labels, rows, found.n)
