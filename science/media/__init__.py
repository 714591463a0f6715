"""Images and recordings: from the bytes of a file to pixels and samples, and what a model sees in those."""

from science.media.files import (
    FORMATS,
    MAX_PIXELS,
    MAX_SECONDS,
    SAMPLE_RATE,
    BadMedia,
    image_side,
    read_audio,
    read_image,
)
from science.media.png import without_extras
from science.media.wav import BadWav, is_wav, parse_wav

__all__ = [
    "FORMATS",
    "MAX_PIXELS",
    "MAX_SECONDS",
    "SAMPLE_RATE",
    "BadMedia",
    "BadWav",
    "image_side",
    "is_wav",
    "parse_wav",
    "read_audio",
    "read_image",
    "without_extras",
]
