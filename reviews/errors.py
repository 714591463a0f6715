"""What cannot be done at the desk. The docstring is the sentence that the reviewer reads."""

from hitl.shared.errors import Conflict, HitlError, Invalid, Problem
from hitl.shared.words import Words


class LeaseExpired(Conflict):
    """You no longer hold this case: it went back to the queue, or it needs no answer any more. Nothing was
    saved.
    """

    code = "lease_expired"


class AlreadyAnswered(Conflict):
    """You have already answered this case, and differently. Take that answer back first."""

    code = "already_answered"


class HandsFull(Conflict):
    """You have as many cases open as one person may. Answer or give back one of them."""

    code = "hands_full"


class HoldsFull(Conflict):
    """You have as many cases on hold as one person may. Go on with one of them first."""

    code = "holds_full"


class UndoTooLate(Conflict):
    """It is too late to take this answer back. Change the answer instead."""

    code = "undo_too_late"


class NothingToUndo(HitlError):
    """There is no answer of yours here that could be taken back."""

    code, status = "nothing_to_undo", 404


class UnknownLabel(Invalid):
    """This label is not one of the case's. Choose one of those listed."""

    code = "unknown_label"

    def __init__(self, label: str, known: list[str]) -> None:
        fix = Words("Use one of: %(names)s.", names=", ".join(known))
        super().__init__(
            [
                Problem(
                    field="label", error=Words('"%(label)s" is not a label here', label=label[:60]), fix=fix
                )
            ]
        )
