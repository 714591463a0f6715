"""Images and recordings from the bytes of a file somebody sent, read without trusting it."""

from __future__ import annotations

import io
import warnings

import numpy as np
from PIL import Image, ImageOps

from science.media.png import without_extras
from science.media.wav import BadWav, Wav, parse_wav

MAX_PIXELS = 40_000_000
MAX_SECONDS = 600
SAMPLE_RATE = 8_000  # Hz; what audio models hear
FORMATS = ("PNG", "JPEG", "WEBP")


class BadMedia(ValueError):
    """An image or a recording that cannot be read; the message says why."""


def read_image(data: object, side: int) -> np.ndarray:
    """Pixels (height, width, 3) as float32 in 0..1, upright, the longer side `side` pixels.

    Both sides are rounded to multiples of 16 (as `side` must be), so that they part evenly into blocks.

    Raises:
        BadMedia: not a PNG, JPEG or WebP file, damaged, or too large to open safely.
    """
    if not isinstance(data, bytes | bytearray | memoryview):
        raise BadMedia("an image must be the bytes of a PNG, JPEG or WebP file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of oddities it can read; refusals raise
            with Image.open(io.BytesIO(without_extras(bytes(data))), formats=FORMATS) as image:
                width, height = image.size
                if width * height > MAX_PIXELS or min(width, height) < 1:
                    raise BadMedia(f"an image of {width} x {height} pixels is too large")
                image.draft("RGB", (side, side))
                return _resized(_on_white(_upright(image)), side)
    except BadMedia:
        raise
    except Exception as fault:  # decoders raise almost anything on a hostile file
        raise BadMedia(f"the image cannot be read ({type(fault).__name__})") from None


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # what a camera wrote beside the picture cannot be read; the picture can
        return image


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        values = np.asarray(image, dtype=np.float64)
        top = max(float(values.max(initial=0.0)), 1.0)
        return Image.fromarray((values / top * 255).clip(0, 255).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        white = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(white, layer).convert("RGB")
    return image.convert("RGB")


def _resized(image: Image.Image, side: int) -> np.ndarray:
    scale = side / max(image.size)
    size = (max(16, 16 * round(image.width * scale / 16)), max(16, 16 * round(image.height * scale / 16)))
    if size != image.size:
        image = image.resize(size, Image.Resampling.BILINEAR)
    return np.asarray(image, dtype=np.float32) / np.float32(255)


def image_side(data: bytes) -> int | None:
    """The longer side of an image in pixels, None when it cannot be read."""
    try:
        with Image.open(io.BytesIO(without_extras(bytes(data))), formats=FORMATS) as image:
            return max(image.size)
    except Exception:  # as above
        return None


def read_audio(data: object) -> np.ndarray:
    """Samples (n,) as float32 in -1..1, mono, at `SAMPLE_RATE`.

    Raises:
        BadMedia: not a PCM WAV file, damaged, empty, or longer than `MAX_SECONDS`.
    """
    if not isinstance(data, bytes | bytearray | memoryview):
        raise BadMedia("a recording must be the bytes of a WAV file")
    try:
        wav = parse_wav(bytes(data))
    except BadWav as fault:
        raise BadMedia(f"the recording {fault}") from None
    if wav.n_frames > wav.rate * MAX_SECONDS:
        raise BadMedia(f"a recording may last {MAX_SECONDS} seconds")
    samples = _samples(wav).reshape(-1, wav.channels).mean(axis=1)
    return _resampled(samples, wav.rate)


def _samples(wav: Wav) -> np.ndarray:
    if wav.is_float:
        floats = np.frombuffer(wav.frames, "<f4" if wav.width == 4 else "<f8").astype(np.float32)
        return np.nan_to_num(floats, nan=0.0, posinf=1.0, neginf=-1.0).clip(-1.0, 1.0)
    if wav.width == 1:
        return (np.frombuffer(wav.frames, np.uint8).astype(np.float32) - 128) / 128
    if wav.width == 2:
        return np.frombuffer(wav.frames, "<i2").astype(np.float32) / 32768
    if wav.width == 3:
        wide = np.zeros((len(wav.frames) // 3, 4), np.uint8)
        wide[:, 1:] = np.frombuffer(wav.frames, np.uint8).reshape(-1, 3)
        return wide.view("<i4").ravel().astype(np.float32) / 2**31
    return np.frombuffer(wav.frames, "<i4").astype(np.float32) / 2**31


def _resampled(samples: np.ndarray, rate: int) -> np.ndarray:
    """To `SAMPLE_RATE`: averaged over whole steps first (against aliasing), then interpolated."""
    step = rate // SAMPLE_RATE
    if step > 1:
        samples = samples[: max(step, len(samples) // step * step)]
        usable = len(samples) // step * step
        samples = samples[:usable].reshape(-1, step).mean(axis=1) if usable else samples
        rate_now = rate / step
    else:
        rate_now = float(rate)
    if rate_now != SAMPLE_RATE:
        n = max(1, int(len(samples) * SAMPLE_RATE / rate_now))
        at = np.arange(n) * (rate_now / SAMPLE_RATE)
        samples = np.interp(at, np.arange(len(samples)), samples)
    return samples.astype(np.float32)
