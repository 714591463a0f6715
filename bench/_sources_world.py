"""What models elsewhere are tried on in `bench sources`: real mail, and drawn claims that lack values."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from typing import Any

from hitl.demo.worlds import SpamMail

LEARN, KNOWN, CASES = 1_000, 40, 3_800
_WORDS = [
    "the",
    "car",
    "was",
    "hit",
    "while",
    "parked",
    "and",
    "nobody",
    "saw",
    "it",
    "happen",
    "so",
    "please",
    "tell",
    "me",
    "what",
    "to",
    "do",
    "now",
]
_ODD = ["urgent", "cash", "transfer", "abroad", "lost", "receipt", "again", "twice"]


@dataclass(frozen=True, slots=True)
class Example:
    """A case's content, and its true label."""

    content: dict[str, Any]
    truth: str


@dataclass(frozen=True, slots=True)
class Examples:
    """A workflow, what its model learns from elsewhere, known answers, and the cases to come."""

    name: str
    fields: list[dict[str, Any]]
    labels: list[dict[str, Any]]
    learn: Sequence[Example]
    known: Sequence[Example]
    cases: Sequence[Example]

    @property
    def numbers(self) -> list[str]:
        """Names of the fields that are sent as numbers."""
        return [one["name"] for one in self.fields if one["kind"] in ("number", "boolean")]


def mails(cases: int = CASES) -> Examples:
    """Return real mail as one text a case."""
    found = [
        Example({"body": f"{one.content['subject']}\n{one.content['body']}"[:4_000]}, one.truth)
        for one in SpamMail()._examples()
    ]
    fields = [{"name": "body", "kind": "text", "max_length": 5_000}]
    labels = [{"name": "ham", "hotkey": "1"}, {"name": "spam", "hotkey": "2"}]
    return Examples("mail", fields, labels, *_shares(found, cases))


def claims(cases: int = CASES) -> Examples:
    """Draw claims: an amount, a branch, yes or no, a note; some values are missing, a note in one of 100."""
    rng = random.Random(14)
    fields: list[dict[str, Any]] = [
        {"name": "amount", "kind": "number", "required": False},
        {"name": "branch", "kind": "category", "options": ["home", "motor", "travel"]},
        {"name": "is_first", "kind": "boolean", "required": False},
        {"name": "note", "kind": "text", "required": False},
    ]
    labels = [{"name": "pay", "hotkey": "1"}, {"name": "check", "hotkey": "2"}]
    return Examples("claims", fields, labels, *_shares([_claim(rng) for _ in range(5_000)], cases))


def _claim(rng: random.Random) -> Example:
    amount, branch = rng.lognormvariate(6, 1), rng.choice(["home", "motor", "travel"])
    is_first, odd = rng.random() < 0.7, rng.choice([0, 0, 0, 1, 2, 3])
    words = rng.sample(_WORDS, 8) + rng.sample(_ODD, odd)
    rng.shuffle(words)
    logit = -6 + 4 * odd + amount / 400 + {"home": -1, "motor": 0, "travel": 1}[branch] - is_first
    content = {
        "amount": None if rng.random() < 0.08 else round(amount, 2),
        "branch": branch,
        "is_first": None if rng.random() < 0.05 else is_first,
        "note": None if rng.random() < 0.01 else " ".join(words),
    }
    return Example(content, "check" if rng.random() < 1 / (1 + exp(-1.5 * logit)) else "pay")


def _shares(found: list[Example], cases: int) -> tuple[list[Example], list[Example], list[Example]]:
    known = [one for one in found[LEARN : LEARN + 4 * KNOWN] if None not in one.content.values()][:KNOWN]
    return found[:LEARN], known, found[LEARN + 4 * KNOWN : LEARN + 4 * KNOWN + cases]
