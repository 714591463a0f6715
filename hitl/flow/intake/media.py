"""Images and recordings that cases name: they must exist and be of the field's kind."""

from collections.abc import Iterator, Mapping, Sequence

from cases.groups import NamedFile
from cases.kinds import KINDS
from cases.selectors import asset_name
from hitl.flow.intake.in_force import WorkflowInForce
from hitl.flow.intake.types import Checked
from hitl.shared.errors import Problem
from hitl.shared.words import Words


def absent_media(
    current: WorkflowInForce, checked: Sequence[Checked], files: Mapping[str, NamedFile]
) -> Iterator[tuple[int, list[Problem]]]:
    """Yield the place and the problems of each case that names a file we do not have."""
    for item in checked:
        problems = []
        for field, kind in current.media_fields.items():
            name = asset_name(item.content.get(field))
            if name is None or (name in files and files[name].media_type.startswith(f"{kind}/")):
                continue
            noun = KINDS[kind].noun
            error = Words("is not %(noun)s that was uploaded for this workflow", noun=noun)
            fix = Words(
                'Send the file as the multipart part "%(field)s", or upload it first by POST %(where)s.',
                field=field,
                where=f"/api/v1/workflows/{current.slug}/media",
            )
            problems.append(Problem(field=f"content.{field}", error=error, fix=fix))
        if problems:
            yield item.index, problems
