"""The name of a history row without a reference: its content, its label, and its number among equal rows.

Two rows with the same text are two cases: folded into one, they would make a random sample something else
(ADR 0052). So the second is named apart from the first, and the same file gives the same names whenever it is
read.
"""

from collections import Counter
from uuid import UUID

from hitl.shared.canonical import sha256

PREFIX = "import:"


class RowNames:
    """Names for the rows of one file, asked in the file's order; equal rows are counted.

    `salt`: given, no name is one that another import has given (`--all-new`).
    """

    def __init__(self, *, salt: UUID | None = None) -> None:
        self._seen: Counter[bytes] = Counter()
        self._references: dict[str, bytes] = {}
        self._salt = "" if salt is None else f"-{salt.hex[-12:]}"

    def name(self, body: bytes, label: str) -> str:
        """Return the name of the next row with this canonical content and label."""
        digest = _digest(body, label)
        self._seen[digest] += 1
        occurrence = self._seen[digest]
        return f"{PREFIX}{digest.hex()}{self._salt}" + (f"-{occurrence}" if occurrence > 1 else "")

    def says_the_same(self, reference: str, body: bytes, label: str) -> bool | None:
        """Tell whether the row that had this reference before says the same; None for the first one."""
        digest = _digest(body, label)
        first = self._references.setdefault(reference, digest)
        if first is digest:
            return None
        return first == digest


def _digest(body: bytes, label: str) -> bytes:
    return sha256(body + b"\0" + label.encode())[:20]
