"""Small rows of every kind for tests of models; drawn media with the truth known."""

import csv
import gzip
import io
import json
import wave
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from science.fields import Field, Kind, Schema

DATA = Path(__file__).parents[3] / "hitl" / "demo" / "data"
Rows = list[dict[str, Any]]

MAIL = Schema((Field("subject", Kind.TEXT, required=False), Field("text", Kind.TEXT)), ("ham", "spam"))
CREDIT = Schema(
    (
        *(Field(name, Kind.CATEGORY, required=False) for name in ("Home", "Marital", "Records", "Job")),
        *(
            Field(name, Kind.NUMBER, required=False)
            for name in (
                "Seniority",
                "Time",
                "Age",
                "Expenses",
                "Income",
                "Assets",
                "Debt",
                "Amount",
                "Price",
            )
        ),
    ),
    ("good", "bad"),
)


@cache
def mails(n: int) -> tuple[Rows, list[str]]:
    """Real mails, drawn evenly over the whole corpus."""
    with gzip.open(DATA / "spamassassin.jsonl.gz", "rt", encoding="utf-8") as lines:
        everything = [json.loads(line) for line in lines]
    chosen = everything[:: max(1, len(everything) // n)][:n]
    rows = [{"subject": mail["subject"], "text": mail["text"][:1500]} for mail in chosen]
    return rows, [mail["label"] for mail in chosen]


@cache
def credits(n: int) -> tuple[Rows, list[str]]:
    """Real credit applications; empty cells are None."""
    with gzip.open(DATA / "credit_data_catalan.csv.gz", "rt", encoding="utf-8", newline="") as file:
        chosen = list(csv.DictReader(file))[:n]
    numbers = {field.name for field in CREDIT.fields if field.kind is Kind.NUMBER}
    rows = [
        {
            f.name: (float(c[f.name]) if f.name in numbers else c[f.name]) if c[f.name] else None
            for f in CREDIT.fields
        }
        for c in chosen
    ]
    return rows, [application["label"] for application in chosen]


def png(pixels: np.ndarray) -> bytes:
    """A PNG file of grey or colour pixels (uint8)."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def panel(rng: np.random.Generator, *, scratched: bool) -> tuple[bytes, tuple[float, float]]:
    """A noisy panel with specks, perhaps with one long thin line; and the middle of that line (0..1)."""
    image = Image.new("L", (96, 96), int(rng.integers(60, 140)))
    draw = ImageDraw.Draw(image)
    for x, y in rng.integers(4, 92, (6, 2)):
        draw.point((int(x), int(y)), fill=220)
    x, y = rng.uniform(28, 68, 2)
    if scratched:
        angle = rng.uniform(0, np.pi)
        dx, dy = 20 * np.cos(angle), 20 * np.sin(angle)
        draw.line((x - dx, y - dy, x + dx, y + dy), fill=215, width=1)
    noisy = np.asarray(image, dtype=float) + rng.normal(0, 5, (96, 96))
    return png(noisy.clip(0, 255).astype(np.uint8)), (x / 96, y / 96)


def panels(n: int) -> tuple[Rows, list[str]]:
    """Half of them scratched."""
    rng = np.random.default_rng(3)
    rows = [{"photo": panel(rng, scratched=i % 2 == 0)[0]} for i in range(n)]
    return rows, ["scratched" if i % 2 == 0 else "clean" for i in range(n)]


PANEL = Schema((Field("photo", Kind.IMAGE),), ("clean", "scratched"))


def wav(samples: np.ndarray, rate: int = 8000) -> bytes:
    """A mono 16-bit WAV file of samples in -1..1."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes((samples.clip(-1, 1) * 32767).astype("<i2").tobytes())
    return file.getvalue()


def beep(rng: np.random.Generator, *, high: bool) -> tuple[bytes, int]:
    """Two seconds of noise with a tone of 0.3 s, high or low, at a random place (ms)."""
    time = np.arange(16_000) / 8000
    start = float(rng.uniform(0.1, 1.6))
    tone = np.sin(2 * np.pi * (1400 if high else 500) * time) * ((time >= start) & (time < start + 0.3))
    return wav(0.25 * tone + rng.normal(0, 0.02, len(time))), int(start * 1000)


def beeps(n: int) -> tuple[Rows, list[str]]:
    """Half of them high."""
    rng = np.random.default_rng(4)
    return [{"call": beep(rng, high=i % 2 == 0)[0]} for i in range(n)], [
        "high" if i % 2 == 0 else "low" for i in range(n)
    ]


BEEP = Schema((Field("call", Kind.AUDIO),), ("high", "low"))
