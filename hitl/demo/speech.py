"""Drawn calls: a voice says a few words, among them perhaps a number; the truth is known to the millisecond.

Not speech, but made like it: a buzzing voice of one pitch a caller, vowels by two formants, consonants by
hissing, words with pauses. A number begins with a hiss and has a vowel that glides up high ("six", "three").
Other words have the hiss without the glide, or a lower glide without the hiss; there are coughs and clicks.
Where espeak-ng is installed, real sentences can be synthesised instead (`speak`). `Shift` changes the world
on purpose: a louder line, a noisier one, a microphone that clips, another sample rate.
"""

import io
import shutil
import subprocess
import wave
from dataclasses import dataclass
from functools import cache

import numpy as np

RATE = 8_000  # Hz
_SECONDS = (1.6, 2.8)
_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "forty", "ninety")
_SENTENCES = (
    ("please call me at", "this evening"), ("my order has", "parts missing"), ("I waited for", "hours"),
    ("the flat is on floor", "at the back"),
)  # fmt: skip
_WITHOUT = (
    "please call me back this evening", "some parts of my order are missing",
    "I waited for hours and nobody came", "the flat is at the back of the house",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shift:
    """How the line differs from the one the history was recorded on.

    gain: factor on the loudness. noise: standard deviation of the line's noise (full scale is 1). clip: share
    of full scale at which the microphone cuts off. rate: samples a second of the file. pitch: factor on
    that of the voices. formant: on where their vowels are loud; both are higher the younger somebody is.
    """

    gain: float = 1.0
    noise: float = 0.008
    clip: float = 1.0
    rate: int = RATE
    pitch: float = 1.0
    formant: float = 1.0


USUAL = Shift()
LINES = {
    "usual": USUAL,
    "louder": Shift(gain=2.5),
    "noisier": Shift(noise=0.04),
    "clipped": Shift(gain=2.0, clip=0.15),
    "up-sampled": Shift(rate=16_000),
    "younger": Shift(pitch=1.6, formant=1.25),
}


@dataclass(frozen=True, slots=True)
class Call:
    """One recording: a WAV file, its label, and when numbers are said.

    spans: start and end of each number in milliseconds.
    """

    wav: bytes
    label: str
    spans: tuple[tuple[int, int], ...]


def draw_call(rng: np.random.Generator, *, shift: Shift = USUAL) -> Call:
    """Draw one call; in half of them a number is said."""
    has_number = bool(rng.random() < 0.5)
    n = int(rng.uniform(*_SECONDS) * RATE)
    sound = np.zeros(n)
    pitch = float(rng.uniform(95, 220)) * shift.pitch
    kinds = [str(kind) for kind in rng.choice(["plain", "hiss", "glide"], int(rng.integers(2, 5)))]
    if has_number:
        kinds[int(rng.integers(0, len(kinds)))] = "number"
    spans: list[tuple[int, int]] = []
    at = int(rng.uniform(0.02, 0.15) * RATE)
    for kind in kinds:
        word = _word(rng, kind, pitch * float(rng.uniform(0.9, 1.1)), shift.formant)
        word *= float(rng.uniform(0.5, 1.0))
        if at + len(word) > n:
            sound = np.concatenate([sound, np.zeros(at + len(word) - n + RATE // 20)])
            n = len(sound)
        sound[at : at + len(word)] += word
        if kind == "number":
            spans.append((at * 1000 // RATE, (at + len(word)) * 1000 // RATE))
        at += len(word) + int(rng.uniform(0.05, 0.22) * RATE)
    for _ in range(int(rng.integers(0, 3))):  # coughs and clicks
        size = int(rng.uniform(0.01, 0.12) * RATE)
        place = int(rng.integers(0, max(1, n - size)))
        burst = rng.normal(0, rng.uniform(0.03, 0.12), size) * np.hanning(size)
        sound[place : place + size] += burst[: len(sound[place : place + size])]
    return Call(_wav(_on_the_line(sound, rng, shift), shift.rate), _label(spans), tuple(spans))


def _label(spans: list[tuple[int, int]]) -> str:
    return "number" if spans else "no number"


def _word(rng: np.random.Generator, kind: str, pitch: float, formant: float) -> np.ndarray:
    """The samples of one word; the glide of a number goes up by an octave or more."""
    hiss = _hiss(rng, float(rng.uniform(0.05, 0.11))) if kind in ("number", "hiss") else np.zeros(0)
    rises = kind in ("number", "glide")
    low = float(rng.uniform(800, 1300)) * formant
    top = (2300, 2900) if kind == "number" else (1500, 2000)
    high = float(rng.uniform(*top)) * formant if rises else low * float(rng.uniform(0.75, 1.05))
    first = float(rng.uniform(300, 700)) * formant
    vowel = _vowel(rng, pitch, first, (low, high), float(rng.uniform(0.16, 0.3)))
    tail = _vowel(
        rng, pitch * 0.95, float(rng.uniform(300, 650)) * formant,
        (float(rng.uniform(800, 1500)) * formant,) * 2,
        float(rng.uniform(0.06, 0.18)),
    )  # fmt: skip
    return np.concatenate([hiss, vowel, tail if kind == "plain" or rng.random() < 0.4 else tail[:0]])


def _hiss(rng: np.random.Generator, seconds: float) -> np.ndarray:
    noise = rng.normal(0, 1, int(seconds * RATE))
    return np.asarray(0.12 * np.diff(noise, prepend=0.0) * np.hanning(len(noise)))


def _vowel(
    rng: np.random.Generator, pitch: float, first: float, second: tuple[float, float], seconds: float
) -> np.ndarray:
    """Harmonics of a pitch, loud where the two formants are; the second may glide."""
    n = int(seconds * RATE)
    glide = np.linspace(*second, n)
    phase = 2 * np.pi * np.cumsum(pitch * (1 + 0.02 * np.sin(np.linspace(0, rng.uniform(2, 6), n)))) / RATE
    sound = np.zeros(n)
    for k in range(1, int(3600 // pitch)):
        loud = np.exp(-(((k * pitch - first) / 130) ** 2)) + 0.7 * np.exp(-(((k * pitch - glide) / 170) ** 2))
        sound += (loud + 0.02) * np.sin(k * phase)
    return np.asarray(0.16 * sound * np.hanning(n) ** 0.5)


def _on_the_line(sound: np.ndarray, rng: np.random.Generator, shift: Shift) -> np.ndarray:
    heard = shift.gain * sound + rng.normal(0, shift.noise, len(sound))
    if shift.rate != RATE:
        at = np.arange(len(heard) * shift.rate // RATE) * (RATE / shift.rate)
        heard = np.interp(at, np.arange(len(heard)), heard)
    return np.asarray(heard.clip(-shift.clip, shift.clip))


def _wav(sound: np.ndarray, rate: int) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes((sound.clip(-1, 1) * 32767).astype("<i2").tobytes())
    return file.getvalue()


_USUAL_PITCH = 50  # of espeak-ng's 0 to 99


@cache
def speaker() -> str | None:
    """Return the path of espeak-ng; None where it is not installed."""
    return shutil.which("espeak-ng")


def speak(rng: np.random.Generator, *, shift: Shift = USUAL) -> Call:
    """Have espeak-ng say a sentence, with a number in half of them; when it is said is not known.

    Raises:
        RuntimeError: espeak-ng is not installed, or failed.
    """
    program = speaker()
    if program is None:
        raise RuntimeError("espeak-ng is not installed: draw the calls, or install it.")
    place = int(rng.integers(0, len(_SENTENCES)))
    has_number = bool(rng.random() < 0.5)
    number = " ".join(rng.choice(_NUMBERS, int(rng.integers(1, 3))))
    before, after = _SENTENCES[place]
    text = f"{before} {number} {after}" if has_number else _WITHOUT[place]
    voice = f"en+{rng.choice(['m1', 'm3', 'f1', 'f2'])}"
    (line,) = rng.spawn(1)  # however long the sound is, the next call is the same
    # Played faster, a voice has higher formants; said slower and lower before, it keeps its pace and pitch.
    pace = int(int(rng.integers(140, 190)) / shift.formant)
    pitch = min(99, round(_USUAL_PITCH * shift.pitch / shift.formant))
    command = [program, "-v", voice, "-s", str(pace), "-p", str(pitch), "--stdout", text]
    try:
        made = subprocess.run(command, capture_output=True, check=True, timeout=30).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise RuntimeError(f"espeak-ng failed: {error}") from error
    return Call(
        _wav(_on_the_line(_heard(made, faster=shift.formant), line, shift), shift.rate), _said(has_number), ()
    )


def _said(has_number: bool) -> str:
    return "number" if has_number else "no number"


def _heard(made: bytes, *, faster: float) -> np.ndarray:
    """The samples of a synthesiser's WAV (16 bit, mono, whose header may not know its length) at `RATE`."""
    rate = int(int.from_bytes(made[24:28], "little") * faster)
    samples = np.frombuffer(made[44 : 44 + (len(made) - 44) // 2 * 2], "<i2") / 32768
    at = np.arange(len(samples) * RATE // rate) * (rate / RATE)
    return np.asarray(np.interp(at, np.arange(len(samples)), samples))
