"""Images and recordings: from the bytes of a file to pixels and samples, and what a model sees in those."""

from science.media.files import (
    MAX_PIXELS,
    MAX_SECONDS,
    SAMPLE_RATE,
    BadMedia,
    image_side,
    read_audio,
    read_image,
)

__all__ = [
    "MAX_PIXELS",
    "MAX_SECONDS",
    "SAMPLE_RATE",
    "BadMedia",
    "image_side",
    "read_audio",
    "read_image",
]
