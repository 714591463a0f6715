"""Near-copies share a group, and unrelated cases do not."""

import io

import numpy as np
import pytest
from PIL import Image

from science.groups import SIDE, group_key, group_of, picture_key, recording_key, text_key


def words(rng: np.random.Generator, n: int) -> list[str]:
    return ["".join(rng.choice(list("abcdefgh"), 5)) for _ in range(n)]


def test_a_text_with_a_word_changed_mostly_stays_in_its_group_and_others_never_come_in() -> None:
    rng = np.random.default_rng(0)
    texts = [words(rng, 150) for _ in range(200)]
    keys = [text_key(" ".join(text)) for text in texts]
    assert len(set(keys)) == 200
    same = 0
    for text, key in zip(texts, keys, strict=True):
        text[int(rng.integers(150))] = "changed"
        same += text_key(" ".join(text)) == key
    assert same >= 180


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "Your parcel 4711 waits for you at the office in Main Street.",
            "your parcel 12 waits for you  at the office in main street",
        ),
        ("a b c d e f g h", "A b, c; d (e) f. g h!"),
    ],
)
def test_numbers_case_and_marks_do_not_part_copies(one: str, other: str) -> None:
    assert text_key(one) == text_key(other) is not None


def test_a_short_text_or_half_a_character_has_no_likeness_but_is_read() -> None:
    assert text_key("only seven words are in this text") is None
    assert text_key("a b c d e f g h \ud800") is not None


def saved(image: Image.Image, **options: object) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, **options)  # type: ignore[arg-type]
    return Image.open(io.BytesIO(buffer.getvalue()))


def seen(image: Image.Image) -> int:
    return picture_key(np.asarray(image.convert("L").resize((SIDE, SIDE), Image.Resampling.BOX)))


def test_a_picture_saved_again_mostly_stays_in_its_group_and_others_do_not_come_in() -> None:
    rng = np.random.default_rng(1)
    pictures = []
    for _ in range(60):
        coarse = Image.fromarray(rng.integers(0, 256, (6, 6)).astype(np.uint8))
        pictures.append(coarse.resize((180, 120), Image.Resampling.BICUBIC))
    keys = [seen(picture) for picture in pictures]
    assert len(set(keys)) == 60
    again = [seen(saved(picture, format="JPEG", quality=60)) for picture in pictures]
    smaller = [seen(picture.resize((90, 60))) for picture in pictures]
    assert np.mean(np.array(again) == keys) >= 0.8
    assert np.mean(np.array(smaller) == keys) >= 0.6


def test_a_recording_at_another_volume_and_rate_stays_in_its_group() -> None:
    rng = np.random.default_rng(2)
    loud = np.repeat(rng.exponential(1, (40, 34)), 400, axis=1)
    sounds = loud * np.sin(0.3 * np.arange(loud.shape[1]))
    keys = [recording_key(sound) for sound in sounds]
    assert len(set(keys)) == 40
    assert (
        np.mean([recording_key(0.3 * sound[::2]) == key for sound, key in zip(sounds, keys, strict=True)])
        >= 0.7
    )
    assert recording_key(np.zeros(8_000)) is None


def test_an_entity_goes_before_likeness_and_likeness_before_content() -> None:
    digest = b"1" * 32
    of_an_entity = group_key(likeness=[1], digest=digest, entity="ann")
    assert of_an_entity == group_key(likeness=[2], digest=b"2" * 32, entity="ann")
    assert group_key(likeness=[1, None], digest=digest) == group_key(likeness=[1, None], digest=b"2" * 32)
    assert group_key(likeness=[1, None], digest=digest) != group_key(likeness=[None, 1], digest=digest)
    assert group_of(None, digest) == group_key(likeness=[None], digest=digest)
    assert group_of(5, digest) == 5
