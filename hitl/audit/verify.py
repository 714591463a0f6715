"""Check the audit log: every entry, its end, its signed checkpoints, and heads that were kept elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass

from hitl.audit.log import CHECKPOINT, GENESIS, HEAD, digest_of, signed_bytes
from hitl.audit.models import Checkpoint, Entry, Head
from hitl.shared.canonical import signature_holds
from hitl.shared.one_moment import at_one_moment
from hitl.shared.words import Words

Heads = Mapping[int, bytes]
"""Digests by the number of their entry."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `verify` found: how many entries are unchanged, and the first that is not.

    Attributes:
        checkpoints: how many signed checkpoints match.
        shipped: how many heads from elsewhere match.
    """

    entries: int
    broken_at: int | None
    reason: str
    checkpoints: int = 0
    shipped: int = 0

    @property
    def holds(self) -> bool:
        """True when every entry, the end, every checkpoint and every head from elsewhere holds."""
        return self.broken_at is None


def verify(*, shipped: Heads | None = None) -> Verdict:
    """Walk the whole chain, and compare its end, its checkpoints and the heads that were kept elsewhere.

    An empty log is broken: the service has written to it since its first account was made.
    """
    with at_one_moment():
        return _verify(shipped or {})


def _verify(shipped: Heads) -> Verdict:
    signed: dict[int, bytes] = {}
    forged: set[int] = set()
    for point in Checkpoint.objects.order_by("number"):
        signed[point.number] = bytes(point.digest)
        said = signed_bytes(point.number, point.digest)
        if not signature_holds(CHECKPOINT, said, bytes(point.signature)):
            forged.add(point.number)
    previous, number = GENESIS, 0
    for entry in Entry.objects.order_by("number").iterator(chunk_size=2000):
        if entry.number != number + 1:
            return Verdict(number, number + 1, Words("an entry is missing"))
        digest = bytes(entry.digest)
        if bytes(entry.previous) != previous or digest != digest_of(entry):
            return Verdict(number, entry.number, Words("the entry was changed after it was written"))
        if entry.number in forged or signed.get(entry.number, digest) != digest:
            return Verdict(number, entry.number, Words("a signed checkpoint does not match"))
        if shipped.get(entry.number, digest) != digest:
            return Verdict(number, entry.number, Words("a head that was kept elsewhere does not match"))
        previous, number = digest, entry.number
    trouble = _at_its_end(number, previous, signed, shipped)
    if trouble:
        return Verdict(number, number + 1 if trouble is not _HEAD_DIFFERS else number, trouble)
    return Verdict(number, None, "", len(signed), len(shipped))


_HEAD_DIFFERS = Words("the signed head of the log does not match its last entry")


def _at_its_end(number: int, digest: bytes, signed: Heads, shipped: Heads) -> str:
    """Say what is wrong with where the chain ends; empty where nothing is."""
    head = Head.objects.first()
    last = max([*signed, *shipped, head.number if head else 0], default=0)
    if last > number:
        return Words("entries are missing at the end: there were %(last)s or more", last=last)
    if number == 0:
        return Words("the log is empty, which it never is: its entries were removed")
    if head is None:
        return Words("the signed head of the log is missing")
    said = signed_bytes(head.number, head.digest)
    is_ours = signature_holds(HEAD, said, bytes(head.signature))
    return "" if is_ours and (head.number, bytes(head.digest)) == (number, digest) else _HEAD_DIFFERS
