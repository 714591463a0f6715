"""Types of intake: what was sent, and what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from hitl.accounts.clients import ClientKey
from hitl.flow.intake.in_force import Decider
from hitl.flow.intake.receipts import AnswerBody
from hitl.flow.intake.scores import Heard
from hitl.shared.errors import HitlError, Problem
from science.outcomes import Outcome
from science.serving import ScoredRow


class Busy(HitlError):
    """The rules of this workflow are changing just now. Send the request again."""

    code, status = "busy", 503


Row = dict[str, Any]  # of a table, by column


@dataclass(frozen=True, slots=True)
class Submission:
    """One case as it was sent, not yet checked; `misfits` is what was wrong around it already."""

    content: object
    reference: object = None
    misfits: Sequence[Problem] = ()
    entity: object = None
    scores: object = None  # of models elsewhere


@dataclass(frozen=True, slots=True)
class Intake:
    """One request to take in cases: a single one, or a batch."""

    slug: str
    items: Sequence[Submission]
    key: ClientKey | None
    now: datetime
    idempotency_key: str | None = None
    request_sha256: bytes | None = None  # SHA-256 of the payload; needed with an idempotency key
    is_batch: bool = False
    is_scored: bool = True  # False: no model is asked, and people decide
    origin: str = "api"


@dataclass(frozen=True, slots=True)
class ItemResult:
    """What became of one submission: 201 new, 200 replayed, 409 reference taken, 422 does not fit."""

    status: int
    case: AnswerBody | None = None
    errors: list[Problem] = field(default_factory=list)

    @property
    def is_replay(self) -> bool:
        """True when the case was taken in before, under the same idempotency key."""
        return self.status == 200


@dataclass(frozen=True, slots=True)
class Checked:
    """A submission whose content fits, about to be decided."""

    index: int
    case_id: UUID
    content: dict[str, Any]
    content_json: str
    content_sha256: bytes
    reference: str | None
    entity: str | None = None
    group_key: int | None = None  # filled in last, when the files it names are known
    heard: Heard | None = None  # scores that came with it

    @property
    def seen(self) -> Mapping[str, Any]:
        """What scores it reads: the content, and what sources said of it."""
        heard = self.heard
        return self.content if heard is None else ScoredRow(self.content, heard.said, heard.stray)


@dataclass(frozen=True, slots=True)
class Routed:
    """The routing of a case with the rows that record it (see `rows`)."""

    item: Checked
    decider: Decider
    outcome: Outcome
    decision: Row
    task: Row | None


@dataclass(frozen=True, slots=True)
class Decided:
    """A case with everything that will be written about it; without a routing, it waits for a score."""

    item: Checked
    case: Row
    scores: list[Row]
    routed: Routed | None

    @property
    def decision(self) -> Row | None:
        """The row of its routing."""
        return self.routed.decision if self.routed else None

    @property
    def task(self) -> Row | None:
        """The row of what a person is asked."""
        return self.routed.task if self.routed else None
