"""The demo's workflows: texts, fields and labels, a history, and a stream of cases whose truth is known."""

import csv
import gzip
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from hitl.demo.phones import draw_screen
from hitl.demo.speech import LINES, USUAL, draw_call, speak, speaker
from hitl.demo.speech import Shift as Line

DATA = Path(__file__).parent / "data"
SEED = 20_260_302

Fields = list[dict[str, Any]]
Labels = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Example:
    """One case of a demo workflow: content as it is submitted (media as bytes), and the truth."""

    reference: str
    content: dict[str, Any]
    truth: str


class World(Protocol):
    """One demo workflow and where its cases come from."""

    slug: str
    name: str
    description: str
    review_policy: str
    fields: Fields
    labels: Labels
    target: float
    cases_per_minute: float

    def history(self) -> Sequence[Example]:
        """Labelled cases from before the service was there."""
        ...

    def arrivals(self) -> Iterator[Example]:
        """Cases to come, without end; none of them is in the history."""
        ...


def _label(name: str, hotkey: str, meaning: str, cost: float = 1.0) -> dict[str, Any]:
    return {"name": name, "hotkey": hotkey, "meaning": meaning, "cost": cost}


def _again(examples: Sequence[Example]) -> Iterator[Example]:
    """Yield the examples for ever, under a new reference each time round."""
    for lap in count():
        for example in examples:
            suffix = f"-{lap}" if lap else ""
            yield Example(example.reference + suffix, example.content, example.truth)


