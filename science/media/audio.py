"""Numbers that describe a recording: what each band of the spectrum does over windows of it."""

from __future__ import annotations

from functools import cache

import numpy as np

from science.media.files import SAMPLE_RATE

BANDS = 32
_FRAME = 256  # samples: 32 ms
HOP = 80  # samples: 10 ms
_WINDOW = 20  # frames pooled together: 0.2 s
_STEP = 5


@cache
def _mel_filters() -> np.ndarray:
    """Triangular filters (n_frequencies, BANDS), evenly spaced on the mel scale from 60 Hz up.

    Mel scale: O'Shaughnessy (1987), ``2595 log10(1 + f / 700)``.
    """
    low, high = (2595 * np.log10(1 + f / 700) for f in (60.0, SAMPLE_RATE / 2))
    corners = 700 * (10 ** (np.linspace(low, high, BANDS + 2) / 2595) - 1)
    frequency = np.fft.rfftfreq(_FRAME, 1 / SAMPLE_RATE)[:, None]
    rising = (frequency - corners[:-2]) / (corners[1:-1] - corners[:-2])
    falling = (corners[2:] - frequency) / (corners[2:] - corners[1:-1])
    return np.maximum(np.minimum(rising, falling), 0)


def log_mel(samples: np.ndarray) -> np.ndarray:
    """Log energies (n_frames, BANDS), one frame every 10 ms."""
    if len(samples) < _FRAME:
        samples = np.pad(samples, (0, _FRAME - len(samples)))
    frames = np.lib.stride_tricks.sliding_window_view(samples, _FRAME)[::HOP]
    energy = np.abs(np.fft.rfft(frames * np.hanning(_FRAME), axis=1)) ** 2
    mel: np.ndarray = np.log(energy @ _mel_filters() + 1e-6)
    return mel


def noise_floor(mel: np.ndarray) -> np.ndarray:
    """What each band holds when nothing happens (BANDS,): its lower quintile."""
    floor: np.ndarray = np.quantile(mel, 0.2, axis=0)
    return floor


def audio_features(samples: np.ndarray) -> np.ndarray:
    """Features (n,) in float64 of samples at `SAMPLE_RATE`."""
    return pooled(log_mel(samples))


def pooled(mel: np.ndarray) -> np.ndarray:
    """Features (n,) of log energies (n_frames, BANDS).

    The noise floor of each band is taken off first, so that neither loudness nor a steady hum counts;
    what is left is pooled over windows of 0.2 s: the strongest, the upper decile, the mean, the
    weakest, how much it moves, and the strongest contrast between neighbouring bands.
    """
    floor = noise_floor(mel)
    level = mel - floor
    sums = np.cumsum(np.vstack([np.zeros(BANDS), level]), axis=0)
    size = min(_WINDOW, len(level))
    windows = ((sums[size:] - sums[:-size]) / size)[::_STEP]
    moves = np.abs(np.diff(level, axis=0)).mean(axis=0) if len(level) > 1 else np.zeros(BANDS)
    shape = windows - windows.mean(axis=1, keepdims=True)
    loudness = windows.mean(axis=1)
    return np.concatenate(
        [
            windows.max(axis=0), np.quantile(windows, 0.9, axis=0), windows.mean(axis=0),
            windows.min(axis=0), moves, shape.max(axis=0), np.quantile(level, 0.95, axis=0),
            np.quantile(loudness, [0.0, 0.25, 0.5, 0.75, 1.0]), floor - floor.mean(),
        ]
    )  # fmt: skip
