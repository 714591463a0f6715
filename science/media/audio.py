"""Numbers that describe a recording: what each band of the spectrum does over windows of it (ADR 0093)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from science.media.files import SAMPLE_RATE

BANDS = 32
_FRAME = 256  # samples: 32 ms
HOP = 80  # samples: 10 ms
_WINDOW = 20  # frames pooled together: 0.2 s
_STEP = 5
SILENT_DB = 40.0
"""What is so much quieter than the loudest hundredth of a second, before or behind all sound, is silence."""
MARGIN_SECONDS = 0.25
"""So much silence is heard at either end, however much there is: none of it is looked at."""
_MARGIN = round(MARGIN_SECONDS * SAMPLE_RATE / HOP)
_LEVEL, _MOST_GAIN = 0.1, 100.0  # of full scale, to which loud parts are brought, and by how much at most


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


@dataclass(frozen=True, slots=True)
class Heard:
    """A recording as a model hears it: from the first sound to the last, between two pieces of silence.

    How long a line stays open before anybody speaks, and how loud its microphone is set, say nothing of what
    is said.

    Attributes:
        mel: log energies (n_frames, BANDS), nowhere below the floor.
        floor: what each band holds when nothing happens (BANDS,).
        first: the frame of the recording that `mel` begins with; negative where it begins before it.
    """

    mel: np.ndarray
    floor: np.ndarray
    first: int

    def muted(self, start: int, end: int) -> np.ndarray:
        """`mel` with nothing happening from one frame to another."""
        mel = self.mel.copy()
        mel[start:end] = self.floor
        return mel

    def features(self, mel: np.ndarray) -> np.ndarray:
        """Features (n,) of log energies (n_frames, BANDS) over the floor."""
        return pooled(mel, self.floor)


def hear(samples: np.ndarray) -> Heard:
    """Listen to samples at `SAMPLE_RATE`."""
    start, end = _sounding(samples)
    sound = samples[start * HOP : end * HOP] if end else samples
    loud = float(np.sqrt(np.quantile(_power(sound), 0.95))) if end else 0.0
    gain = min(_MOST_GAIN, _LEVEL / loud) if loud else 1.0
    mel = log_mel(sound * samples.dtype.type(gain))
    floor = np.quantile(mel, 0.2, axis=0)
    silence = np.broadcast_to(floor, (_MARGIN, BANDS))
    return Heard(np.concatenate([silence, np.maximum(mel, floor), silence]), floor, start - _MARGIN)


def _power(samples: np.ndarray) -> np.ndarray:
    """Mean power of each hundredth of a second."""
    n = len(samples) // HOP
    return np.asarray((samples[: n * HOP].reshape(n, HOP).astype(np.float64) ** 2).mean(axis=1))


def _sounding(samples: np.ndarray) -> tuple[int, int]:
    """The frames from the first sound on, and until the last; all where there is none."""
    power = _power(samples)
    sounds = np.flatnonzero(power >= power.max(initial=0.0) * 10 ** (-SILENT_DB / 10))
    if not len(sounds) or not power.any():
        return 0, len(power)
    return int(sounds[0]), int(sounds[-1]) + 1


def audio_features(samples: np.ndarray) -> np.ndarray:
    """Features (n,) in float64 of samples at `SAMPLE_RATE`."""
    heard = hear(samples)
    return heard.features(heard.mel)


def pooled(mel: np.ndarray, floor: np.ndarray) -> np.ndarray:
    """Features (n,) of log energies (n_frames, BANDS) and the noise floor of each band (BANDS,).

    The floor is taken off first, so that neither loudness nor a steady hum counts;
    what is left is pooled over windows of 0.2 s: the strongest, the upper decile, the mean, the
    weakest, how much it moves, and the strongest contrast between neighbouring bands.
    """
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
