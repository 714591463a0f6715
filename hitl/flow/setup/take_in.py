"""Take in a file through any door: look at all of it, make the workflow if need be, then take in its rows."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from cases.files.reading import Reading
from cases.models import Workflow
from hitl.flow.setup.import_history import Outcome, import_history
from hitl.flow.setup.rehearsal import ALLOWED, Source, rehearse
from hitl.shared.actor import Actor
from hitl.shared.words import Words


def take_in(
    source: Source,
    *,
    workflow: Workflow | None,
    make: Callable[[Reading], Workflow] | None = None,
    actor: Actor,
    now: datetime,
    attest: bool = False,
    all_new: bool = False,
    salt: UUID | None = None,
    allow: float = ALLOWED,
    progress: Callable[[float, int], None] = lambda done, rows: None,
) -> tuple[Workflow, Outcome]:
    """Take in the rows of a file; nothing is written of one that does not fit.

    `make` makes the workflow where there is none. `attest`: the operator says that the file is a blind,
    random and recent sample. It no longer is where rows of it are refused, or are here without having been
    attested: then the others are taken in as a history that proves nothing, and the notes say why.
    `all_new`: every row is a new case, whatever is there, but for those that the same `salt` has named.
    `allow`: the share of the rows that may be refused.

    Raises:
        BadTable, Invalid: the file cannot be read, or not as was told.
        TooManyRefused: too many rows do not fit.
    """
    rehearsal = rehearse(source, workflow=workflow, now=now, all_new=all_new, salt=salt, allow=allow)
    if workflow is None:
        if make is None:
            raise ValueError("without a workflow, say how it is made")
        workflow = make(rehearsal.reading)
    doubt = rehearsal.doubt if attest else ""
    with source.open() as table:
        outcome = import_history(
            workflow_id=workflow.id,
            table=table,
            reading=rehearsal.reading,
            media=source.folder,
            actor=actor,
            now=now,
            attest=attest and not doubt,
            all_new=all_new,
            salt=salt,
            progress=progress,
        )
    if doubt:
        outcome.notes += (_void(doubt, mends=rehearsal.outcome.refused > 0),)
    return workflow, outcome


def _void(doubt: str, *, mends: bool) -> str:
    if mends:
        return Words(
            "Not attested: %(doubt)s, so what was taken in is no random sample any more. It trains models "
            "and proves nothing. Mend the file and take it in as all new (--all-new) to attest it.",
            doubt=doubt,
        )
    return Words(
        "Not attested: %(doubt)s, so what was taken in is no random sample any more. It trains models and "
        "proves nothing. Take all of its rows in as new ones (--all-new) to attest it.",
        doubt=doubt,
    )
