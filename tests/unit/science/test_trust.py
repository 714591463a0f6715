"""Marks in pictures are trusted only where they matter more than what stands out to anybody."""

import numpy as np
import pytest

from bench._drawn_pictures import SCHEMA, photos
from science.media import read_image
from science.media.image import Described, image_features
from science.pipelines.candidates import MEDIA
from science.pipelines.fitting import fit
from science.pipelines.folds import assign_folds
from science.pipelines.train import prepared
from science.pipelines.trust import marks_beat_contrast, most_contrast


def asked(drawn, labels):
    data = prepared(drawn.rows, labels, SCHEMA, None, groups=drawn.part)
    folds = assign_folds(data.groups, data.learnable, 3, np.random.default_rng(1))
    return marks_beat_contrast(data, folds, lambda on: fit(MEDIA[0], data, on, 1), 1)


@pytest.mark.long
def test_marks_of_flaws_beat_contrast_and_marks_of_nothing_do_not():
    drawn = photos(18, 12, 4)
    assert asked(drawn, drawn.labels)["beats"]
    shuffled = [drawn.labels[i] for i in np.random.default_rng(2).permutation(len(drawn.labels))]
    assert not asked(drawn, shuffled)["beats"]


def test_what_cannot_be_compared_is_not_trusted():
    drawn = photos(4, 4, 4)
    labels = ["whole"] * 13 + ["chipped"] * 3
    data = prepared(drawn.rows, labels, SCHEMA, None, groups=np.arange(16))
    folds = np.r_[np.arange(13) % 3, 0, 0, 0]  # two of the three models never saw a chipped one
    found = marks_beat_contrast(data, folds, lambda on: fit(MEDIA[0], data, on, 1), 1)
    assert found == {"n": 0, "by_marks": None, "by_contrast": None, "beats": False}


def test_most_contrast_lies_where_brightness_varies():
    pixels = np.full((64, 64, 3), 0.5, dtype=np.float32)
    pixels[40:48, 16:24:2] = 1.0
    top, bottom, left, right = most_contrast(pixels, 8, 8)
    assert top <= 44 < bottom
    assert left <= 20 < right


def test_a_stain_of_another_colour_changes_what_is_odd_and_not_what_is_usual():
    pixels = np.full((64, 64, 3), (0.5, 0.6, 0.4), dtype=np.float32)
    stained = pixels.copy()
    stained[20:28, 20:28] = (0.6, 0.4, 0.4)
    moved = np.zeros((64, 64, 3), dtype=np.float32) + pixels
    moved[44:52, 8:16] = (0.6, 0.4, 0.4)
    plain, one, other = (image_features(each) for each in (pixels, stained, moved))
    odd = slice(-160, None)  # order statistics: wherever it lies
    assert np.abs(one[odd] - plain[odd]).max() > 1
    assert one[odd] == pytest.approx(other[odd], abs=1e-5)


def test_a_photo_described_in_part_is_described_as_a_whole():
    (row,) = photos(1, 1, 7).rows
    pixels = read_image(row["photo"], 128)
    changed = pixels.copy()
    changed[33:70, 5:40] = 0.25
    found = Described(pixels).with_changes([(changed, (33, 70, 5, 40))])
    assert np.array_equal(found[0], image_features(changed))
