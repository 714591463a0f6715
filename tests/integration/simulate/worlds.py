"""Small files with a known answer: a word decides, and some cases are hard."""

import csv
import json
import random
from pathlib import Path

SURE = {"spam": ("lottery", "prize", "viagra", "winner"), "ham": ("meeting", "report", "invoice", "lunch")}
PLAIN = ("the", "and", "with", "today", "please", "about", "from", "your", "our", "this", "next", "week")


def mails(n: int, *, hard: float = 0.1, seed: int = 1) -> list[dict[str, str]]:
    """Return rows of text and label; a share of them says nothing of its label."""
    dice = random.Random(seed)
    rows = []
    for _ in range(n):
        label = dice.choice(["ham", "spam"])
        words = [dice.choice(PLAIN) for _ in range(8)]
        if dice.random() >= hard:
            words[dice.randrange(8)] = dice.choice(SURE[label])
        rows.append({"body": " ".join(words), "label": label})
    return rows


def coins(n: int, *, seed: int = 1) -> list[dict[str, str]]:
    """Return rows whose label has nothing to do with the text: people themselves would disagree."""
    dice = random.Random(seed)
    return [
        {"body": " ".join(dice.choice(PLAIN) for _ in range(8)), "label": dice.choice(["ham", "spam"])}
        for _ in range(n)
    ]


def as_jsonl(rows: list[dict[str, str]], path: Path) -> Path:
    """Write the rows as JSON lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def as_csv(rows: list[dict[str, str]], path: Path) -> Path:
    """Write the rows as CSV."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path
