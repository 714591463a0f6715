"""Files whose names differ begin workflows that differ, in any script."""

from pathlib import Path

import pytest

from cases.models import Workflow
from hitl.flow.setup.from_file import begin_with
from tests.support.factories import NOW, TESTER

pytestmark = pytest.mark.django_db

ROWS = "text,label\n" + "".join(f"some text {n},{'ab'[n % 2]}\n" for n in range(20))


@pytest.mark.parametrize(
    "names",
    [
        ("tickets.2026.csv", "tickets.2027.csv"),
        ("\u0437\u0430\u044f\u0432\u043a\u0438.csv", "\u043e\u0442\u0447\u0451\u0442.csv"),
        ("\u0437\u0430\u044f\u0432\u043a\u0438 2026.csv", "\u043e\u0442\u0447\u0451\u0442 2026.csv"),
        ("a-b.csv", "a_b.csv"),
        ("x" * 60 + "1.csv", "x" * 60 + "2.csv"),
    ],
)
def test_two_files_are_two_workflows_and_each_begins_once(names: tuple[str, str], tmp_path: Path) -> None:
    for name in names:
        (tmp_path / name).write_text(ROWS)
        assert begin_with(tmp_path / name, actor=TESTER, now=NOW) is not None
    for name in names:
        assert begin_with(tmp_path / name, actor=TESTER, now=NOW) is None
    assert Workflow.objects.count() == 2
