"""The demo's worlds: their contents fit their fields, their history and their stream do not overlap."""

from io import BytesIO
from itertools import islice

import numpy as np
import pytest
from PIL import Image

from cases.content import checker_for
from hitl.demo.phones import HEIGHT, WIDTH, Shift, draw_screen
from hitl.demo.worlds import WORLDS, Credit, SpamMail, World
from science.fields import Schema


@pytest.mark.parametrize("world", WORLDS[:2], ids=lambda world: world.slug)
def test_every_case_fits_its_fields_and_has_a_known_label(world: World) -> None:
    schema = Schema.from_json({"fields": world.fields, "labels": [label["name"] for label in world.labels]})
    checker = checker_for(schema)
    examples = [*world.history(), *islice(world.arrivals(), 800)]
    for example in examples:
        _, problems = checker.check(example.content)
        assert problems == [], (example.reference, problems)
        assert example.truth in schema.labels
        assert example.truth not in example.reference


@pytest.mark.parametrize("world", [SpamMail(), Credit()], ids=lambda world: world.slug)
def test_no_arriving_case_is_in_the_history_and_no_reference_comes_twice(world: World) -> None:
    known = {example.reference for example in world.history()}
    coming = [example.reference for example in islice(world.arrivals(), 6000)]
    assert known.isdisjoint(coming)
    assert len(set(coming)) == len(coming)


def test_addresses_are_masked_and_domains_kept() -> None:
    text = " ".join(str(e.content["body"]) for e in SpamMail().history()[:300])
    assert "…@" in text
    assert "kre@" not in text


def test_a_screen_is_an_image_with_its_defects_inside_and_the_same_for_a_seed() -> None:
    for seed in range(30):
        screen = draw_screen(np.random.default_rng(seed))
        assert Image.open(BytesIO(screen.jpeg)).size == (WIDTH, HEIGHT)
        assert (screen.label == "scratched") == bool(screen.boxes)
        for x, y, width, height in screen.boxes:
            assert min(x, y, width, height) >= 0
            assert max(x + width, y + height) <= 1.0000001
        assert draw_screen(np.random.default_rng(seed)) == screen


def test_a_shift_changes_the_world_it_names() -> None:
    def brightness(shift: Shift) -> float:
        return float(
            np.mean(
                [
                    np.asarray(
                        Image.open(BytesIO(draw_screen(np.random.default_rng(s), shift=shift).jpeg))
                    ).mean()
                    for s in range(8)
                ]
            )
        )

    assert brightness(Shift(brightness=0.5)) < 0.7 * brightness(Shift())
