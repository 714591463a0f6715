"""Evidence in images and recordings: cover a part and see what happens.

A covered box is filled from its own surroundings and a muted stretch with the recording's noise
floor, never with black or silence, which would be evidence themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from science.explain.types import Unit
from science.media import SAMPLE_RATE
from science.serving.audio import HOP, log_mel, noise_floor, pooled
from science.serving.image import Box, Described

Margins = Callable[[np.ndarray], np.ndarray]

_GRID = 4
_REFINED = 3
_WINDOW_MS = 300
_MOST_WINDOWS = 40


def image_units(name: str, pixels: np.ndarray, margins: Margins) -> list[Unit]:
    """Boxes of an image with the log-odds lost when each is covered, coarse first, then finer.

    Parameters
    ----------
    pixels: (height, width, 3). margins: from media features (n, width) to log-odds (n,).
    """
    height, width = pixels.shape[:2]
    coarse = _split((0, height, 0, width), _GRID)
    described = Described(pixels)
    whole = float(margins(described.features[None])[0])
    scores = whole - _covered(described, coarse, margins)
    strongest = sorted(np.argsort(-np.abs(scores), kind="stable")[:_REFINED].tolist())
    boxes, values = list(coarse), scores.tolist()
    for i in strongest:
        parts = _split(coarse[i], 2)
        finer = whole - _covered(described, parts, margins)
        best = int(np.argmax(np.abs(finer)))
        if abs(finer[best]) >= 0.6 * abs(scores[i]) and np.sign(finer[best]) == np.sign(scores[i]):
            boxes[i], values[i] = parts[best], float(finer[best])
    return [
        Unit(
            value,
            {
                "asset": name,
                "x": left / width,
                "y": top / height,
                "w": (right - left) / width,
                "h": (bottom - top) / height,
            },
            "region",
        )
        for (top, bottom, left, right), value in zip(boxes, values, strict=True)
    ]


def _split(box: Box, n: int) -> list[Box]:
    top, bottom, left, right = box
    rows = [top + (bottom - top) * i // n for i in range(n + 1)]
    columns = [left + (right - left) * i // n for i in range(n + 1)]
    return [(rows[i], rows[i + 1], columns[j], columns[j + 1]) for i in range(n) for j in range(n)]


def _covered(described: Described, boxes: Sequence[Box], margins: Margins) -> np.ndarray:
    return margins(described.with_changes([(cover(described.pixels, box), box) for box in boxes]))


def cover(pixels: np.ndarray, box: Box) -> np.ndarray:
    """A copy with one box filled smoothly between the mean colours along its four sides."""
    top, bottom, left, right = box
    height, width = pixels.shape[:2]
    filled = pixels.copy()
    if bottom <= top or right <= left:
        return filled
    above, below = pixels[max(top - 1, 0), left:right], pixels[min(bottom, height - 1), left:right]
    before, after = pixels[top:bottom, max(left - 1, 0)], pixels[top:bottom, min(right, width - 1)]
    down = np.linspace(0, 1, bottom - top, dtype=np.float32)[:, None, None]
    along = np.linspace(0, 1, right - left, dtype=np.float32)[None, :, None]
    vertical = _middle(above) * (1 - down) + _middle(below) * down
    horizontal = _middle(before) * (1 - along) + _middle(after) * along
    filled[top:bottom, left:right] = (vertical + horizontal) / 2
    return filled


def _middle(line: np.ndarray) -> np.ndarray:
    """The median colour of a line of pixels; for so few, sorting is quicker than `np.median`."""
    ordered = np.sort(line, axis=0)
    n = len(ordered)
    colour: np.ndarray = (ordered[(n - 1) // 2] + ordered[n // 2]) * np.float32(0.5)
    return colour[None, None, :]


def without(samples: np.ndarray, spans_ms: Sequence[tuple[int, int]]) -> np.ndarray:
    """Features (width,) of a recording with stretches muted to its noise floor."""
    mel = log_mel(samples)
    floor, frame_ms = noise_floor(mel), HOP * 1000 // SAMPLE_RATE
    muted = mel.copy()
    for start, end in spans_ms:
        own = slice(start // frame_ms, -(-end // frame_ms))
        muted[own] = np.minimum(muted[own], floor)
    return pooled(muted)


def audio_units(name: str, samples: np.ndarray, margins: Margins) -> list[Unit]:
    """Stretches of a recording with the log-odds lost when each is muted.

    Parameters
    ----------
    samples: (n,) at `SAMPLE_RATE`. margins: from media features (n, width) to log-odds (n,).
    """
    mel = log_mel(samples)
    floor = noise_floor(mel)
    length_ms = len(samples) * 1000 // SAMPLE_RATE
    frame_ms = HOP * 1000 // SAMPLE_RATE
    window = max(_WINDOW_MS // frame_ms, -(-len(mel) // _MOST_WINDOWS))
    starts = list(range(0, len(mel), window))
    variants = [pooled(mel)]
    for start in starts:
        muted = mel.copy()
        muted[start : start + window] = np.minimum(muted[start : start + window], floor)
        variants.append(pooled(muted))
    scores = margins(np.stack(variants))
    units = []
    for start, score in zip(starts, scores[0] - scores[1:], strict=True):
        begin, end = start * frame_ms, min((start + window) * frame_ms, length_ms)
        if end > begin:
            label = f"{begin / 1000:.1f}-{end / 1000:.1f} s"
            units.append(Unit(float(score), {"asset": name, "start_ms": begin, "end_ms": end}, label))
    return units
