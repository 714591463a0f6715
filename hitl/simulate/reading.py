"""Bring a labelled file into the world of a simulation: its cases in the order in which they came in."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Any

import orjson

from cases.content import checker_for
from cases.files.histories import labelled
from cases.files.reading import Reading
from cases.services.kept_files import stored_file
from cases.services.labelled import Labelled, checked
from cases.services.media import inspect_file
from cases.services.row_names import RowNames
from hitl.flow.setup.rehearsal import Source, at_path, rehearse
from hitl.shared import clock
from hitl.simulate.errors import CannotSimulate
from hitl.simulate.options import Options
from science.fields import Kind, Schema

MIN_ROWS = 20
MAX_ROWS = 1_000_000


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
    source = at_path(options.file, options.told)
    rehearsal = rehearse(source, workflow=None, now=clock.now(), allow=options.allow_refused)
    reading, n_skipped = rehearsal.reading, rehearsal.outcome.refused
    reasons = tuple(rehearsal.outcome.refusals())
    items = _items(source, reading)
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


def _items(source: Source, reading: Reading) -> list[Labelled]:
    """Return the cases that fit, each once under a reference."""
    schema = Schema.from_json({"fields": reading.fields, "labels": reading.labels})
    checker, names = checker_for(schema), RowNames()
    items: list[Labelled] = []
    with source.open() as table:
        for _, item in labelled(table.rows, reading, folder=source.folder, now=clock.now()):
            if isinstance(item, list):
                continue
            content, _ = checked(item, checker, schema, asset=_asset)
            if content is None:
                continue
            body = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
            if item.reference and names.says_the_same(item.reference, body, item.label) is not None:
                continue
            items.append(item)
            if len(items) > MAX_ROWS:
                raise CannotSimulate(f"FILE has more than {MAX_ROWS:,} rows. Give a part of it.")
    return items


def _asset(file: bytes | str, kind: Kind) -> str:
    """Return the name of an image or a recording, which is stored only when it is played."""
    return (
        stored_file(file, kind=kind).sha256 if isinstance(file, str) else inspect_file(file, kind=kind).sha256
    )


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
