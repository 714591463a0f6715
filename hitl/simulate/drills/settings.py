"""Where drills are played: what comes in on a calm day, and whether a model and people are there.

A `Setting` has fields and a way to draw a calm day's contents. Where it has people, a model has learnt from
a history and suggests, people decide each case in sight of that.
"""

import io
import wave
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

Content = dict[str, Any]
LABELS = [{"name": "accept"}, {"name": "reject"}]
THANKS = "thanks the parcel came early and all of it is fine we order from you once more next year"
COMPLAINTS = "the order came late and the box was open please send money back soon this was no help"
SIDE, RATE = 48, 8_000
ACCEPTED = 0.6  # of the cases of a calm day
UNSURE = 0.15  # of the words of a text are of the other kind
DIFFERING = 0.2  # of what people say is not what the words say, so that they change suggestions now and then


@dataclass(frozen=True, slots=True)
class Setting:
    """What comes in.

    Attributes:
        fields: as a workflow takes them.
        draw: a calm day's content, from the random numbers of the drill; files as bytes.
        a_day: cases of a day.
        has_people: a model suggests and people answer every case.
    """

    fields: list[dict[str, Any]]
    draw: Callable[[np.random.Generator], Content]
    a_day: int = 150
    has_people: bool = False


def text(rng: np.random.Generator, words: str, others: str = "", share: float = 0.0) -> str:
    """Draw a text of these words, with a share of others among them."""
    drawn = rng.choice(words.split(), rng.integers(6, 18))
    mixed = rng.choice((others or words).split(), len(drawn))
    return " ".join(np.where(rng.random(len(drawn)) < share, mixed, drawn))


def letter(rng: np.random.Generator, *, accepted: float = ACCEPTED, unsure: float = UNSURE) -> Content:
    """Draw a letter of thanks or of complaint."""
    kinds = (THANKS, COMPLAINTS) if rng.random() < accepted else (COMPLAINTS, THANKS)
    return {"message": text(rng, *kinds, share=unsure)}


def label_of(content: Content, rng: np.random.Generator) -> str:
    """Return what a person decides: mostly by which kind of words there are more."""
    thanks, complaints = set(THANKS.split()), set(COMPLAINTS.split())
    words = content["message"].split()
    score = sum((word in thanks) - (word in complaints) for word in words)
    return "accept" if (score > 0) != (rng.random() < DIFFERING) else "reject"


def picture(rng: np.random.Generator, light: float = 1.0) -> bytes:
    """Draw a small picture: a disc on a ground, under more or less light."""
    y, x = np.mgrid[:SIDE, :SIDE]
    centre, radius = rng.uniform(16, 32, 2), rng.uniform(6, 14)
    shade = np.where((x - centre[0]) ** 2 + (y - centre[1]) ** 2 < radius**2, 200.0, 120.0)
    noisy = np.clip(light * (shade + rng.normal(0, 8, shade.shape)), 0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(noisy).convert("RGB").save(file, "PNG")
    return file.getvalue()


def recording(rng: np.random.Generator, loudness: float = 1.0) -> bytes:
    """Draw half a second of a tone with noise."""
    times = np.arange(RATE // 2) / RATE
    heard = 0.3 * np.sin(2 * np.pi * rng.uniform(150, 260) * times) + rng.normal(0, 0.02, len(times))
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes((np.clip(loudness * heard, -1, 1) * 32_767).astype("<i2").tobytes())
    return file.getvalue()


def _form(rng: np.random.Generator) -> Content:
    return {
        "amount": float(round(rng.lognormal(4, 0.6), 2)),
        "channel": str(rng.choice(["web", "mail", "phone"], p=(0.6, 0.3, 0.1))),
        "message": text(rng, COMPLAINTS),
    }


FORMS = Setting(
    fields=[
        {"name": "amount", "kind": "number", "required": False},
        {"name": "channel", "kind": "category"},
        {"name": "message", "kind": "text"},
    ],
    draw=_form,
)
FILES = Setting(
    fields=[{"name": "photo", "kind": "image"}, {"name": "call", "kind": "audio"}],
    draw=lambda rng: {"photo": picture(rng), "call": recording(rng)},
    a_day=60,
)
LETTERS = Setting(fields=[{"name": "message", "kind": "text"}], draw=letter, a_day=60, has_people=True)
