"""Drawn photographs of phone screens, some of them scratched, with the truth known for every pixel.

Clean screens carry what is easily taken for a scratch: reflections, smudges, dust, a lit clock. `Shift`
changes the world on purpose: another lamp, another camera, another kind of defect.
"""

from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

WIDTH, HEIGHT = 144, 224
_SCALE = 3  # drawn larger and reduced, so that thin lines are smooth


@dataclass(frozen=True, slots=True)
class Shift:
    """How the world differs from the one the history was taken in.

    brightness: factor on the light. noise: standard deviation of the sensor in grey levels. blur: radius in
    pixels. chips: share of the defects that are chipped edges, which the history does not know.
    """

    brightness: float = 1.0
    noise: float = 4.0
    blur: float = 0.0
    chips: float = 0.0


@dataclass(frozen=True, slots=True)
class Screen:
    """One photograph: a JPEG file, its label, and where the defects are.

    boxes: x, y, width, height of each defect, as shares of the picture's sides.
    """

    jpeg: bytes
    label: str
    boxes: tuple[tuple[float, float, float, float], ...]


def draw_screen(rng: np.random.Generator, *, shift: Shift = Shift()) -> Screen:
    """Draw one screen; four in ten are scratched."""
    is_scratched = bool(rng.random() < 0.4)
    image = _phone(rng)
    _distract(image, rng)
    boxes: list[tuple[float, float, float, float]] = []
    if is_scratched:
        for _ in range(int(rng.integers(1, 4))):
            boxes.append(_chip(image, rng) if rng.random() < shift.chips else _scratch(image, rng))
    image = image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    if shift.blur:
        image = image.filter(ImageFilter.GaussianBlur(shift.blur))
    light = rng.normal(1.0, 0.06) * shift.brightness
    pixels = np.asarray(image, dtype=np.float64) * light + rng.normal(0, shift.noise, (HEIGHT, WIDTH, 1))
    photo = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    file = BytesIO()
    photo.save(file, "JPEG", quality=90)
    return Screen(file.getvalue(), "scratched" if is_scratched else "clean", tuple(boxes))


def _phone(rng: np.random.Generator) -> Image.Image:
    """A phone on a table: bezel, glass with a soft gradient, perhaps a lit screen."""
    width, height = WIDTH * _SCALE, HEIGHT * _SCALE
    table = tuple(int(v) for v in rng.integers(70, 200, 3))
    image = Image.new("RGB", (width, height), table)
    draw = ImageDraw.Draw(image)
    margin = int(rng.integers(8, 16)) * _SCALE
    draw.rounded_rectangle(
        (margin, margin, width - margin, height - margin), radius=14 * _SCALE, fill=(18, 18, 20)
    )
    inner = margin + 4 * _SCALE
    glass = np.asarray(rng.integers(30, 120, 3), dtype=np.float64)
    ramp = np.linspace(rng.uniform(0.6, 0.9), rng.uniform(1.0, 1.3), height - 2 * inner)[:, None, None]
    tilt = np.linspace(rng.uniform(0.9, 1.0), rng.uniform(1.0, 1.1), width - 2 * inner)[None, :, None]
    panel = Image.fromarray((glass * ramp * tilt).clip(0, 255).astype(np.uint8))
    mask = Image.new("L", panel.size, 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, *panel.size), radius=10 * _SCALE, fill=255)
    image.paste(panel, (inner, inner), mask)
    return image


