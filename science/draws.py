"""Random draws that nobody can influence: keyed hashes of the case's identity.

Who is audited, who falls into a provisional ramp and which review is answered blind must not depend on the
score, on the submitter or on how often a request was repeated. A keyed hash gives all three: without the
secret it cannot be predicted, with it anyone can replay it, and a retry draws the same number again
(ADR 0015).

Each purpose has its own salt, so that the draws of one case are independent of each other: an audit rate
raised later does not pick the same cases that the ramp let through.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hmac import HMAC, new
from uuid import UUID

import numpy as np

AUDIT = b"audit"
RAMP = b"ramp"
BLIND = b"blind"
SHADOW = b"shadow"
DISAGREEMENT = b"disagreement"

_PER_CASE = (AUDIT, RAMP, BLIND)
_SPARE_BITS = np.uint64(11)  # of 64; a float64 in [0, 1) holds 53


@dataclass(frozen=True, slots=True)
class Draws:
    """One uniform number in [0, 1) per case and purpose.

    Attributes:
        u_audit: audited if automatic and ``u_audit < audit rate``; shape (n_cases,).
        u_ramp: automatic under a provisional certificate only if ``u_ramp < ramp``; shape (n_cases,).
        u_blind: a reviewed case is answered blind if ``u_blind < blind share``; shape (n_cases,).
    """

    u_audit: np.ndarray
    u_ramp: np.ndarray
    u_blind: np.ndarray

    def __len__(self) -> int:
        return len(self.u_audit)

    @classmethod
    def simulated(cls, n_cases: int, rng: np.random.Generator) -> "Draws":
        """Draws for simulated cases, which have no identity to hash."""
        return cls(*rng.random((3, n_cases)))


def uniform(secret: bytes, purpose: bytes, case_id: UUID, epoch: int = 0) -> float:
    """Draw one number in [0, 1) for one purpose: a function of its arguments and of nothing else.

    The leading 53 bits of HMAC-SHA256 (RFC 2104), the most that a float64 in [0, 1) holds: rounding 64 bits
    could give exactly 1.0, which would be audited by no rate at all.

    >>> from uuid import UUID
    >>> uniform(b"k" * 32, AUDIT, UUID(int=7)) == uniform(b"k" * 32, AUDIT, UUID(int=7))
    True
    """
    mac = _mac(secret, b"%b|%d|" % (purpose, epoch) + case_id.bytes)
    return (int.from_bytes(mac, "big") >> 11) * 2.0**-53


def uniforms(secret: bytes, purpose: bytes, cases: Sequence[tuple[UUID, int]]) -> np.ndarray:
    """Draw the number of each (case, epoch) for one purpose, shape (n_cases,): as `uniform`, many at a time.

    >>> case = (UUID(int=7), 1)
    >>> bool(uniforms(b"k" * 32, AUDIT, [case])[0] == uniform(b"k" * 32, AUDIT, *case))
    True
    """
    prefixes = {epoch: b"%b|%d|" % (purpose, epoch) for epoch in {epoch for _, epoch in cases}}
    macs = b"".join(_mac(secret, prefixes[epoch] + case_id.bytes) for case_id, epoch in cases)
    found: np.ndarray = (np.frombuffer(macs, dtype=">u8") >> _SPARE_BITS) * 2.0**-53
    return found


def draw(secret: bytes, case_ids: Sequence[UUID], epoch: int = 0) -> Draws:
    """Draw everything the decisions on these cases need.

    Args:
        secret: key of the installation; whoever knows it can predict audits.
        case_ids: identities of the cases, in the order of the batch.
        epoch: another one draws anew, for a case that is opened again; 1 in every case today.
    """
    n = len(case_ids)
    identities = [case_id.bytes for case_id in case_ids]
    macs = b"".join(
        _mac(secret, prefix + identity)
        for prefix in [b"%b|%d|" % (purpose, epoch) for purpose in _PER_CASE]
        for identity in identities
    )
    u = (np.frombuffer(macs, dtype=">u8") >> _SPARE_BITS) * 2.0**-53
    return Draws(u[:n], u[n : 2 * n], u[2 * n :])


def chance_of_either(a: float, b: float) -> float:
    """Return the probability that one of two independent draws is met.

    >>> chance_of_either(0.5, 0.5)
    0.75
    """
    return a + (1 - a) * b


def _mac(secret: bytes, message: bytes) -> bytes:
    """The leading 64 bits of HMAC-SHA256."""
    mac = _keyed(secret).copy()
    mac.update(message)
    return mac.digest()[:8]


@lru_cache(maxsize=8)
def _keyed(secret: bytes) -> HMAC:
    """The HMAC with the key already absorbed: copying it costs half of starting anew."""
    return new(secret, digestmod="sha256")
