"""Store images and recordings, after checking that they are what they claim to be."""

import io
import warnings
import wave
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import numpy as np
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image

from cases.models import Asset
from hitl.shared.errors import HitlError
from science.fields import Kind
from science.groups import SIDE, picture_key, recording_key
from science.media import MAX_PIXELS, MAX_SECONDS, read_audio

MAX_SIDE = 16_384  # pixels
MAX_FRAMES = 200  # of a moving image; only the first is shown and scored
_IMAGE_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
_WAV = "audio/wav"
_SAME = {"image/jpg": "image/jpeg", "audio/x-wav": _WAV, "audio/wave": _WAV, "audio/vnd.wave": _WAV}
_UNSAID = {"", "application/octet-stream"}

FIX = "Send a whole PNG, JPEG or WebP image, or a PCM WAV recording."


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


def inspect_file(data: bytes, *, declared: str = "") -> Inspected:
    """Read a file without trusting it; `declared` is the type its sender gave, if any.

    Raises:
        BadFile: unknown, damaged, too large to open safely, or of another type than declared.
    """
    if len(data) > settings.MAX_MEDIA_BYTES:
        raise BadFile(f"The file has {len(data):,} bytes; at most {settings.MAX_MEDIA_BYTES:,} are taken in.")
    is_wav = data[:4] == b"RIFF" and data[8:12] == b"WAVE"
    found = _inspect_recording(data) if is_wav else _inspect_image(data)
    said = declared.partition(";")[0].strip().lower()
    said = _SAME.get(said, said)
    if said not in _UNSAID and said != found.media_type:
        raise BadFile(f"The file says it is {said[:60]}, but it is {found.media_type}. {FIX}")
    return found


def store_asset(data: bytes, *, now: datetime, declared: str = "") -> Asset:
    """Check a file and keep it under the hash of its bytes; the same bytes are kept once.

    Raises:
        BadFile: it cannot be taken in; nothing is kept.
    """
    return keep_asset(inspect_file(data, declared=declared), now=now)


def keep_asset(file: Inspected, *, now: datetime) -> Asset:
    """Store an inspected file. Its row is written last, so a row means that the bytes are there."""
    existing = Asset.objects.filter(pk=file.sha256).first()
    if existing is not None and default_storage.exists(existing.path):
        return existing
    asset = Asset(
        sha256=file.sha256,
        media_type=file.media_type,
        size_bytes=len(file.data),
        width=file.width,
        height=file.height,
        duration_ms=file.duration_ms,
        likeness=file.likeness,
        stored_at=now,
    )
    default_storage.save(asset.path, ContentFile(file.data))
    Asset.objects.bulk_create([asset], ignore_conflicts=True)
    return asset


def _inspect_image(data: bytes) -> Inspected:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # Pillow warns of oddities it can read; what it refuses, it raises
            with Image.open(io.BytesIO(data), formats=tuple(_IMAGE_TYPES)) as image:
                width, height = image.size
                if not 0 < width * height <= MAX_PIXELS or max(width, height) > MAX_SIDE:
                    raise BadFile(
                        f"The image has {width:,} x {height:,} pixels; at most {MAX_SIDE:,} a side and "
                        f"{MAX_PIXELS:,} in all are taken in."
                    )
                if getattr(image, "n_frames", 1) > MAX_FRAMES:
                    raise BadFile(f"The image has more than {MAX_FRAMES} frames. Send a still image.")
                image.load()  # every pixel: a truncated file ends here
                media_type = _IMAGE_TYPES[str(image.format)]
                parts = image.convert("L").resize((SIDE, SIDE), Image.Resampling.BOX, reducing_gap=2.0)
                likeness = picture_key(np.asarray(parts))
    except BadFile:
        raise
    except Exception as fault:  # decoders raise almost anything on a hostile file
        what = "is not an image of a known type" if _is_unknown(fault) else "is damaged"
        raise BadFile(f"The file {what}. {FIX}") from None
    return Inspected(data, sha256(data).hexdigest(), Kind.IMAGE, media_type, width, height, likeness=likeness)


def _is_unknown(fault: Exception) -> bool:
    return type(fault).__name__ == "UnidentifiedImageError"


def _inspect_recording(data: bytes) -> Inspected:
    try:
        with wave.open(io.BytesIO(data)) as file:
            rate, channels, width = file.getframerate(), file.getnchannels(), file.getsampwidth()
            frames = file.getnframes()
            if not 1_000 <= rate <= 400_000 or not 1 <= channels <= 16 or not 1 <= width <= 4:
                raise BadFile(
                    f"The recording has an impossible rate, number of channels or sample size. {FIX}"
                )
            if frames > rate * MAX_SECONDS:
                raise BadFile(
                    f"The recording lasts {frames / rate:,.0f} s; at most {MAX_SECONDS} s are taken in."
                )
            if not frames or len(file.readframes(frames)) != frames * channels * width:
                raise BadFile(f"The recording is empty or ends before its end. {FIX}")
    except BadFile:
        raise
    except Exception:  # the wave module raises almost anything on a hostile file
        raise BadFile(f"The recording cannot be read. {FIX}") from None
    milliseconds = round(1000 * frames / rate)
    likeness = recording_key(read_audio(data))
    digest = sha256(data).hexdigest()
    return Inspected(data, digest, Kind.AUDIO, _WAV, duration_ms=milliseconds, likeness=likeness)
