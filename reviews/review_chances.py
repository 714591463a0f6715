"""Random draws about reviews: keyed hashes of the case, so that nobody can influence them.

Each has a salt of its own, so that none tells of another: a case that is read twice is not the kind of case
that is audited, and skipping a case does not draw its mode anew.
"""

from uuid import UUID

from hitl.shared.canonical import derived_key
from science.draws import uniform

_SECOND_READ = b"second read"
_MODE = b"mode"
_KNOWN_ANSWER = b"known_answer"


def is_read_twice(case_id: UUID, epoch: int, share: float) -> bool:
    """Tell whether an audit that agrees with the model is read by a second person."""
    return _drawn(_SECOND_READ, case_id, epoch, share)


def decides_first(case_id: UUID, epoch: int, share: float) -> bool:
    """Tell whether a case is answered once before its suggestion is shown."""
    return _drawn(_MODE, case_id, epoch, share)


def brings_known_answer(task_id: UUID, rate: float) -> bool:
    """Tell whether this blind task brings a known-answer case into the queue."""
    return _drawn(_KNOWN_ANSWER, task_id, 0, rate)


def _drawn(salt: bytes, identity: UUID, epoch: int, share: float) -> bool:
    return share > 0 and uniform(derived_key("draws"), salt, identity, epoch) < share
