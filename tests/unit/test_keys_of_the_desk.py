"""Every key that a page of the desk draws is one that the desk has: a wrong name draws an empty cap."""

import re
from pathlib import Path

from reviews.desk.preferences import DEEDS

TEMPLATES = Path(__file__).parents[2] / "reviews/templates"


def test_every_key_that_is_drawn_belongs_to_a_deed() -> None:
    drawn = {
        name for path in TEMPLATES.rglob("*.html") for name in re.findall(r"\bkeys\.(\w+)", path.read_text())
    }
    assert len(drawn) > 10
    assert drawn <= {deed.replace("-", "_") for deed in DEEDS}
