"""Evidence in photos and recordings: cost, loss without it, and whether it lies where the truth does."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from bench._evidence import beside, cost_rows, served_model_of
from bench._evidence_floors import call_floor, photo_floor
from hitl.bench.rows import Row
from hitl.demo.phones import draw_screen
from hitl.demo.speech import draw_call
from science.explain import explain, verify
from science.explain.explain import evidence_in
from science.explain.media import cover
from science.fields import Field, Kind, Schema
from science.media.image import Box, image_features
from science.pipelines.candidates import MEDIA
from science.serving import ServedModel

Boxes = Sequence[tuple[float, float, float, float]]
LEARN = 300
PHOTO_BAR, CALL_BAR = 105.0, 385.0  # times the floor: 50 and 60 ms (bench/README.md)
COVERED = 3  # boxes taken away one after another
DRAWS = 5  # at random


def images(n: int) -> list[Row]:
    """Photos of phones, some scratched: the strongest box against the scratches that were drawn."""
    rng = np.random.default_rng(1)
    screens = [draw_screen(rng) for _ in range(LEARN + 3 * n)]
    rows = [{"photo": screen.jpeg} for screen in screens]
    schema = Schema((Field("photo", Kind.IMAGE),), ("clean", "scratched"))
    served = served_model_of(MEDIA[1], rows[:LEARN], [s.label for s in screens[:LEARN]], schema)
    scratched = [(row, s) for row, s in zip(rows[LEARN:], screens[LEARN:], strict=True) if s.boxes][:n]
    took = beside(
        lambda row: explain(served, row, target="scratched"), photo_floor, [row for row, _ in scratched]
    )
    hits, chance = [], []
    for row, screen in scratched:
        found = explain(served, row, target="scratched", contrast="clean")
        verify(found, row)
        box = next((h.where for h in found.highlights if h.side == "for"), None)
        hits.append(
            box is not None and _is_in(box["x"] + box["w"] / 2, box["y"] + box["h"] / 2, screen.boxes)
        )
        chance.append(_share(screen.boxes))
    ours, random = _losses(served, [row for row, _ in scratched[: n // 2]])
    return [
        *cost_rows("image: explain", took, "Pillow reads it, one Fourier transform", PHOTO_BAR),
        Row("image: loss when covered, over random", "x", ours / abs(random), bar=2.0, more_is_better=True),
        Row("image: middle of the strongest box in a defect, over chance", "x",
            float(np.mean(hits) / np.mean(chance)), bar=2.0, more_is_better=True,
            note=f"{np.mean(hits):.0%} of {len(hits)} photos; defects fill {np.mean(chance):.0%}"),
    ]  # fmt: skip


def _is_in(x: float, y: float, boxes: Boxes) -> bool:
    return any(left <= x <= left + w and top <= y <= top + h for left, top, w, h in boxes)


def _share(boxes: Boxes) -> float:
    """Share of the image's points that lie in a defect: what pointing without a model would hit."""
    places = (np.arange(40) + 0.5) / 40
    return float(np.mean([_is_in(x, y, boxes) for x in places for y in places]))


def _losses(served: ServedModel, rows: Sequence[Any]) -> tuple[float, float]:
    """Mean log-odds lost as boxes are covered: the strongest first, and in random order."""
    rng = np.random.default_rng(0)
    ours: list[float] = []
    random: list[float] = []
    (block,) = served.media
    for row in rows:
        found = evidence_in(served, row, target="scratched", contrast="clean")
        pixels = block.read(row["photo"])
        boxes = [_pixels(unit.where, pixels.shape) for unit in found.units]
        strongest = np.argsort([-unit.score for unit in found.units], kind="stable")
        ours += _lost(served, pixels, [boxes[i] for i in strongest[:COVERED]], found.margin)
        for _ in range(DRAWS):
            order = rng.permutation(len(boxes))[:COVERED]
            random += _lost(served, pixels, [boxes[i] for i in order], found.margin)
    return float(np.mean(ours)), float(np.mean(random))


def _pixels(where: Any, shape: tuple[int, ...]) -> Box:
    top, left = round(where["y"] * shape[0]), round(where["x"] * shape[1])
    return top, top + round(where["h"] * shape[0]), left, left + round(where["w"] * shape[1])


def _lost(served: ServedModel, pixels: np.ndarray, boxes: Sequence[Box], margin: float) -> list[float]:
    lost = []
    for box in boxes:
        pixels = cover(pixels, box)
        lost.append(margin - float(served.outputs_of(image_features(pixels)[None])[0, 0]))
    return lost


def recordings(n: int) -> list[Row]:
    """Drawn calls: the strongest stretch against the time at which the number is said."""
    rng = np.random.default_rng(1)
    calls = [draw_call(rng) for _ in range(LEARN + 3 * n)]
    rows = [{"call": call.wav} for call in calls]
    schema = Schema((Field("call", Kind.AUDIO),), ("no number", "number"))
    served = served_model_of(MEDIA[1], rows[:LEARN], [call.label for call in calls[:LEARN]], schema)
    said = [(row, call) for row, call in zip(rows[LEARN:], calls[LEARN:], strict=True) if call.spans][:n]
    took = beside(lambda row: explain(served, row), call_floor, [row for row, _ in said])
    hits, share = 0, 0.0
    for row, call in said:
        found = explain(served, row, target="number", contrast="no number", top=20)
        verify(found, row)
        place = next((h.where for h in found.highlights if h.side == "for"), None)
        ((start, end),) = call.spans
        middle = (place["start_ms"] + place["end_ms"]) / 2 if place else -1
        hits += start <= middle < end
        share += (end - start) / (len(call.wav) / 16)
    return [
        *cost_rows("recording: explain", took, "Fourier transforms of its windows", CALL_BAR),
        Row("recording: middle of the strongest stretch in the number, over its share", "x", hits / share,
            bar=3.0, more_is_better=True, note=f"{hits / len(said):.0%} of {len(said)} calls"),
    ]  # fmt: skip
