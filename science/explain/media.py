"""Evidence in images and recordings: cover a part and see what happens.

A covered box is filled from its own surroundings and a muted stretch with the recording's noise
floor, never with black or silence, which would be evidence themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from science.explain.types import Locator, Unit
from science.kinds.traits import Places
from science.media import SAMPLE_RATE
from science.media.audio import HOP, hear
from science.media.image import Box, Described, image_features

Margins = Callable[[np.ndarray], np.ndarray]

_GRID = 4
_REFINED = (3, 2)  # how many boxes are looked at more closely, step by step
_FINEST = 8  # pixels along a box that is still parted
_WINDOW = 30  # frames: 0.3 s
_MAX_VARIANTS, _MIN_VARIANTS = 40, 16  # of one recording
_MAX_FRAMES = 1_200_000  # in all variants together: about a second
_COARSE, _PARTS = 8, 4
_STAYS = 0.6  # of what a stretch moved, a part of it must move to stand for it


def image_units(name: str, pixels: np.ndarray, margins: Margins) -> list[Unit]:
    """Boxes of an image with the log-odds lost when each is covered: coarse first, then twice finer.

    A part stands for its box where it moves most of what the box moved, in the same direction.

    Parameters
    ----------
    pixels: (height, width, 3). margins: from media features (n, width) to log-odds (n,).
    """
    height, width = pixels.shape[:2]
    described = Described(pixels)
    whole = float(margins(described.features[None])[0])
    boxes = _split((0, height, 0, width), _GRID)
    found = dict(zip(boxes, (whole - _covered(described, boxes, margins)).tolist(), strict=True))
    for n_refined in _REFINED:
        strongest = sorted(found, key=lambda box: (-abs(found[box]), box))[:n_refined]
        parts = {box: _split(box, 2) for box in strongest if min(box[1] - box[0], box[3] - box[2]) >= _FINEST}
        every = [part for own in parts.values() for part in own]
        scores = dict(zip(every, (whole - _covered(described, every, margins)).tolist(), strict=True))
        for box, own in parts.items():
            best = max(own, key=lambda part: abs(scores[part]))
            if abs(scores[best]) >= _STAYS * abs(found[box]) and scores[best] * found[box] > 0:
                del found[box]
                found[best] = scores[best]
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
        for (top, bottom, left, right), value in sorted(found.items())
    ]


def _split(box: Box, n: int) -> list[Box]:
    top, bottom, left, right = box
    rows = [top + (bottom - top) * i // n for i in range(n + 1)]
    columns = [left + (right - left) * i // n for i in range(n + 1)]
    return [(rows[i], rows[i + 1], columns[j], columns[j + 1]) for i in range(n) for j in range(n)]


def _covered(described: Described, boxes: Sequence[Box], margins: Margins) -> np.ndarray:
    if not boxes:
        return np.zeros(0)
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


def without_boxes(pixels: np.ndarray, places: Sequence[Locator]) -> np.ndarray:
    """Features (width,) of an image with boxes covered, one after the other."""
    height, width = pixels.shape[:2]
    for where in places:
        top, left = round(where["y"] * height), round(where["x"] * width)
        bottom, right = top + round(where["h"] * height), left + round(where["w"] * width)
        pixels = cover(pixels, (top, bottom, left, right))
    return image_features(pixels)


def without_times(samples: np.ndarray, places: Sequence[Locator]) -> np.ndarray:
    """Features (width,) of a recording with stretches muted to its noise floor."""
    heard, frame_ms = hear(samples), HOP * 1000 // SAMPLE_RATE
    mel = heard.mel.copy()
    for start, end in ((where["start_ms"], where["end_ms"]) for where in places):
        own = slice(max(0, start // frame_ms - heard.first), max(0, -(-end // frame_ms) - heard.first))
        mel[own] = heard.floor
    return heard.features(mel)


def audio_units(name: str, samples: np.ndarray, margins: Margins) -> list[Unit]:
    """Stretches of a recording with the log-odds lost when each is muted.

    A short recording is muted in windows of 0.3 s. A longer one is muted in eight parts, then the strongest
    part in parts of its own, and so on while variants are left: the cost is bounded, whatever the length.

    Parameters
    ----------
    samples: (n,) at `SAMPLE_RATE`. margins: from media features (n, width) to log-odds (n,).
    """
    heard = hear(samples)
    whole = float(margins(heard.features(heard.mel)[None])[0])

    def lost(spans: Sequence[tuple[int, int]]) -> list[float]:
        variants = [heard.features(heard.muted(start, end)) for start, end in spans]
        return [whole - float(margin) for margin in margins(np.stack(variants))]

    frame_ms, length_ms = HOP * 1000 // SAMPLE_RATE, len(samples) * 1000 // SAMPLE_RATE
    units = []
    for (start, end), score in sorted(_stretches(len(heard.mel), lost).items()):
        begin = max(0, (heard.first + start) * frame_ms)
        until = min((heard.first + end) * frame_ms, length_ms)
        if until > begin:
            label = f"{begin / 1000:.1f}-{until / 1000:.1f} s"
            units.append(Unit(score, {"asset": name, "start_ms": begin, "end_ms": until}, label))
    return units


def _stretches(
    n_frames: int, lost: Callable[[Sequence[tuple[int, int]]], list[float]]
) -> dict[tuple[int, int], float]:
    """What each stretch of frames is worth; none overlaps another."""
    left = min(_MAX_VARIANTS, max(_MIN_VARIANTS, _MAX_FRAMES // max(1, n_frames)))
    if n_frames <= left * _WINDOW:
        spans = [(at, min(at + _WINDOW, n_frames)) for at in range(0, n_frames, _WINDOW)]
        return dict(zip(spans, lost(spans), strict=True))
    spans = _cut((0, n_frames), _COARSE)
    found, settled = dict(zip(spans, lost(spans), strict=True)), set[tuple[int, int]]()
    left -= len(spans)
    while left >= _PARTS:
        open_ones = [span for span in found if span not in settled and span[1] - span[0] >= 2 * _WINDOW]
        if not open_ones:
            break
        span = max(open_ones, key=lambda one: (abs(found[one]), -one[0]))
        part, score = _strongest(_cut(span, _PARTS), lost)
        left -= _PARTS
        if not _stands_for(score, found[span]) and left >= _PARTS:  # what matters may lie across a cut
            part, score = _strongest(_overlapping(span), lost)
            left -= _PARTS - 1
        if _stands_for(score, found[span]):
            del found[span]
            found[part] = score
        else:
            settled.add(span)
    return found


def _strongest(
    spans: Sequence[tuple[int, int]], lost: Callable[[Sequence[tuple[int, int]]], list[float]]
) -> tuple[tuple[int, int], float]:
    scores = lost(spans)
    best = max(range(len(spans)), key=lambda i: abs(scores[i]))
    return spans[best], scores[best]


def _stands_for(score: float, whole: float) -> bool:
    return abs(score) >= _STAYS * abs(whole) and score * whole > 0


def _overlapping(span: tuple[int, int]) -> list[tuple[int, int]]:
    """Halves of a span, each beginning a part behind the one before."""
    parts = _cut(span, _PARTS)
    return [(one[0], other[1]) for one, other in pairwise(parts)]


def _cut(span: tuple[int, int], n: int) -> list[tuple[int, int]]:
    start, end = span
    edges = [start + (end - start) * i // n for i in range(n + 1)]
    return [(a, b) for a, b in pairwise(edges) if b > a]


@dataclass(frozen=True, slots=True)
class MediaEvidence:
    """How evidence in files of one form is found, and what a file is without it.

    `units`: from the field's name, the content and a function from features (n, width) to log-odds (n,).
    `without`: from the content and places to features (width,).
    """

    units: Callable[[str, np.ndarray, Margins], list[Unit]]
    without: Callable[[np.ndarray, Sequence[Locator]], np.ndarray]


EVIDENCE: Mapping[Places, MediaEvidence] = {  # by what a kind of field says its evidence points at
    "boxes": MediaEvidence(image_units, without_boxes),
    "times": MediaEvidence(audio_units, without_times),
}
