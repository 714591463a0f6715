"""Bring a labelled file into the world of a simulation: its cases in the order in which they came in."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Any

from cases.content import checker_for
from cases.files.histories import labelled, sentences
from cases.files.proposal import check_new
from cases.files.reading import Reading, look_at
from cases.files.tables import opened
from cases.services.imports import Labelled, checked
from cases.services.media import inspect_file
from hitl.simulate.errors import CannotSimulate
from hitl.simulate.options import Options
from science.fields import Schema

MIN_ROWS = 20
MAX_ROWS = 1_000_000
_LISTED = 3


@dataclass(frozen=True, slots=True)
class World:
    """A file in shape: everything in it fits the fields and labels.

    Attributes:
        skipped: how many rows were left out because they do not fit.
        reasons: in words, why the first of them do not.
        notes: what a reader of the outcome should know about how the file was read.
    """

    fields: list[dict[str, Any]]
    labels: list[str]
    items: list[Labelled]
    skipped: int = 0
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def read_world(options: Options) -> World:
    """Read the file of a simulation as every door reads a file.

    Raises:
        HitlError: it cannot be read as labelled cases; the problems say why, each with its fix.
        CannotSimulate: these are too few or too many for a simulation.
    """
    with opened(options.file) as table:
        reading = look_at(table, options.told)
    check_new(reading)
    items, n_skipped, reasons = _items(reading, options)
    if len(items) < MIN_ROWS:
        first = f" The first that does not fit: {reasons[0]}" if reasons else ""
        raise CannotSimulate(
            f"FILE has {len(items)} rows that can be used; a simulation needs {MIN_ROWS}.{first}"
        )
    notes = list(reading.notes)
    if options.shuffle:
        random.Random(f"order of {options.seed}").shuffle(items)  # noqa: S311 - nobody is to be kept out
        items = [replace(item, at=None) for item in items]
    elif reading.time:
        items.sort(key=_came_in)
    elif _is_sorted(items):
        notes.append("The file is sorted by label: its world changes on the way. --shuffle mixes it.")
    return World(reading.fields, reading.labels, items, n_skipped, reasons, tuple(notes))


def _items(reading: Reading, options: Options) -> tuple[list[Labelled], int, tuple[str, ...]]:
    """Return the cases that fit, how many rows do not, and why the first of them."""
    checker = checker_for(Schema.from_json({"fields": reading.fields, "labels": reading.labels}))
    items: list[Labelled] = []
    reasons: list[str] = []
    n_skipped = 0
    with opened(options.file) as table:
        for line, item in labelled(table.rows, reading, folder=options.file.parent):
            problems = (
                item if isinstance(item, list) else checked(item, checker, reading.labels, asset=_asset)[1]
            )
            if isinstance(item, Labelled) and not problems:
                items.append(item)
            elif (n_skipped := n_skipped + 1) <= _LISTED:
                reasons += sentences(line, problems)
            if len(items) > MAX_ROWS:
                raise CannotSimulate(f"FILE has more than {MAX_ROWS:,} rows. Give a part of it.")
    return items, n_skipped, tuple(reasons)


def _asset(data: bytes) -> str:
    """Return the name of an image or a recording, which is stored only when it is played."""
    return inspect_file(data).sha256


def _came_in(item: Labelled) -> datetime:
    if item.at is None:
        raise ValueError("a file with a time column gives each case a time")
    return item.at


def _is_sorted(items: Sequence[Labelled]) -> bool:
    """Tell whether equal labels lie together: fewer changes from row to row than chance would ever give."""
    changes = sum(a.label != b.label for a, b in pairwise(items))
    counts = Counter(item.label for item in items)
    expected = len(items) * (1 - sum((count / len(items)) ** 2 for count in counts.values()))
    return expected > 20 and changes < expected / 5
