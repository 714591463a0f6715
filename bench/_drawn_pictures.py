"""Pictures of parts under inspection, drawn: each part is photographed several times, some have a flaw.

A part has a surface of its own (grain, seams, holes that belong there, a colour); a photo shifts, turns and
lights it. A flaw is a scratch, a stain or a chip somewhere on it, and the mask says where. Two makes of
parts: one to try things on, one to look at last.
"""

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from science.fields import Schema

SIDE = 128
LABELS = ("whole", "scratched", "stained", "chipped")
SCHEMA = Schema.from_json({"fields": [{"name": "photo", "kind": "image"}], "labels": list(LABELS)})
_BIG = 192  # a part is drawn larger than what a photo shows of it


@dataclass(frozen=True, slots=True)
class Photos:
    """Photos with labels, the part that each shows (n,), and where its flaw is (n, SIDE, SIDE)."""

    rows: list[dict[str, Any]]
    labels: list[str]
    part: np.ndarray
    mask: np.ndarray

    def take(self, which: np.ndarray) -> "Photos":
        """Some of them."""
        rows, labels = [self.rows[i] for i in which], [self.labels[i] for i in which]
        return Photos(rows, labels, self.part[which], self.mask[which])


def photos(n_parts: int, each: int, seed: int, *, make: str = "cast") -> Photos:
    """Return `each` photos of every part, in random order; `make` is "cast" or "woven"."""
    rng = np.random.default_rng(seed)
    rows, labels, parts, masks = [], [], [], []
    for part in range(n_parts):
        surface = _surface(rng, make)
        for _ in range(each):
            label = LABELS[int(rng.choice(4, p=(0.4, 0.2, 0.2, 0.2)))]
            image, mask = _photo(rng, surface, label)
            rows.append({"photo": _png(image)})
            labels.append(label)
            parts.append(part)
            masks.append(mask)
    order = rng.permutation(len(rows))
    return Photos(rows, labels, np.array(parts), np.array(masks)).take(order)


def _surface(rng: np.random.Generator, make: str) -> Image.Image:
    base = rng.uniform(90, 180) + rng.normal(0, 12, 3)
    noise = Image.fromarray(rng.integers(0, 256, (_BIG, _BIG), dtype=np.uint8))
    blurred = np.asarray(noise.filter(ImageFilter.GaussianBlur(rng.uniform(1, 3))), dtype=np.float64)
    grain = (blurred - blurred.mean()) / blurred.std() * rng.uniform(3, 9)
    if make == "woven":
        step = rng.integers(6, 13)
        y, x = np.mgrid[:_BIG, :_BIG]
        grain = grain + rng.uniform(6, 14) * (np.sin(2 * np.pi * x / step) * np.sin(2 * np.pi * y / step))
    pixels = np.clip(base + grain[:, :, None], 0, 255).astype(np.uint8)
    image = Image.fromarray(pixels)
    draw = ImageDraw.Draw(image)
    for _ in range(rng.integers(1, 4)):  # seams
        ends = rng.uniform(0, _BIG, 4)
        shade = int(rng.uniform(40, 90)) if rng.random() < 0.5 else int(rng.uniform(190, 230))
        draw.line([*ends], fill=(shade,) * 3, width=int(rng.integers(2, 6)))
    for _ in range(rng.integers(0, 5)):  # rivets
        x, y, r = *rng.uniform(0, _BIG, 2), rng.uniform(4, 9)
        draw.ellipse([x - r, y - r, x + r, y + r], fill=tuple(int(c) for c in base * rng.uniform(0.4, 1.4)))
    return image.filter(ImageFilter.GaussianBlur(0.6))


def _photo(rng: np.random.Generator, surface: Image.Image, label: str) -> tuple[Image.Image, np.ndarray]:
    turned = surface.rotate(float(rng.uniform(-8, 8)), resample=Image.Resampling.BILINEAR)
    left, top = rng.integers(24, _BIG - SIDE - 24, 2)
    image = turned.crop((left, top, left + SIDE, top + SIDE))
    mask = Image.new("L", (SIDE, SIDE))
    if label == "scratched":
        _scratch(rng, image, mask)
    elif label != "whole":
        _blob(rng, image, mask, label)
    pixels = np.asarray(image, dtype=np.float32) * rng.uniform(0.85, 1.15)
    pixels = pixels + rng.normal(0, 3, pixels.shape)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8)), np.asarray(mask) > 0


def _scratch(rng: np.random.Generator, image: Image.Image, mask: Image.Image) -> None:
    at, angle = rng.uniform(20, SIDE - 20, 2), rng.uniform(0, 2 * np.pi)
    points = [tuple(at)]
    for _ in range(rng.integers(4, 9)):
        angle += rng.normal(0, 0.25)
        at = at + 5 * np.array([np.cos(angle), np.sin(angle)])
        points.append(tuple(at))
    shade = int(rng.uniform(200, 245)) if rng.random() < 0.5 else int(rng.uniform(20, 60))
    ImageDraw.Draw(image).line(points, fill=(shade,) * 3, width=1)
    ImageDraw.Draw(mask).line(points, fill=255, width=3)


def _blob(rng: np.random.Generator, image: Image.Image, mask: Image.Image, label: str) -> None:
    x, y = rng.uniform(14, SIDE - 14, 2)
    r = rng.uniform(5, 11) if label == "stained" else rng.uniform(3, 6)
    angles = np.sort(rng.uniform(0, 2 * np.pi, 9))
    radii = r * rng.uniform(0.7, 1.3, 9)
    outline = [(x + s * np.cos(a), y + s * np.sin(a)) for a, s in zip(angles, radii, strict=True)]
    own = Image.new("L", image.size)
    ImageDraw.Draw(own).polygon(outline, fill=255)
    if label == "stained":
        tint = np.array([rng.uniform(0.9, 1.1), rng.uniform(0.75, 0.95), rng.uniform(0.5, 0.75)])
        pixels = np.asarray(image, dtype=np.float32) * tint
        tinted = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
        image.paste(tinted, mask=own.filter(ImageFilter.GaussianBlur(2)))
    else:
        image.paste((int(rng.uniform(15, 50)),) * 3, mask=own)
        ImageDraw.Draw(image).line(outline[:5], fill=(int(rng.uniform(200, 240)),) * 3, width=1)
    mask.paste(255, mask=own)


def _png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
