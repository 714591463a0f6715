"""Contents as models read them: media by their bytes instead of their names."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.core.files.storage import default_storage

from cases.models import Asset
from science.fields import Schema

Row = Mapping[str, Any]
UNREADABLE = b"\0"  # neither an image nor a recording: the model cannot score it, and a person decides


class MediaRow(Row):
    """A row that reads its images and recordings when asked, so that training never holds all of them."""

    __slots__ = ("_content", "_media", "said", "stray")

    def __init__(self, content: Row, media: frozenset[str]) -> None:
        self._content, self._media = content, media
        self.said, self.stray = getattr(content, "said", {}), getattr(content, "stray", None)

    def __getitem__(self, name: str) -> Any:
        value = self._content[name]
        return value if value is None or name not in self._media else _bytes_of(value)

    def __iter__(self) -> Iterator[str]:
        return iter(self._content)

    def __len__(self) -> int:
        return len(self._content)


def rows_for(contents: Sequence[Row], schema: Schema) -> Sequence[Row]:
    """Return the contents with the bytes of their media; the same objects where there are none."""
    media = frozenset(field.name for field in schema.fields if field.is_media)
    return [MediaRow(content, media) for content in contents] if media else contents


def _bytes_of(value: Any) -> bytes:
    """Return the file behind `{"asset": sha256}`. A lost one is unreadable, not absent."""
    try:
        with default_storage.open(Asset(sha256=value["asset"]).path, "rb") as file:
            return bytes(file.read()) or UNREADABLE
    except (OSError, LookupError, TypeError):
        return UNREADABLE
