"""Check that images and recordings are what they claim to be."""

import io
import logging
import struct
import warnings
import zlib
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from django.conf import settings
from PIL import Image, UnidentifiedImageError

from cases.kinds import KINDS
from cases.services.known_types import what_it_is
from hitl.shared.errors import HitlError
from hitl.shared.words import Words
from science.drift.measures import Measured, of_pixels, of_samples
from science.fields import Kind
from science.groups import SIDE, picture_key, recording_key
from science.media import (
    FORMATS,
    MAX_PIXELS,
    MAX_SECONDS,
    BadWav,
    is_wav,
    parse_wav,
    read_audio,
    without_extras,
)

MAX_SIDE = 16_384  # pixels
MEASURED_SIDE = 192  # pixels, of what brightness and the like are read from
MAX_FRAMES = 200  # of a moving image; only the first is shown and scored
_IMAGE_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "MPO": "image/jpeg", "WEBP": "image/webp"}
_WAV = "audio/wav"
_SAME = {"image/jpg": "image/jpeg", "audio/x-wav": _WAV, "audio/wave": _WAV, "audio/vnd.wave": _WAV}
_UNSAID = {"", "application/octet-stream"}

_DAMAGE = (OSError, EOFError, SyntaxError, struct.error, zlib.error)  # what decoders raise on a damaged file
log = logging.getLogger(__name__)

FIX = Words("Send a whole PNG, JPEG or WebP image, or a PCM WAV recording.")


class BadFile(HitlError):
    """This file cannot be taken in. Send a whole PNG, JPEG or WebP image, or a PCM WAV recording."""

    code, status = "bad_file", 422


@dataclass(frozen=True, slots=True)
class Inspected:
    """A file that was read from end to end and is what it claims to be."""

    data: bytes
    sha256: str
    kind: Kind
    media_type: str
    width: int | None = None
    height: int | None = None
    duration_ms: int | None = None
    likeness: int | None = None
    measures: Measured | None = None


def inspect_file(data: bytes, *, declared: str = "", kind: Kind | None = None) -> Inspected:
    """Read a file without trusting it.

    `declared` is the type its sender gave, if any; `kind` that of the field that it is for, if it is known.

    Raises:
        BadFile: unknown, damaged, too large to open safely, or of another type than declared or needed.
    """
    if len(data) > settings.MAX_MEDIA_BYTES:
        raise BadFile(
            Words(
                "The file has %(count)s bytes; at most %(max_media_bytes)s are taken in.",
                count=len(data),
                max_media_bytes=settings.MAX_MEDIA_BYTES,
            )
        )
    found = _inspect_recording(data) if is_wav(data) else _inspect_image(data)
    said = declared.partition(";")[0].strip().lower()
    said = _SAME.get(said, said)
    if said not in _UNSAID and said != found.media_type:
        raise BadFile(
            Words(
                "The file says it is %(said)s, but it is %(media_type)s. %(fix)s",
                said=said[:60],
                media_type=found.media_type,
                fix=FIX,
            )
        )
    if kind not in (None, found.kind):
        raise BadFile(
            Words(
                "The file is %(noun)s, and the field holds %(kind)s files.",
                noun=KINDS[found.kind].noun,
                kind=kind,
            )
        )
    return found


def _inspect_image(data: bytes) -> Inspected:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # Pillow warns of oddities it can read; what it refuses, it raises
            with Image.open(io.BytesIO(without_extras(data)), formats=FORMATS) as image:
                width, height = image.size
                if not 0 < width * height <= MAX_PIXELS or max(width, height) > MAX_SIDE:
                    raise BadFile(
                        Words(
                            "The image has %(width)s x %(height)s pixels; at most %(max_side)s a side and "
                            "%(max_pixels)s in all are taken in.",
                            width=width,
                            height=height,
                            max_side=MAX_SIDE,
                            max_pixels=MAX_PIXELS,
                        )
                    )
                if getattr(image, "n_frames", 1) > MAX_FRAMES:
                    raise BadFile(
                        Words(
                            "The image has more than %(max_frames)s frames. Send a still image.",
                            max_frames=MAX_FRAMES,
                        )
                    )
                image.load()  # every pixel: a truncated file ends here
                media_type = _IMAGE_TYPES[str(image.format)]
                parts = image.convert("L").resize((SIDE, SIDE), Image.Resampling.BOX, reducing_gap=2.0)
                likeness = picture_key(np.asarray(parts))
                measures = of_pixels(_small(image)) | {"side": max(width, height)}
    except BadFile:
        raise
    except Image.DecompressionBombError:
        raise BadFile(
            Words(
                "The image has too many pixels; at most %(max_pixels)s are taken in.", max_pixels=MAX_PIXELS
            )
        ) from None
    except UnidentifiedImageError:
        raise BadFile(
            Words("The file is %(what_it_is)s. %(fix)s", what_it_is=what_it_is(data), fix=FIX)
        ) from None
    except _DAMAGE:
        raise BadFile(Words("The image is damaged. %(fix)s", fix=FIX)) from None
    except Exception as fault:  # a decoder may raise anything on a hostile file, and on one it does not know
        # Whoever may send cases may send a thousand of these: a line each, and no traceback.
        trouble = f"{type(fault).__name__}: {fault}"[:200]
        log.warning("an image could not be read", extra={"fault": trouble})  # untranslated: a log
        raise BadFile("The image cannot be read here, damaged or not. Save it anew as PNG or JPEG.") from None
    digest = sha256(data).hexdigest()
    return Inspected(
        data, digest, Kind.IMAGE, media_type, width, height, likeness=likeness, measures=measures
    )


def _small(image: Image.Image) -> np.ndarray:
    """Pixels (height, width, 3) in 0..1 of at most `MEASURED_SIDE` a side: what the eye sees at a glance."""
    width, height = image.size
    scale = min(1.0, MEASURED_SIDE / max(width, height))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    # Colours by number cannot be averaged; converted first, all else only when it is small.
    plain = image.convert("RGB") if image.mode in ("P", "1") else image
    small = plain.resize(size, Image.Resampling.BOX, reducing_gap=2.0).convert("RGB")
    return np.asarray(small, dtype=np.float64) / 255


def _inspect_recording(data: bytes) -> Inspected:
    try:
        wav = parse_wav(data)
    except BadWav as fault:
        raise BadFile(Words("The recording %(fault)s. %(fix)s", fault=fault, fix=FIX)) from None
    seconds = wav.n_frames / wav.rate
    if seconds > MAX_SECONDS:
        raise BadFile(
            Words(
                "The recording lasts %(seconds)s s; at most %(max_seconds)s s are taken in.",
                seconds=round(seconds),
                max_seconds=MAX_SECONDS,
            )
        )
    samples, digest = read_audio(data), sha256(data).hexdigest()
    return Inspected(
        data,
        digest,
        Kind.AUDIO,
        _WAV,
        duration_ms=round(1000 * seconds),
        likeness=recording_key(samples),
        measures=of_samples(samples) | {"rate": wav.rate} if len(samples) else None,
    )
