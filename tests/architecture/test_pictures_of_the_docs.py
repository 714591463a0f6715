"""Every picture of the documentation is taken by `demo --pictures`, and each of those is shown."""

import re
from pathlib import Path

from hitl.demo.pictures import PICTURES

ROOT = Path(__file__).resolve().parent.parent.parent


def test_what_is_shown_is_what_is_taken() -> None:
    taken = {f"{one.name}.png" for one in PICTURES}
    assert {path.name for path in (ROOT / "docs" / "images").iterdir()} == taken
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    shown = {name for page in pages for name in re.findall(r"images/([\w-]+\.png)\)", page.read_text())}
    assert shown == taken
