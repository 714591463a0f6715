"""Who asks for a kind of field by name: outside the records, the list may only become shorter (ADR 0041)."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ("hitl", "science", "cases", "models_store", "policy", "reviews", "monitoring", "bench")
RECORDS = ("science/kinds/", "cases/kinds/")
NAMED = re.compile(r"\bKind\.[A-Z]")

ALLOWED = {
    "cases/services/media.py": "says what an upload was proved to be, before any field is known",
    "cases/files/columns.py": "reads the column of labels, which is no field, as a category",
    "cases/files/guess.py": "asks which kinds a few odd cells hide from a guess",
    "cases/files/styles.py": "knows how tools write numbers, dates, and yes and no",
    "bench/_highlights_media.py": "makes schemas to measure",
    "bench/_plain.py": "is another library's way with each kind, to compare with",
    "bench/_sets.py": "reads published data sets",
    "bench/models.py": "holds each kind to a bar of its own",
}


def naming() -> set[str]:
    """The modules that name a member of `Kind`, the records apart."""
    found = set()
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            name = str(path.relative_to(ROOT))
            if not name.startswith(RECORDS) and NAMED.search(path.read_text()):
                found.add(name)
    return found


def test_no_further_module_asks_for_a_kind_by_name() -> None:
    assert naming() - set(ALLOWED) == set(), "Ask the record of the kind: see docs/adr/0041."


def test_a_module_that_no_longer_does_is_taken_off_the_list() -> None:
    assert set(ALLOWED) - naming() == set()


def test_the_list_only_becomes_shorter() -> None:
    assert len(ALLOWED) <= 8
