"""Audio: ``bytes``, a WAV file; heard at one rate, and described."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from science.drift.measures import Measure, Measures, kept, of_samples
from science.kinds.files import unfit_file
from science.kinds.traits import AsFeatures, Traits
from science.media import read_audio
from science.media.audio import audio_features
from science.told import Told

_SIDE = 64  # means nothing for sound; artifacts have kept it from the first


def _side(values: Sequence[object]) -> int:
    return _SIDE


def _read(value: object, side: int) -> np.ndarray:
    return read_audio(value)


TRAITS = Traits(
    name="audio",
    has_options=False,
    has_range=False,
    unfit=unfit_file,
    slices=None,
    hostile=None,
    measured=Measures(
        (
            Measure("loudness", "loudness", "dB below the loudest"),
            Measure("tenths", "length", "tenths of a second"),
            Measure("clipped", "clipped samples", "per 1,000"),
            Measure("sound", "time with sound", "%"),
            Measure("pitch", "pitch", "Hz"),
            Measure("centre", "mean frequency", "Hz"),
            Measure("high", "energy above 2 kHz", "%"),
            Measure("rate", "sample rate", "Hz"),
        ),
        kept(("loudness", "tenths", "clipped", "sound", "pitch", "centre", "high", "rate")),
        of_file=of_samples,
    ),
    features=AsFeatures(
        _side,
        _read,
        audio_features,
        "times",
        Told(
            "It hears recordings from the first sound to the last, at one level, with 0.25 s of silence"
            " before and behind. What is 40 dB quieter than the loudest moment is silence there."
        ),
    ),
)
