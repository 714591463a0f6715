"""First step of intake: sort the submissions into those that fit and those that get an answer at once."""

from collections.abc import Mapping
from dataclasses import replace

import orjson

from cases.content import printable
from cases.groups import entity_in, named_files
from cases.reference import check_entity, check_reference
from hitl.flow.intake import replays
from hitl.flow.intake.in_force import WorkflowInForce
from hitl.flow.intake.media import absent_media
from hitl.flow.intake.receipts import AnswerBody
from hitl.flow.intake.scores import hear
from hitl.flow.intake.types import Checked, Intake, ItemResult
from hitl.shared.canonical import sha256
from hitl.shared.errors import Problem
from hitl.shared.ids import new_id
from hitl.shared.words import Words


def check(
    current: WorkflowInForce, intake: Intake, replayed: Mapping[int, AnswerBody]
) -> tuple[dict[int, ItemResult], list[Checked]]:
    """Return results by place for what was replayed or does not fit, and the rest to be decided."""
    results: dict[int, ItemResult] = {place: ItemResult(200, body) for place, body in replayed.items()}
    checked: list[Checked] = []
    first_place: dict[str, int] = {}
    for index, item in enumerate(intake.items):
        if index in results:
            continue
        content, problems = current.checker.check(item.content)
        reference, misfit = check_reference(item.reference)
        entity, other = check_entity(item.entity)
        problems = [*problems, *(one for one in (misfit, other) if one is not None)]
        if content is None or problems or item.misfits:
            results[index] = ItemResult(422, errors=[*item.misfits, *problems])
        elif reference is not None and reference in first_place:
            results[index] = taken(reference, first_place[reference])
        else:
            if reference is not None:
                first_place[reference] = index
            body = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
            entity = entity if entity is not None else entity_in(content, current.entity_field)
            digest = sha256(body)
            heard = hear(item.scores, current.sources)
            checked.append(
                Checked(index, new_id(), content, body.decode(), digest, reference, entity, heard=heard)
            )
    if intake.is_batch and first_place:
        # A single case learns it from its own write; a batch looks first: one taken name refuses one item.
        known = replays.taken_references(current.workflow_id, list(first_place))
        results |= {c.index: taken(c.reference) for c in checked if c.reference in known}
        checked = [c for c in checked if c.reference not in known]
    files = named_files(
        {name for c in checked for name in current.grouper.files_of(c.content)}, current.workflow_id
    )
    if current.media_fields:
        absent = absent_media(current, checked, files)
        results |= {place: ItemResult(422, errors=errors) for place, errors in absent}
        checked = [c for c in checked if c.index not in results]
    return results, [
        replace(c, group_key=current.grouper.key(c.content, c.content_sha256, files=files, entity=c.entity))
        for c in checked
    ]


def taken(reference: str | None, place: int | None = None) -> ItemResult:
    """Answer for a reference that already names a case, or an item before it in the same batch."""
    named = printable(reference or "")
    if place is None:
        error = Words('"%(reference)s" is taken by another case of this workflow', reference=named)
    else:
        error = Words(
            '"%(reference)s" is taken by item %(place)s of this batch', reference=named, place=str(place)
        )
    fix = Words("Send each case once, under a reference of its own.")
    return ItemResult(409, errors=[Problem(field="reference", error=error, fix=fix)])
