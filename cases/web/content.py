"""How the content of a case is shown: each field by its kind, and the whole in a line for lists."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext

from cases.kinds import KINDS
from cases.kinds.record import Layout
from cases.models import Asset, Case
from cases.selectors import asset_name
from hitl.shared.numbers import number
from hitl.web.format import size
from science.fields import Field, Schema

PREVIEW_LENGTH = 140
AT_ONCE = 30  # values of a wide table that nobody has to unfold
FEW_MORE = 10  # are not worth folding
THUMBNAIL_BYTES = 400_000  # larger images are not loaded into a list


@dataclass(frozen=True, slots=True)
class Media:
    """An image or recording as a page shows it."""

    url: str
    media_type: str
    width: int | None
    height: int | None
    size_bytes: int
    note: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One field of one case; `text` is empty where no value was given."""

    name: str
    layout: Layout
    text: str
    is_personal: bool
    media: Media | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Fields that are shown together: a run of small values as a table, or one text, image or recording."""

    kind: Layout
    fields: Sequence[Shown]

    @property
    def first(self) -> Sequence[Shown]:
        """The values that are shown at once."""
        return self.fields[:AT_ONCE] if len(self.fields) > AT_ONCE + FEW_MORE else self.fields

    @property
    def folded(self) -> Sequence[Shown]:
        """The others, which are unfolded by hand; a page brings up those that evidence points at."""
        return self.fields[len(self.first) :]


@dataclass(frozen=True, slots=True)
class Preview:
    """A case in one line; the picture is the first small image."""

    text: str
    picture: Media | None


def shown_fields(case: Case, schema: Schema, assets: Mapping[str, Asset]) -> list[Shown]:
    """Return the fields in the order of the schema."""
    return [_shown(case, field, case.content.get(field.name), assets) for field in schema.fields]


def blocks(fields: Sequence[Shown]) -> list[Block]:
    """Group neighbouring small values; each longer one is a block of its own."""
    grouped: list[Block] = []
    for field in fields:
        if field.layout == "table" and grouped and grouped[-1].kind == "table":
            grouped[-1] = Block("table", [*grouped[-1].fields, field])
        else:
            grouped.append(Block(field.layout, [field]))
    return grouped


def preview(case: Case, schema: Schema, assets: Mapping[str, Asset]) -> Preview:
    """Return a case in one line. Personal fields are left out, because many people see lists."""
    fields = [field for field in shown_fields(case, schema, assets) if not field.is_personal]
    texts = [
        " ".join(field.text.split()) for field in fields if field.layout == "text" and field.text.strip()
    ]
    small = [f"{field.name} {field.text}" for field in fields if field.layout == "table" and field.text]
    media = [field.media for field in fields if field.media]
    said = texts[0] if texts else " · ".join(small)
    pictures = [m for m in media if m.media_type.startswith("image/") and m.size_bytes <= THUMBNAIL_BYTES]
    return Preview(
        _cut(said or ", ".join(m.note for m in media) or gettext("no content to show")),
        next(iter(pictures), None),
    )


def _shown(case: Case, field: Field, value: Any, assets: Mapping[str, Asset]) -> Shown:
    record = KINDS[field.kind]
    name = asset_name(value) if field.is_media else None
    media = _media(case, assets[name]) if name and name in assets else None
    return Shown(field.name, record.layout, record.said(value), field.personal, media)


def _media(case: Case, asset: Asset) -> Media:
    shape = f"{asset.width} × {asset.height}" if asset.width and asset.height else ""
    length = f"{number(asset.duration_ms / 1000, '.1f')} s" if asset.duration_ms else ""
    kind = asset.media_type.partition("/")[2].upper()
    note = ", ".join(part for part in (f"{kind} {shape}".strip(), length, size(asset.size_bytes)) if part)
    url = reverse("media", args=[case.pk, asset.sha256])
    return Media(url, asset.media_type, asset.width, asset.height, asset.size_bytes, note)


def _cut(text: str) -> str:
    return text if len(text) <= PREVIEW_LENGTH else text[: PREVIEW_LENGTH - 1].rstrip() + "…"
