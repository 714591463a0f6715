"""Third-party files in the tree are what their authors published, and nothing else."""

import base64
import hashlib
import json
from pathlib import Path

WEB = Path(__file__).resolve().parents[2] / "hitl" / "web"
REPORT = Path("hitl/templates/simulate/report.html")
PACKAGES = json.loads((WEB / "vendor.json").read_text())["packages"]


def integrity(path: Path) -> str:
    return "sha512-" + base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()


def test_every_vendored_file_has_the_recorded_hash() -> None:
    recorded = {name: value for package in PACKAGES for name, value in package["files"].items()}
    assert {name: integrity(WEB / name) for name in recorded} == recorded


def test_every_file_in_a_vendor_folder_is_recorded() -> None:
    recorded = {name for package in PACKAGES for name in package["files"]}
    present = {
        str(path.relative_to(WEB))
        for folder in (WEB / "vendor", WEB / "static" / "hitl" / "vendor")
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert present == recorded


def test_every_package_names_version_licence_and_source_and_ships_its_licence() -> None:
    for package in PACKAGES:
        assert package["version"] in package["source"]
        assert package["licence"] in {"MIT", "ISC", "BSD-3-Clause", "Apache-2.0"}
        assert any(name.endswith("/LICENSE") for name in package["files"])


def test_no_page_holds_an_inline_script_style_or_handler() -> None:
    """The content policy refuses them; a page that needs one is broken for everybody.

    A report is a file of its own, opened without us: its policy names its style by the hash.
    """
    root = WEB.parents[1]
    templates = [
        path
        for folder in ("hitl", "cases", "models_store", "policy", "reviews", "monitoring")
        for path in (root / folder).rglob("templates/**/*.html")
        if path.relative_to(root) != REPORT
    ]
    assert len(templates) > 20
    for path in templates:
        text = path.read_text()
        for word in (
            " style=",
            "<style",
            "javascript:",
            " onclick=",
            " onload=",
            " onchange=",
            "hx-on",
            'hx-vals="js:',
        ):
            assert word not in text, f"{path.relative_to(root)} holds {word.strip()}"
        for tag in text.split("<script")[1:]:
            opening = tag.split(">", 1)[0]
            assert "src=" in opening, f"{path.relative_to(root)} holds an inline script"
