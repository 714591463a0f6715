"""Images and recordings are read upright, at one size and rate, and hostile files are refused."""

import io
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from science.explain.media import audio_units, cover, without_times
from science.fields import Kind
from science.media import MAX_PIXELS, SAMPLE_RATE, BadMedia, read_audio, read_image
from science.media.audio import HOP, MARGIN_SECONDS, SILENT_DB, audio_features, hear
from science.media.image import Described, image_features
from tests.unit.science.samples import png, wav

PHOTO = png(np.random.default_rng(0).integers(0, 255, (40, 60, 3), dtype=np.uint8))
CALL = wav(np.sin(np.arange(8000) / 3))


def encoded(image: Image.Image, form: str, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_mode_of_image_is_read(mode):
    source = Image.new("L", (50, 30), 128)
    image = Image.new(mode, (50, 30)) if mode == "I;16" else source.convert(mode)
    pixels = read_image(encoded(image, "PNG"), 64)
    assert pixels.shape == (32, 64, 3)
    assert np.isfinite(image_features(pixels)).all()


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_the_three_formats_look_alike(form):
    gradient = Image.linear_gradient("L").convert("RGB")
    pixels = read_image(encoded(gradient, form), 128)
    assert pixels == pytest.approx(read_image(encoded(gradient, "PNG"), 128), abs=0.04)


def test_a_photo_lying_on_its_side_is_turned_upright():
    image = Image.new("RGB", (64, 32), "black")
    image.paste("white", (0, 0, 32, 32))
    exif = Image.Exif()
    exif[0x0112] = 6
    pixels = read_image(encoded(image, "JPEG", exif=exif), 64)
    assert pixels.shape == (64, 32, 3)
    assert pixels[:24].mean() > 0.9


def test_transparency_lies_on_white():
    assert read_image(encoded(Image.new("RGBA", (16, 16), (0, 0, 0, 0)), "PNG"), 32).min() == 1


def test_a_bomb_is_refused_before_it_is_opened():
    side = int(MAX_PIXELS**0.5) + 1
    with pytest.raises(BadMedia, match="too large"):
        read_image(encoded(Image.new("1", (side, side)), "PNG"), 64)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_damaged_image_is_read_or_refused_never_more(data):
    damaged = bytearray(PHOTO)
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(damaged)))
    try:
        pixels = read_image(bytes(damaged[:cut]), 32)
    except BadMedia:
        return
    assert np.isfinite(pixels).all()


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_damaged_recording_is_read_or_refused_never_more(data):
    damaged = bytearray(CALL)
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(0, 60))] = data.draw(st.integers(0, 255))
    try:
        samples = read_audio(bytes(damaged[: data.draw(st.integers(0, len(damaged)))]))
    except BadMedia:
        return
    assert np.isfinite(audio_features(samples)).all()


@pytest.mark.parametrize("value", [None, "", b"", 5, b"GIF89a", "text"])
def test_what_is_no_file_is_refused(value):
    for read in (lambda v: read_image(v, 32), read_audio):
        with pytest.raises(BadMedia):
            read(value)


@pytest.mark.parametrize("rate", [4000, 8000, 11025, 16000, 44100, 48000])
def test_recordings_of_any_rate_sound_alike(rate):
    time = np.arange(rate) / rate
    samples = read_audio(wav(np.sin(2 * np.pi * 440 * time), rate))
    assert len(samples) == pytest.approx(SAMPLE_RATE, abs=4)
    spectrum = np.abs(np.fft.rfft(samples))
    assert np.argmax(spectrum) == pytest.approx(440, abs=2)


def test_even_one_sample_has_features():
    assert np.isfinite(audio_features(np.zeros(1, np.float32))).all()


