"""What the cases of a slice have in common is said in the reader's language."""

import pytest
from django.utils import translation

from hitl.shared.words import again, kept, shown
from models_store.slice_words import slice_in_words
from science.fields import Kind
from science.kinds.traits import Common


@pytest.mark.parametrize(
    ("common", "english", "german"),
    [
        (Common("size", high=1234.0), "body up to 1,234", "body bis 1.234"),
        (Common("size", low=0.5, high=2.0), "body above 0.5, up to 2", "body über 0,5, bis 2"),
        (Common("size", low=551.0, unit="characters"), "body above 551 characters", "body über 551 Zeichen"),
        (Common("size", high=1e-7), "body up to 1e-07", "body bis 1e-07"),
        (Common("value", "x.5"), "body: x.5", "body: x.5"),
        (Common("missing"), "body: missing", "body: fehlt"),
        (Common("label", "spam"), "labelled spam", "mit Label spam"),
        (Common("weekend"), "body: on a weekend", "body: an einem Wochenende"),
        (Common("of its own"), "body: of its own", "body: of its own"),
    ],
)
def test_it_is_said_and_kept(common: Common, english: str, german: str) -> None:
    said = again(kept(slice_in_words("body", common)))
    assert said == english
    with translation.override("de"):
        assert shown(said) == german


def test_every_slice_of_a_kind_has_words_of_its_own() -> None:
    values = {
        Kind.NUMBER: [1.0, 2.0, 3.0, 4.0],
        Kind.TEXT: ["a", "bb", "ccc", "dddd"],
        Kind.DATE: ["2026-01-02", "2026-01-03"],
        Kind.CATEGORY: ["x", "y"],
        Kind.BOOLEAN: [True, False],
    }
    kinds = {kind for kind in Kind if kind.traits.slices is not None}
    assert kinds == values.keys()
    for kind in kinds:
        for common, _ in kind.traits.slices(values[kind]):
            said = slice_in_words("f", common)
            assert said.startswith("f")
            assert common.what == "value" or not str(said).endswith(f": {common.what}")
