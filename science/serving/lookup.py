"""Find many 64-bit keys at once: a cuckoo table in arrays (Pagh and Rodler 2004, "Cuckoo hashing").

A dictionary of a hundred thousand texts is met cold by nearly every case, and each of its answers waits for
memory three times. Here every key lies in one of two places, so thousands are looked up in a few array
operations, without a loop and without an object per key (ADR 0031).
"""

from __future__ import annotations

import numpy as np

_FACTORS = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F)
_MAX_ROUNDS = 500
_MAX_TRIES = 20


class Lookup:
    """The place of each of some distinct keys: (n,) of uint64, not 0.

    Raises:
        ValueError: a key is there twice.

    >>> Lookup(np.array([7, 2**60], dtype=np.uint64)).find(np.array([2**60, 3, 7], dtype=np.uint64)).tolist()
    [1, -1, 0]
    """

    def __init__(self, keys: np.ndarray) -> None:
        if len(np.unique(keys)) != len(keys):
            raise ValueError("a key is there twice")
        bits = max(6, (len(keys) * 5 // 4).bit_length())  # at most 40 % full: nearly always fits at once
        self._shift = np.uint64(64 - bits)
        place: np.ndarray | None = None
        for attempt in range(_MAX_TRIES):
            self._factors = tuple(np.uint64((f * (2 * attempt + 1)) % 2**64) for f in _FACTORS)
            place = _settled(np.stack([self._slots(keys, side) for side in (0, 1)]), 1 << bits)
            if place is not None:
                break
        else:
            raise ValueError("the keys are not spread as keys should be")
        self._place = place
        self._key = np.zeros(place.shape, dtype=np.uint64)
        self._key[place >= 0] = keys[place[place >= 0]]

    def find(self, keys: np.ndarray) -> np.ndarray:
        """The place (n,) of each key among those given at first, int32; -1 where it is unknown."""
        one, other = self._slots(keys, 0), self._slots(keys, 1)
        place = np.where(self._key[0].take(one) == keys, self._place[0].take(one), np.int32(-1))
        return np.where(self._key[1].take(other) == keys, self._place[1].take(other), place)

    def _slots(self, keys: np.ndarray, side: int) -> np.ndarray:
        return ((keys * self._factors[side]) >> self._shift).view(np.int64)


def _settled(slots: np.ndarray, size: int) -> np.ndarray | None:
    """Give every key one of its two slots: all that have none take theirs, whoever lay there moves on."""
    place = np.full((2, size), -1, dtype=np.int32)
    homeless, side = np.arange(slots.shape[1], dtype=np.int32), 0
    for _ in range(_MAX_ROUNDS):
        if not len(homeless):
            return place
        wanted = slots[side, homeless]
        evicted = place[side, wanted]
        place[side, wanted] = homeless
        is_settled = place[side, wanted] == homeless  # of several that want one slot, one gets it
        evicted = evicted[is_settled]
        homeless = np.concatenate([homeless[~is_settled], evicted[evicted >= 0]])
        side = 1 - side
    return None
