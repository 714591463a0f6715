"""What the formatter of the templates is told: their own tags, and where white space shows."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["djangofmt"]
TEMPLATES = sorted([*ROOT.glob("*/templates/**/*.html"), *ROOT.glob("hitl/*/templates/**/*.html")])
STYLES = sorted([*ROOT.glob("*/static/**/*.css"), *ROOT.glob("hitl/*/static/**/*.css")])
OF_DJANGO = {
    "block",
    "blocktranslate",
    "for",
    "if",
    "with",
    "localize",
    "spaceless",
    "autoescape",
    "verbatim",
}


def test_it_knows_each_tag_of_ours_that_has_an_end_tag() -> None:
    assert TEMPLATES
    ended = {tag for path in TEMPLATES for tag in re.findall(r"{% *end(\w+)", path.read_text())}
    assert ended - OF_DJANGO == set(SETTINGS["custom-blocks"])


def test_what_it_leaves_alone_exists() -> None:
    assert all((ROOT / name).exists() for name in SETTINGS["extend-exclude"])


def test_it_leaves_text_alone_whose_white_space_shows() -> None:
    shown = {
        name
        for path in STYLES
        for name in re.findall(r"^\s*\.([\w-]+) *{[^}]*white-space: *pre", path.read_text(), re.MULTILINE)
    }
    assert shown
    for path in TEMPLATES:
        for before, name in re.findall(r'(.{0,26})<\w+ class="([\w-]+)', path.read_text()):
            assert name not in shown or before.endswith("{# djangofmt:ignore #}"), f"{path}: .{name}"
