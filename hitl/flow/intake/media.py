"""Images and recordings that cases name: they must exist and be of the field's kind."""

from collections.abc import Iterator, Sequence

from cases.content import Problem
from cases.kinds import KINDS
from cases.models import Asset
from cases.selectors import asset_name
from hitl.flow.intake.in_force import WorkflowInForce
from hitl.flow.intake.types import Checked


def absent_media(current: WorkflowInForce, checked: Sequence[Checked]) -> Iterator[tuple[int, list[Problem]]]:
    """Yield the place and the problems of each case that names a file we do not have; one query."""
    wanted = {name for item in checked for field in current.media_fields if (name := _name(item, field))}
    if not wanted:
        return
    kinds = dict(Asset.objects.filter(sha256__in=wanted).values_list("sha256", "media_type"))
    for item in checked:
        problems = []
        for field, kind in current.media_fields.items():
            name = _name(item, field)
            if name is None or kinds.get(name, "").startswith(f"{kind}/"):
                continue
            error = f"is not {KINDS[kind].noun} that was uploaded"
            fix = f'Send the file as the multipart part "{field}", or upload it first by POST /api/v1/media.'
            problems.append({"field": f"content.{field}", "error": error, "fix": fix})
        if problems:
            yield item.index, problems


def _name(item: Checked, field: str) -> str | None:
    return asset_name(item.content.get(field))
