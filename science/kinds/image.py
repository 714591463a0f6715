"""Image: ``bytes``, a PNG, JPEG or WebP file; looked at in one size, and described."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from science.drift.measures import Measure, Measures, kept, of_pixels
from science.kinds.files import unfit_file
from science.kinds.traits import AsFeatures, Traits
from science.media import image_side, read_image
from science.media.image import image_features

_SIDES = (32, 48, 64, 96, 128, 160, 192, 224)
_SAMPLE = 200  # images whose size is asked for


def _side(values: Sequence[object]) -> int | None:
    """The largest size that is not above that of the usual image."""
    sides = [image_side(value) for value in values[:_SAMPLE] if isinstance(value, bytes)]
    known = [size for size in sides if size is not None]
    if not known:
        return None
    usual = float(np.median(known))
    return max((size for size in _SIDES if size <= usual), default=_SIDES[0])


TRAITS = Traits(
    name="image",
    has_options=False,
    has_range=False,
    unfit=unfit_file,
    slices=None,
    hostile=None,
    measured=Measures(
        (
            Measure("brightness", "brightness", "%"),
            Measure("contrast", "contrast", "%"),
            Measure("detail", "sharpness", "half octaves"),
            Measure("dark", "dark pixels", "%"),
            Measure("bright", "bright pixels", "%"),
            Measure("shape", "width over height", "%"),
            Measure("side", "longer side", "pixels"),
        ),
        kept(("brightness", "contrast", "detail", "dark", "bright", "shape", "side")),
        of_file=of_pixels,
    ),
    features=AsFeatures(_side, read_image, image_features, "boxes"),
)
