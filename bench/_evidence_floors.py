"""The least that evidence could cost for a case: what scikit-learn, numpy or Pillow take to read it once.

None of it explains anything. It is work that grows with a case as explaining does, by code that is not ours.
"""

import io
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from PIL import Image

from bench._plain import defaults_for
from bench._same import same_features
from science.fields import Schema
from science.serving import ServedModel

Floor = Callable[[Any], object]
SAME = "scikit-learn with the same features"
DEFAULTS = "scikit-learn's logistic regression"


def text_floor(served: ServedModel) -> Floor:
    """scikit-learn's vectorizers and one product with the weights, for one row."""
    outputs = same_features(served)
    return lambda row: outputs([row])


def table_floor(rows: Sequence[Any], labels: Sequence[str], schema: Schema) -> Floor:
    """scikit-learn's defaults, fitted on the same rows, score one row."""
    plain = defaults_for(schema)[0].fit(rows, labels)
    return lambda row: plain.predict_proba([row])


def photo_floor(row: Any) -> object:
    """Pillow reads the photo; numpy's Fourier transform of its grey values."""
    with Image.open(io.BytesIO(row["photo"])) as image:
        return np.fft.rfft2(np.asarray(image.convert("L"), dtype=np.float64))


def call_floor(row: Any) -> object:
    """numpy's Fourier transforms of the call's samples in windows of 512, half of each overlapping."""
    samples = np.frombuffer(row["call"][44:], dtype="<i2").astype(np.float64)
    windows = np.lib.stride_tricks.sliding_window_view(samples, 512)[::256]
    return np.fft.rfft(windows * np.hanning(512))


def vector_floor(n: int) -> Floor:
    """numpy's product of `n` short vectors with one, and the five largest."""
    rng = np.random.default_rng(0)
    known, one = rng.random((n, 64), np.float32), rng.random(64, np.float32)
    return lambda row: np.argpartition(known @ one, n - 5)[-5:]
