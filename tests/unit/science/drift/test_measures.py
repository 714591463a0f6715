"""What is counted of texts, pictures and recordings moves when they change, and only then."""

from datetime import UTC, date, datetime

import numpy as np
import pytest

from science.drift.measures import of_moment, of_pixels, of_samples, of_text, vocabulary
from science.media import SAMPLE_RATE


def test_a_text() -> None:
    assert of_text("Win 500 EUR now!!") == {
        "words": 4,
        "characters": 17,
        "other characters": 29,
        "script": "LATIN",
        "unknown": None,
    }
    nothing = {"words": 0, "characters": 0, "other characters": 0, "script": None, "unknown": None}
    assert of_text("") == nothing


def test_words_that_no_text_of_the_vocabulary_had_are_counted() -> None:
    known = vocabulary(["Please pay the bill", "the bill is due", None])
    assert of_text("Pay the CRYPTO wallet", known)["unknown"] == 50
    assert of_text("the bill", known)["unknown"] == 0
    assert of_text("...", known)["unknown"] is None


@pytest.mark.parametrize(
    ("text", "script"),
    [("Grüße aus Köln", "LATIN"), ("Привет, как дела", "CYRILLIC"), ("你好世界", "CJK"), ("12345", None)],
)
def test_the_script_of_a_text(text: str, script: str | None) -> None:
    assert of_text(text)["script"] == script


def test_a_long_text_is_read_in_part_and_measured_whole() -> None:
    measured = of_text("ab " * 10_000)
    assert measured["characters"] == 30_000
    assert measured["words"] == 1_334


def test_a_moment() -> None:
    assert of_moment(datetime(2026, 3, 2, 9, 30, tzinfo=UTC)) == {"form": "a day and a time"}
    assert of_moment(datetime(2026, 3, 2, tzinfo=UTC)) == {"form": "a day"}
    assert of_moment(date(2026, 3, 2)) == of_moment(date(2026, 4, 3)) == {"form": "a day"}


def picture() -> np.ndarray:
    rng = np.random.default_rng(0)
    coarse = rng.random((16, 24, 3))
    return np.asarray(np.kron(coarse, np.ones((8, 8, 1))) * 0.6 + 0.2)


def test_less_light_lowers_brightness_and_blur_lowers_detail() -> None:
    pixels = picture()
    before = of_pixels(pixels)
    dark = of_pixels(pixels * 0.5)
    soft = pixels.copy()
    for axis in (0, 1):
        soft = sum(np.roll(soft, step, axis=axis) for step in range(-4, 5)) / 9
    blurred = of_pixels(soft)
    assert float(dark["brightness"]) < float(before["brightness"]) - 15
    assert float(blurred["detail"]) < float(before["detail"]) - 4
    assert abs(float(blurred["brightness"]) - float(before["brightness"])) <= 1
    assert before["shape"] == 150


@pytest.mark.parametrize("size", [(1, 1), (2, 5), (3, 3)])
def test_the_smallest_pictures_have_properties(size: tuple[int, int]) -> None:
    assert of_pixels(np.zeros((*size, 3)))["dark"] == 100
    assert of_pixels(np.ones((*size, 3)))["bright"] == 100


def tone(frequency: float, seconds: float = 2.0, level: float = 0.1) -> np.ndarray:
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return np.asarray(level * np.sin(2 * np.pi * frequency * time))


def test_a_recording() -> None:
    quiet = np.zeros(SAMPLE_RATE)
    measured = of_samples(np.concatenate([quiet, tone(440, 1.0)]))
    assert measured == {
        "loudness": -26,
        "tenths": 20,
        "clipped": 0,
        "sound": 50,
        "high": 0,
        "centre": 440,
        "pitch": 440,
    }
    assert of_samples(tone(3_000))["high"] == 100
    assert float(of_samples(np.clip(tone(440, level=3.0), -1, 1))["clipped"]) > 500


def voice(pitch: float, seconds: float = 1.0) -> np.ndarray:
    """A buzz whose loudest harmonic is not the first, in a little noise."""
    noise = np.random.default_rng(0).normal(0, 0.01, int(seconds * SAMPLE_RATE))
    return noise + sum(tone(k * pitch, seconds, level) for k, level in ((1, 0.05), (2, 0.1), (3, 0.06)))


@pytest.mark.parametrize("pitch", [85, 120, 180, 260, 340])
def test_the_pitch_of_a_voice_is_that_of_its_first_harmonic(pitch: float) -> None:
    assert of_samples(voice(pitch))["pitch"] == pytest.approx(pitch, rel=0.02)


def test_a_hiss_has_no_pitch_and_its_middle_is_in_the_middle() -> None:
    hiss = of_samples(np.random.default_rng(0).normal(0, 0.1, SAMPLE_RATE))
    assert hiss["pitch"] is None
    assert hiss["centre"] == pytest.approx(SAMPLE_RATE / 4, rel=0.03)


@pytest.mark.parametrize("samples", [np.zeros(1), np.zeros(10), np.zeros(SAMPLE_RATE)])
def test_silence_and_the_shortest_recordings_have_properties(samples: np.ndarray) -> None:
    measured = of_samples(samples)
    assert measured["loudness"] == -100
    assert measured["sound"] == 0
