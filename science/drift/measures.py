"""What is counted of a value: small whole numbers and short words that say what it is like.

A number and a category are counted as they are. Of a text, a picture or a recording a few properties are,
each a whole number in a unit that people know, so that equal files give equal counts on every machine.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import log2
from zlib import crc32

import numpy as np

from science.media import SAMPLE_RATE

Value = float | str | None
Measured = dict[str, Value]
Words = frozenset[int]  # hashes of the words of a vocabulary; empty: none is known
MAX_WORDS = 5_000
_UNREAD = float("nan")

TEXT_READ = 4_000  # characters of a text that are looked at
_WORD = re.compile(r"\w+")
_FRAME = SAMPLE_RATE // 50  # 20 ms
_QUIET = 1e-5
_VOICED = 2_000  # Hz, up to which a voice's pitch is looked for
_PITCHES = 60, 450  # Hz, lowest and highest
_HUMS, _AS_GOOD = 0.15, 0.85
_SPEECH = 12.0  # dB above the noise floor from which a frame counts as sound


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing that is counted of a field's values.

    Attributes:
        name: unique among those of the kind.
        words: what people call it, behind the name of the field; empty where it is the value itself.
        unit: of its numbers.
        is_ordered: whether it is a number.
    """

    name: str
    words: str = ""
    unit: str = ""
    is_ordered: bool = True


Columns = Mapping[str, list[Value]]


@dataclass(frozen=True, slots=True)
class Measures:
    """What is counted of one kind of field.

    Attributes:
        each: the measures, those that people think of first in front.
        of: from the values of a field in some cases and a vocabulary to what each measure says of them, all
            as long as the values; None where a case has none, NaN where it is no such thing.
        of_file: from the content of a file, as it was decoded, to what is kept beside it: then the values
            given to `of` are what was kept. None: the values are those of the cases.
        has_vocabulary: whether unknown words are counted.
    """

    each: tuple[Measure, ...]
    of: Callable[[Sequence[object], Words], Columns]
    of_file: Callable[[np.ndarray], Measured] | None = None
    has_vocabulary: bool = False


def one_by_one(names: Sequence[str], of: Callable[[object], Measured | None]) -> Callable[..., Columns]:
    """A `Measures.of` that asks value by value; `of` returns None for what is no such thing."""

    def columns(values: Sequence[object], words: Words = frozenset()) -> Columns:
        found: dict[str, list[Value]] = {name: [] for name in names}
        for value in values:
            said = None if value is None else of(value)
            for name, column in found.items():
                column.append(None if value is None else _UNREAD if said is None else said.get(name))
        return found

    return columns


def kept(names: Sequence[str]) -> Callable[..., Columns]:
    """A `Measures.of` for files: the values are what was kept of each, an empty mapping where nothing was."""
    return one_by_one(names, lambda value: dict(value) if isinstance(value, Mapping) and value else None)


def vocabulary(texts: Iterable[object], max_words: int = MAX_WORDS) -> Words:
    """Hashes of the words that most texts hold, for `of_text`: a number says nothing of who wrote it."""
    seen: Counter[str] = Counter()
    for text in texts:
        if isinstance(text, str):
            seen.update(set(_WORD.findall(text[:TEXT_READ].lower())))
    ranked = sorted(seen, key=lambda word: (-seen[word], word))[:max_words]
    return frozenset(crc32(word.encode("utf-8", "replace")) for word in ranked)


def of_text(text: str, known: Words = frozenset()) -> Measured:
    """Properties of a text.

    words: how many. characters: how many. other: characters that are neither letters nor spaces, per 100.
    script: of most letters ("LATIN", "CYRILLIC", "CJK", ...), None without any. unknown: words that are not
    in the vocabulary, per 100; None without one, or without words.
    """
    read = text[:TEXT_READ]
    letters = sum(map(str.isalpha, read))
    spaces = sum(map(str.isspace, read))
    other = round(100 * (len(read) - letters - spaces) / len(read)) if read else 0
    words = _WORD.findall(read)
    unknown = None
    if known and words:
        new = sum(crc32(word.lower().encode("utf-8", "replace")) not in known for word in words)
        unknown = round(100 * new / len(words))
    return {
        "words": len(words),
        "characters": len(text),
        "other characters": other,
        "script": _script(read),
        "unknown": unknown,
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


def of_moment(moment: date) -> Measured:
    """Properties of a date or a time: which of them it is, midnight being none.

    Days, weekdays and months go on by themselves: of dates that follow the calendar they always differ.
    """
    has_time = isinstance(moment, datetime) and bool(moment.hour or moment.minute)
    return {"form": "a day and a time" if has_time else "a day"}


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
    the noise floor, per cent. high: energy above 2 kHz, per cent. centre: mean frequency of it, in Hz.
    pitch: of the voice, in Hz; None where nothing in it hums.
    """
    heard = np.asarray(samples, dtype=np.float64)
    energy = float(np.mean(heard**2))
    frames = heard[: len(heard) // _FRAME * _FRAME].reshape(-1, _FRAME)
    levels = 10 * np.log10((frames**2).mean(axis=1) + _QUIET**2)
    floor = np.quantile(levels, 0.1) if len(levels) else 0.0
    from scipy.fft import next_fast_len  # who only scores loads no SciPy

    spectrum = np.abs(np.fft.rfft(heard, next_fast_len(len(heard), real=True))) ** 2
    spectrum[0] = 0.0
    total = float(spectrum.sum())
    high = float(spectrum[round(len(spectrum) * 2_000 / (SAMPLE_RATE / 2)) :].sum())
    frequencies = np.linspace(0, SAMPLE_RATE / 2, len(spectrum))
    return {
        "loudness": round(10 * np.log10(energy + _QUIET**2)),
        "tenths": round(10 * len(heard) / SAMPLE_RATE),
        "clipped": round(1000 * float((np.abs(heard) >= 0.999).mean())),
        "sound": round(100 * float((levels > floor + _SPEECH).mean())) if len(levels) else 0,
        "high": round(100 * high / total) if total else 0,
        "centre": round(float(frequencies @ spectrum) / total) if total else None,
        "pitch": _pitch(spectrum) if total else None,
    }


def _pitch(spectrum: np.ndarray) -> int | None:
    """The shortest lag at which a sound is nearly as like itself as at any, as a frequency in Hz.

    Of its power below 2 kHz alone, by the theorem of Wiener and Khinchin: so it costs one short transform.
    """
    low = spectrum[: max(2, round(len(spectrum) * _VOICED / (SAMPLE_RATE / 2)))]
    likeness = np.fft.irfft(low)
    rate = 2 * _VOICED
    first, last = rate // _PITCHES[1], min(rate // _PITCHES[0] + 1, len(likeness) // 2)
    if last <= first + 1 or likeness[0] <= 0:
        return None
    part = likeness[first:last] / likeness[0]
    best = float(part.max())
    if best < _HUMS:
        return None
    lag = int(np.argmax(part >= _AS_GOOD * best))
    while lag + 1 < len(part) and part[lag + 1] > part[lag]:
        lag += 1
    if not 0 < lag < len(part) - 1:
        return None  # no top: a hiss, or lower than a voice
    left, here, right = part[lag - 1 : lag + 2]
    bend = left - 2 * here + right
    between = float((left - right) / (2 * bend)) if bend < 0 else 0.0  # the top of the parabola
    return round(rate / (first + lag + between))
