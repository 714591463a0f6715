"""Errors of a whole file, and of a single row."""

from typing import Any

from hitl.shared.errors import HitlError


class BadTable(HitlError):
    """This file cannot be read as rows. Give a CSV, JSON lines or Parquet file, gzipped or not."""

    code, status = "bad_table", 422


class Unreadable(dict[str, Any]):
    """A row that could not be read: it has no cells, but a reason."""

    def __init__(self, reason: str) -> None:
        super().__init__({"(row)": reason})

    @property
    def reason(self) -> str:
        """Why, in words."""
        words: str = self["(row)"]
        return words