def _distract(image: Image.Image, rng: np.random.Generator) -> None:
    """Add what looks like a defect and is none."""
    if rng.random() < 0.6:  # a window reflected in the glass: wide, soft, straight
        layer = Image.new("L", image.size, 0)
        x = int(rng.integers(0, image.width))
        lean, thick = int(rng.integers(-120, 120)), int(rng.integers(30, 90))
        ImageDraw.Draw(layer).polygon(
            [(x, 0), (x + thick, 0), (x + thick + lean, image.height), (x + lean, image.height)],
            fill=int(rng.integers(20, 60)),
        )
        _lighten(image, layer.filter(ImageFilter.GaussianBlur(9)))
    for _ in range(int(rng.integers(0, 4))):  # smudges of a finger
        layer = Image.new("L", image.size, 0)
        x, y = int(rng.integers(60, image.width - 60)), int(rng.integers(60, image.height - 60))
        rx, ry = int(rng.integers(15, 40)), int(rng.integers(25, 60))
        ImageDraw.Draw(layer).ellipse((x - rx, y - ry, x + rx, y + ry), fill=int(rng.integers(15, 45)))
        _lighten(image, layer.filter(ImageFilter.GaussianBlur(12)))
    draw = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(0, 14))):  # dust
        x, y = int(rng.integers(40, image.width - 40)), int(rng.integers(40, image.height - 40))
        radius, grey = int(rng.integers(1, 4)), int(rng.integers(120, 220))
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(grey, grey, grey))
    if rng.random() < 0.35:  # the clock is lit
        grey = int(rng.integers(150, 230))
        hour, minute = int(rng.integers(0, 24)), int(rng.integers(0, 60))
        draw.text((image.width // 2 - 70, 110), f"{hour:02}:{minute:02}", fill=(grey,) * 3, font_size=58)


def _lighten(image: Image.Image, layer: Image.Image) -> None:
    image.paste(Image.new("RGB", image.size, (255, 255, 255)), (0, 0), layer)


def _scratch(image: Image.Image, rng: np.random.Generator) -> tuple[float, float, float, float]:
    """Draw a thin, slightly bent line that fades at its ends; some are so faint that people miss them."""
    length = rng.uniform(0.12, 0.5) * image.height
    angle = rng.uniform(0, np.pi)
    x0 = rng.uniform(0.25, 0.75) * image.width
    y0 = rng.uniform(0.2, 0.8) * image.height
    t = np.linspace(-0.5, 0.5, 24)
    bend = rng.normal(0, 0.06) * length * (1 - 4 * t**2)
    x = (x0 + t * length * np.cos(angle) - bend * np.sin(angle)).clip(45, image.width - 46)
    y = (y0 + t * length * np.sin(angle) + bend * np.cos(angle)).clip(45, image.height - 46)
    strength = rng.uniform(45, 190)
    tone = 255 if rng.random() < 0.8 else 0
    layer = Image.new("L", image.size, 0)
    draw = ImageDraw.Draw(layer)
    for i in range(len(t) - 1):
        fade = 1 - abs(2 * t[i]) ** 3
        width = 2 if rng.random() < 0.7 else 3
        draw.line((x[i], y[i], x[i + 1], y[i + 1]), fill=int(strength * fade), width=width)
    image.paste(Image.new("RGB", image.size, (tone,) * 3), (0, 0), layer)
    return _box(x.min(), y.min(), x.max(), y.max(), image)


def _chip(image: Image.Image, rng: np.random.Generator) -> tuple[float, float, float, float]:
    """Break a piece out of the edge of the glass."""
    left = bool(rng.random() < 0.5)
    x = 40.0 if left else image.width - 40.0
    y = rng.uniform(0.15, 0.85) * image.height
    size = rng.uniform(18, 42)
    angles = np.sort(rng.uniform(0, 2 * np.pi, 7))
    radii = size * rng.uniform(0.4, 1.0, 7)
    points = [(x + r * np.cos(a), y + r * np.sin(a)) for a, r in zip(angles, radii, strict=True)]
    ImageDraw.Draw(image).polygon(points, fill=(205, 210, 215), outline=(90, 90, 95))
    return _box(x - size, y - size, x + size, y + size, image)


def _box(x0: float, y0: float, x1: float, y1: float, image: Image.Image) -> tuple[float, float, float, float]:
    """Return a box with a small rim as shares of the sides, inside the picture."""
    x0, x1 = max(0.0, x0 - 6) / image.width, min(image.width, x1 + 6) / image.width
    y0, y1 = max(0.0, y0 - 6) / image.height, min(image.height, y1 + 6) / image.height
    return (float(x0), float(y0), float(x1 - x0), float(y1 - y0))
