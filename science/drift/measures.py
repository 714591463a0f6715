"""What is counted of a value: small whole numbers and short words that say what it is like.

A number and a category are counted as they are. Of a text, a picture or a recording a few properties are,
each a whole number in a unit that people know, so that equal files give equal counts on every machine.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from datetime import datetime
from math import log2

import numpy as np

from science.media import SAMPLE_RATE

Measured = dict[str, float | str | None]

TEXT_READ = 4_000  # characters of a text that are looked at
_WORD = re.compile(r"\w+")
_FRAME = SAMPLE_RATE // 50  # 20 ms
_QUIET = 1e-5
_SPEECH = 12.0  # dB above the noise floor from which a frame counts as sound


def of_text(text: str) -> Measured:
    """Properties of a text.

    words: how many. characters: how many. other: characters that are neither letters nor spaces, per 100.
    script: of most letters ("LATIN", "CYRILLIC", "CJK", ...), None without any.
    """
    read = text[:TEXT_READ]
    letters = sum(map(str.isalpha, read))
    spaces = sum(map(str.isspace, read))
    other = round(100 * (len(read) - letters - spaces) / len(read)) if read else 0
    return {
        "words": len(_WORD.findall(read)),
        "characters": len(text),
        "other characters": other,
        "script": _script(read),
    }


def _script(text: str) -> str | None:
    """The script of most of its letters, by the first word of their names in Unicode."""
    letters = [char for char in text[:400] if char.isalpha()]
    if not letters:
        return None
    if all(char < "\u0250" for char in letters):
        return "LATIN"
    counts = Counter(unicodedata.name(char, "UNKNOWN").split()[0] for char in letters)
    return min(counts, key=lambda name: (-counts[name], name))


def of_moment(moment: datetime) -> Measured:
    """Properties of a date or a time: the day, counted from year 1, and the weekday."""
    return {"day": moment.toordinal(), "weekday": moment.strftime("%A")}


def of_pixels(pixels: np.ndarray) -> Measured:
    """Properties of a picture, pixels (height, width, 3) in 0..1.

    brightness, contrast: mean and standard deviation of grey, in per cent. dark, bright: pixels at either
    end, per cent. detail: how sharp it is, the variance of the Laplacian in half octaves (a blurred picture
    has less). shape: width over height, per cent.
    """
    grey = np.asarray(pixels, dtype=np.float64) @ (0.299, 0.587, 0.114)
    edges = (
        4 * grey[1:-1, 1:-1] - grey[:-2, 1:-1] - grey[2:, 1:-1] - grey[1:-1, :-2] - grey[1:-1, 2:]
        if min(grey.shape) > 2
        else np.zeros((1, 1))
    )
    return {
        "brightness": round(100 * float(grey.mean())),
        "contrast": round(100 * float(grey.std())),
        "dark": round(100 * float((grey <= 0.02).mean())),
        "bright": round(100 * float((grey >= 0.98).mean())),
        "detail": round(2 * log2(float(edges.var()) + 2.0**-20)),
        "shape": round(100 * grey.shape[1] / grey.shape[0]),
    }


def of_samples(samples: np.ndarray) -> Measured:
    """Properties of a recording, samples (n,) in -1..1 at `SAMPLE_RATE`.

    loudness: of all of it, in decibels below full scale (0 is the loudest). tenths: how long it lasts, in
    tenths of a second. clipped: samples at full scale, per 1,000. sound: frames of 20 ms that stand out from
    the noise floor, per cent. high: energy above 2 kHz, per cent.
    """
    heard = np.asarray(samples, dtype=np.float64)
    energy = float(np.mean(heard**2))
    frames = heard[: len(heard) // _FRAME * _FRAME].reshape(-1, _FRAME)
    levels = 10 * np.log10((frames**2).mean(axis=1) + _QUIET**2)
    floor = np.quantile(levels, 0.1) if len(levels) else 0.0
    spectrum = np.abs(np.fft.rfft(heard)) ** 2
    spectrum[0] = 0.0
    total = float(spectrum.sum())
    high = float(spectrum[round(len(spectrum) * 2_000 / (SAMPLE_RATE / 2)) :].sum())
    return {
        "loudness": round(10 * np.log10(energy + _QUIET**2)),
        "tenths": round(10 * len(heard) / SAMPLE_RATE),
        "clipped": round(1000 * float((np.abs(heard) >= 0.999).mean())),
        "sound": round(100 * float((levels > floor + _SPEECH).mean())) if len(levels) else 0,
        "high": round(100 * high / total) if total else 0,
    }
