"""The group of a case: the cases that training, tests and proofs must not separate from it."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from cases.models import Asset
from cases.selectors import asset_name
from science.fields import Schema
from science.groups import group_key, text_key


class NamedFile(NamedTuple):
    """What is kept of an image or a recording."""

    media_type: str
    likeness: int | None


class Grouper:
    """Tells groups of cases of one schema version; compiled once, asked for each case."""

    def __init__(self, schema: Schema) -> None:
        self._texts = [field.name for field in schema.fields if field.kind.traits.family == "text"]
        self._media = [field.name for field in schema.fields if field.is_media]

    def key(
        self,
        content: Mapping[str, Any],
        content_sha256: bytes,
        *,
        files: Mapping[str, NamedFile],
        entity: str | None = None,
    ) -> int:
        """Return the group of a case; `files` are those that it names, `entity` is what brought it."""
        if entity is not None:
            return group_key(likeness=[], digest=content_sha256, entity=entity)
        likeness = [text_key(content[name]) if content[name] else None for name in self._texts]
        for field in self._media:
            name = asset_name(content[field])
            likeness.append(files[name].likeness if name is not None and name in files else None)
        return group_key(likeness=likeness, digest=content_sha256)

    def files_of(self, content: Mapping[str, Any]) -> list[str]:
        """Return the hashes of the files that a case names."""
        return [name for field in self._media if (name := asset_name(content[field]))]


def named_files(names: Collection[str], workflow_id: UUID) -> dict[str, NamedFile]:
    """Return those of the files that the workflow has, by their hash; one query, none where none is named."""
    if not names:
        return {}
    assets = Asset.objects.filter(sha256__in=names, kept__workflow_id=workflow_id)
    rows = assets.values_list("sha256", "media_type", "likeness")
    return {name: NamedFile(media_type, likeness) for name, media_type, likeness in rows}


MAX_ENTITY = 200


def entity_in(content: Mapping[str, Any], field: str) -> str | None:
    """Return the entity that a field of the content names; None where the field is empty or is none."""
    value = content.get(field) if field else None
    return None if value is None or isinstance(value, dict) else str(value)[:MAX_ENTITY]