class SpamMail:
    """Real mail of 2002 to 2005 (SpamAssassin's public corpus), shuffled; addresses are masked."""

    slug = "spam-mail"
    name = "Spam mail"
    description = "Is this message wanted mail or spam?"
    review_policy = (
        "Spam is unsolicited bulk mail: advertising nobody asked for, fraud, chain letters.\n"
        "Newsletters and mailing lists somebody signed up for are wanted mail, however dull.\n"
        "When the sender seems real but the content asks for money or passwords, it is spam."
    )
    fields: Fields = [
        {"name": "subject", "kind": "text", "max_length": 1000},
        {"name": "body", "kind": "text"},
    ]
    labels: Labels = [_label("ham", "1", "Wanted mail"), _label("spam", "2", "Unwanted mail")]
    target = 0.01
    cases_per_minute = 24.0
    history_size = 2800  # a draw holds 40 % of them out: more than the thousand that certify

    def _examples(self) -> list[Example]:
        with gzip.open(DATA / "spamassassin.jsonl.gz", "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        order = np.random.default_rng(SEED).permutation(len(rows))
        return [self._example(int(i), rows[i]) for i in order]

    @staticmethod
    def _example(number: int, row: dict[str, str]) -> Example:
        subject = _mask(row.get("subject") or "").replace("\x00", "")[:1000]
        text = _mask(row["text"]).replace("\x00", "")
        body = text[len(subject) :].lstrip() if subject and text.startswith(subject) else text
        return Example(f"mail-{number}", {"subject": subject, "body": body[:100_000]}, row["label"])

    def history(self) -> Sequence[Example]:
        return self._examples()[: self.history_size]

    def arrivals(self) -> Iterator[Example]:
        return _again(self._examples()[self.history_size :])


_ADDRESS = re.compile(r"\b([\w.+-])[\w.+-]*@(?=[\w-]+(?:\.[\w-]+)+)")


def _mask(text: str) -> str:
    """Hide the names in mail addresses; the domains stay, they are evidence."""
    return _ADDRESS.sub(r"\1…@", text)


class Credit:
    """Real credit applications (a Catalan lender, 1990s): was the credit paid back?"""

    slug = "credit-applications"
    name = "Credit applications"
    description = "Would this credit be paid back?"
    review_policy = (
        "Good: income covers expenses and the instalments with room to spare, no record of default.\n"
        "Bad: a record of default, or instalments that the income cannot carry.\n"
        "Amounts are in thousands of pesetas; seniority is in years, time in months."
    )
    fields: Fields = [
        {"name": "Amount", "kind": "number", "minimum": 0},
        {"name": "Price", "kind": "number", "minimum": 0},
        {"name": "Time", "kind": "number", "minimum": 0},
        {"name": "Income", "kind": "number", "minimum": 0, "required": False},
        {"name": "Expenses", "kind": "number", "minimum": 0},
        {"name": "Assets", "kind": "number", "minimum": 0, "required": False},
        {"name": "Debt", "kind": "number", "minimum": 0, "required": False},
        {"name": "Seniority", "kind": "number", "minimum": 0},
        {"name": "Records", "kind": "category"},
        {"name": "Job", "kind": "category", "required": False},
        {"name": "Home", "kind": "category", "required": False},
        {"name": "Age", "kind": "number", "minimum": 0, "mutable": False},
        {"name": "Marital", "kind": "category", "required": False, "mutable": False, "personal": True},
    ]
    labels: Labels = [_label("good", "1", "Paid back"), _label("bad", "2", "Not paid back")]
    target = 0.1
    cases_per_minute = 5.0
    history_size = 2800

    def _examples(self) -> list[Example]:
        with gzip.open(DATA / "credit_data_catalan.csv.gz", "rt", encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        order = np.random.default_rng(SEED).permutation(len(rows))
        return [self._example(int(i), rows[i]) for i in order]

    @classmethod
    def _example(cls, number: int, row: dict[str, str]) -> Example:
        content: dict[str, Any] = {}
        for field in cls.fields:
            raw = row[field["name"]]
            missing = raw in ("", "NA")
            content[field["name"]] = None if missing else float(raw) if field["kind"] == "number" else raw
        return Example(f"application-{number}", content, row["label"])

    def history(self) -> Sequence[Example]:
        return self._examples()[: self.history_size]

    def arrivals(self) -> Iterator[Example]:
        return _again(self._examples()[self.history_size :])


class PhoneScreens:
    """Drawn photographs of phone screens; see `hitl.demo.phones`."""

    slug = "phone-screens"
    name = "Phone screens"
    description = "Is the screen of this returned phone scratched?"
    review_policy = (
        "A scratch is a thin line in the glass that does not wipe off, light or dark.\n"
        "Reflections, smudges, dust and the lit clock are not scratches."
    )
    fields: Fields = [{"name": "photo", "kind": "image"}]
    labels: Labels = [
        _label("clean", "1", "No scratch"),
        _label("scratched", "2", "At least one scratch"),
    ]
    target = 0.1  # at 5 %, 420 labels were too few for any cutoff at one start in eight
    cases_per_minute = 4.0
    history_size = 420

    def history(self) -> Sequence[Example]:
        rng = np.random.default_rng(SEED)
        return [self._example(f"phone-{i}", rng) for i in range(self.history_size)]

    def arrivals(self) -> Iterator[Example]:
        rng = np.random.default_rng(SEED + 1)
        for i in count(self.history_size):
            yield self._example(f"phone-{i}", rng)

    @staticmethod
    def _example(reference: str, rng: np.random.Generator) -> Example:
        screen = draw_screen(rng)
        return Example(reference, {"photo": screen.jpeg}, screen.label)


class Calls:
    """Drawn calls, or synthesised speech where espeak-ng is installed; see `hitl.demo.speech`."""

    slug = "calls"
    name = "Calls"
    description = "Does the caller say a number?"
    review_policy = (
        "Listen for a number word anywhere in the call: one, seven, forty.\n"
        "Coughs, clicks and hissing are not words. When nothing can be made out, there is no number."
    )
    fields: Fields = [{"name": "recording", "kind": "audio"}]
    labels: Labels = [
        _label("number", "1", "A number is said"),
        _label("no number", "2", "No number is said"),
    ]
    target = 0.05
    cases_per_minute = 3.0
    history_size = 320

    def __init__(self, *, shift: Line = USUAL) -> None:
        """`shift` makes the calls to come louder, noisier, clipped or up-sampled; the history is never."""
        self.shift = shift

    def history(self) -> Sequence[Example]:
        rng = np.random.default_rng(SEED)
        return [self._example(f"call-{i}", rng, USUAL) for i in range(self.history_size)]

    def arrivals(self) -> Iterator[Example]:
        rng = np.random.default_rng(SEED + 1)
        for i in count(self.history_size):
            yield self._example(f"call-{i}", rng, self.shift)

    @staticmethod
    def _example(reference: str, rng: np.random.Generator, line: Line) -> Example:
        call = (speak if speaker() else draw_call)(rng, shift=line)
        return Example(reference, {"recording": call.wav}, call.label)


def worlds(*, line: str = "usual") -> tuple[World, ...]:
    """The four worlds; calls to come are heard over that line (`hitl.demo.speech.LINES`)."""
    return (SpamMail(), Credit(), PhoneScreens(), Calls(shift=LINES[line]))


WORLDS = worlds()
