"""When a migrated template is made anew, and when it is not."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hitl.runtime.tables import digest_of


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name, text in {
        "cases/migrations/0001_initial.py": "import hitl.shared.ids\nfrom django.db import migrations\n",
        "hitl/audit/migrations/0001_initial.py": "",
        "hitl/shared/ids.py": "",
        "hitl/settings.py": "",
        "requirements.txt": "",
        "cases/services.py": "",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def changed(name: str) -> Callable[[Path], None]:
    return lambda root: (root / name).write_text("# changed\n")


@pytest.mark.parametrize(
    "change",
    [
        changed("cases/migrations/0001_initial.py"),
        changed("cases/migrations/0002_more.py"),
        changed("hitl/audit/migrations/0001_initial.py"),
        changed("hitl/shared/ids.py"),
        changed("hitl/settings.py"),
        changed("requirements.txt"),
        lambda root: (root / "hitl/audit/migrations/0001_initial.py").unlink(),
    ],
)
def test_what_the_tables_depend_on_changes_the_name(tree: Path, change: Callable[[Path], None]) -> None:
    before = digest_of(tree, b"18")
    change(tree)
    assert digest_of(tree, b"18") != before


def test_another_server_changes_the_name(tree: Path) -> None:
    assert digest_of(tree, b"18") != digest_of(tree, b"17")


def test_other_code_and_another_place_do_not(tree: Path) -> None:
    before = digest_of(tree, b"18")
    changed("cases/services.py")(tree)
    assert digest_of(tree.rename(tree.with_name("elsewhere")), b"18") == before