def test_a_covered_part_changes_the_features_as_if_the_whole_image_were_looked_at_again():
    rng = np.random.default_rng(5)
    for height, width in ((224, 144), (32, 48), (16, 16), (64, 16)):
        pixels = rng.random((height, width, 3), dtype=np.float32)
        boxes = [
            (0, height // 4, 0, width),
            (height // 2, height // 2 + 3, 5, 9),
            (height - 1, height, 0, width // 3),
        ]
        changed = [(cover(pixels, box), box) for box in boxes]
        found = Described(pixels).with_changes(changed)
        assert np.array_equal(found, np.stack([image_features(other) for other, _ in changed]))


def riff(
    form: bytes, frames: bytes, *, length: int | None = None, before: bytes = b"", kind: bytes = b"RIFF"
):
    size = len(frames) if length is None else length
    body = b"WAVE" + b"fmt " + len(form).to_bytes(4, "little") + form + before
    body += b"data" + size.to_bytes(4, "little") + frames
    return kind + (len(body) if length is None else 0xFFFFFFFF).to_bytes(4, "little") + body


def form_of(code: int, channels: int, bits: int, rate: int = 8_000) -> bytes:
    block = channels * bits // 8
    return struct.pack("<HHIIHH", code, channels, rate, rate * block, block, bits)


GUID = bytes.fromhex("000000001000800000aa00389b71")
FRAMES = (np.sin(np.arange(800) / 3) * 20_000).astype("<i2").tobytes()
PCM16 = form_of(1, 1, 16)


@pytest.mark.parametrize(
    "data",
    [
        riff(form_of(0xFFFE, 1, 16) + struct.pack("<HHIH", 22, 16, 4, 1) + GUID, FRAMES),
        riff(PCM16, FRAMES, length=0xFFFFFFFF, before=b"LIST\x05\x00\x00\x00INFOx\x00"),
        riff(PCM16, FRAMES, length=0x7FFFFFFF),
        riff(PCM16, FRAMES, length=0),
        riff(PCM16, FRAMES, length=0xFFFFFFFF, kind=b"RF64"),
        riff(PCM16, FRAMES, length=0xFFFFFFFF, kind=b"BW64"),
        riff(PCM16, FRAMES, before=b"LIST\x05\x00\x00\x00INFOx"),
        riff(form_of(3, 1, 32), (np.frombuffer(FRAMES, "<i2") / np.float32(32768)).astype("<f4").tobytes()),
        riff(form_of(1, 2, 16), np.repeat(np.frombuffer(FRAMES, "<i2"), 2).tobytes() + b"\x01"),
    ],
    ids=[
        "extended header",
        "a pipe",
        "another pipe",
        "no length",
        "RF64",
        "BW64",
        "not filled up",
        "floats",
        "half a frame",
    ],
)
def test_samples_are_heard_whatever_the_header_says_of_them(data):
    assert read_audio(data) == pytest.approx(read_audio(riff(PCM16, FRAMES)), abs=1e-4)
    assert len(read_audio(data)) == 800


def test_a_compressed_recording_is_named_and_not_called_damaged():
    with pytest.raises(BadMedia, match=r"compressed .MP3"):
        read_audio(riff(form_of(85, 1, 16), FRAMES))


def test_a_picture_with_megabytes_of_comments_is_a_picture():
    comments = PngInfo()
    comments.add_text("Comment", "0" * 5_000_000, zip=True)
    comments.add_itxt("XML", "<x/>" * 1_000_000, zip=True)
    picture = Image.new("RGB", (48, 32), "red")
    assert (
        read_image(encoded(picture, "PNG", pnginfo=comments), 48) == read_image(encoded(picture, "PNG"), 48)
    ).all()


def test_of_several_pictures_in_one_photo_the_first_is_seen():
    picture = Image.linear_gradient("L").convert("RGB")
    photo = encoded(picture, "MPO", save_all=True, append_images=[Image.new("RGB", (64, 64), "red")])
    assert read_image(photo, 64) == pytest.approx(read_image(encoded(picture, "JPEG"), 64), abs=0.05)


def sounds(seed: int = 0) -> np.ndarray:
    """A second of words over noise."""
    rng = np.random.default_rng(seed)
    time = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    words = np.sin(2 * np.pi * 600 * time) * (np.sin(2 * np.pi * 3 * time) > 0)
    return (0.3 * words + rng.normal(0, 0.01, len(time))).astype(np.float32)


@pytest.mark.parametrize(("before", "behind"), [(0.0, 0.1), (0.3, 4.0), (20.0, 0.0)])
@pytest.mark.parametrize("loud", [0.05, 1.0])
def test_silence_at_the_ends_and_loudness_change_nothing_that_is_heard(
    before: float, behind: float, loud: float
) -> None:
    said = sounds()
    quiet = [np.zeros(round(seconds * SAMPLE_RATE), np.float32) for seconds in (before, behind)]
    alone, within = audio_features(said), audio_features(loud * np.concatenate([quiet[0], said, quiet[1]]))
    other = audio_features(sounds(1))  # the same words over other noise
    assert np.abs(within - alone).mean() < 0.2 * np.abs(other - alone).mean()


def test_the_silence_that_is_heard_is_as_long_as_is_said() -> None:
    second = np.concatenate([np.zeros(SAMPLE_RATE), sounds(), np.zeros(3 * SAMPLE_RATE)]).astype(np.float32)
    heard = hear(second)
    frames = SAMPLE_RATE // HOP
    assert heard.first == pytest.approx(frames * (1 - MARGIN_SECONDS), abs=2)
    assert len(heard.mel) == pytest.approx(frames * (1 + 2 * MARGIN_SECONDS), abs=4)
    assert (heard.mel >= heard.floor).all()


def test_what_is_said_of_recordings_is_so() -> None:
    features = Kind.AUDIO.traits.features
    assert features is not None
    assert f"{MARGIN_SECONDS:g} s of silence" in features.said
    assert f"{SILENT_DB:g} dB quieter" in features.said


def test_a_recording_without_a_sound_is_heard_whole() -> None:
    assert hear(np.zeros(SAMPLE_RATE, np.float32)).first < 0
    assert np.isfinite(audio_features(np.zeros(0, np.float32))).all()


def test_evidence_points_at_the_recording_and_not_at_what_is_heard_of_it() -> None:
    """A tone after four seconds of silence lies behind these four seconds."""
    tone = np.sin(2 * np.pi * 1_500 * np.arange(SAMPLE_RATE // 3) / SAMPLE_RATE).astype(np.float32)
    rng = np.random.default_rng(0)
    room = rng.normal(0, 0.02, 2 * SAMPLE_RATE).astype(np.float32)
    room[SAMPLE_RATE : SAMPLE_RATE + len(tone)] += tone
    samples = np.concatenate([np.zeros(4 * SAMPLE_RATE, np.float32), room])

    def loudest(features: np.ndarray) -> np.ndarray:
        return features[:, :32].max(axis=1)

    strongest = max(audio_units("call", samples, loudest), key=lambda unit: unit.score)
    assert strongest.where["start_ms"] < 5_334
    assert strongest.where["end_ms"] > 5_000
    assert without_times(samples, [strongest.where])[:32].max() < audio_features(samples)[:32].max()
