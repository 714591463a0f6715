"""The version is said in one place, and what cannot read it from there agrees."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from django.test import Client
from packaging.version import Version

from hitl import __version__

ROOT = Path(__file__).resolve().parent.parent.parent


def test_it_is_one_that_tools_understand_in_its_shortest_form() -> None:
    assert str(Version(__version__)) == __version__


def test_the_image_is_tagged_with_it() -> None:
    compose: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    built = {service["image"] for service in compose["services"].values() if "build" in service}
    assert built == {f"hitl:{__version__}"}
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert f"docker build -t hitl:{__version__} ." in dockerfile
    assert re.findall(r"image\.version=(\S+)", dockerfile) == [__version__]


def test_the_reference_of_the_api_names_it() -> None:
    written = orjson.loads((ROOT / "docs" / "reference" / "openapi.json").read_bytes())
    assert written["info"]["version"] == __version__, "run `python3 manage.py openapi`"


def test_the_health_page_names_it_and_asks_no_database(client: Client) -> None:
    assert client.get("/health/live").json() == {"status": "live", "version": __version__}


@pytest.mark.parametrize("words", [["version"], ["--version"]])
def test_the_command_says_it(words: list[str]) -> None:
    said = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *words], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == __version__


def test_the_changelog_has_a_chapter_for_it() -> None:
    chapters = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), flags=re.MULTILINE)
    assert chapters[0] == ("Unreleased" if Version(__version__).is_devrelease else __version__)
