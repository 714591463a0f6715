"""Sticky arms: which release a case falls to while two of them decide beside each other (ADR 0057).

A case's arm is one of ten thousand, a keyed hash of what it is kept together by: its entity, else itself. It
is computed once and stored. A canary takes a run of arms, beginning at a place of its own in the circle, and
widening only lengthens the run: a case that fell to the canary never falls back while it grows. Canaries that
begin at different places do not always try themselves on the same customers.
"""

from hmac import digest
from uuid import UUID

ARMS = 10_000
_PURPOSE = b"arm|"


def arm_of(secret: bytes, workflow_id: UUID, key: bytes) -> int:
    """Return the arm of whatever `key` names, in [0, `ARMS`).

    The leading 64 bits of HMAC-SHA256 modulo `ARMS`: uneven by less than one in 10^15.

    >>> from uuid import UUID
    >>> arm_of(b"k" * 32, UUID(int=1), b"customer 7") == arm_of(b"k" * 32, UUID(int=1), b"customer 7")
    True
    """
    return int.from_bytes(digest(secret, _PURPOSE + workflow_id.bytes + key, "sha256")[:8], "big") % ARMS


def first_arm(secret: bytes, release_id: UUID) -> int:
    """Return where in the circle a release's run of arms begins."""
    return arm_of(secret, release_id, b"first")


def is_within(arm: int | None, *, first: int, share: int) -> bool:
    """Tell whether an arm lies in the run of `share` arms from `first` on. None, a missing key, never does.

    >>> [is_within(arm, first=9_999, share=2) for arm in (9_998, 9_999, 0, 1, None)]
    [False, True, True, False, False]
    """
    return arm is not None and (arm - first) % ARMS < share
