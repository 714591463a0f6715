"""Which cases belong together: copies, near-copies, and what an entity brought.

Twelve copies of one mail are one observation and not twelve (ADR 0053). A key is a function of one case
alone, so that it is computed once, when the case comes in, and two cases belong together where their keys are
equal. Likeness is not transitive and a key is, so some near-copies get different keys; unrelated cases hardly
ever share one.

* Text: the two smallest hashes of its triples of consecutive words, letters only and in small letters. Texts
  whose sets of triples overlap by J (Jaccard) share a key with probability about J squared: of .9 for 8 in
  10, of .1 for 1 in 100.
* A picture: which of its sixteen parts are clearly brighter than their neighbours. It outlives another size
  or another compression most of the time, not a crop.
* A recording: which of its sixteen parts are clearly louder than the next. It outlives another volume or
  sample rate, not a cut.

Source: min-wise hashing, Broder (1997), "On the resemblance and containment of documents"; difference hashes
as in Krawetz (2013), with a margin so that flat parts do not flicker.
"""

import hashlib
from collections.abc import Sequence
from zlib import crc32

import numpy as np

MIN_WORDS = 8  # below, a text says too little: only its exact copies are its like
SIDE = 5  # a picture is seen as 5 x 5 parts, each compared with its neighbours to the right and below
_MAX_CHARS = 2_000  # of a text that are read
_PARTS = 17  # of a recording
_BRIGHTER = 6.0  # of 255
_LOUDER = 0.35  # in nats of energy, 1.5 dB
_LARGEST = np.uint64(2**64 - 1)
_FIRST, _SECOND, _THIRD = (
    np.uint64(odd) for odd in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9)
)
_NO_LETTERS = bytes(range(33, 48)) + b"0123456789" + bytes(range(58, 65)) + bytes(range(91, 97)) + b"{|}~"


def text_key(text: str) -> int | None:
    """Return the key of a text; None where it is too short to be like another without being equal.

    >>> one = text_key("Dear Ann, your order 17 of three red tulips has been sent today.")
    >>> one == text_key("Dear Ann,  your order 18 of three red tulips has been sent TODAY!")
    True
    """
    letters = text[:_MAX_CHARS].casefold().encode("utf-8", "replace").translate(None, _NO_LETTERS)
    hashes = np.array([crc32(word) for word in letters.split()], dtype=np.uint64)
    if len(hashes) < MIN_WORDS:
        return None
    triples = hashes[:-2] * _FIRST + hashes[1:-1] * _SECOND + hashes[2:] * _THIRD  # modulo 2 ** 64
    triples ^= triples >> np.uint64(29)
    triples *= _SECOND
    triples ^= triples >> np.uint64(32)
    least = triples.min()
    second = triples[triples != least].min(initial=_LARGEST)
    return _signed(b"text|%d|%d" % (least, second))


def picture_key(grey: np.ndarray) -> int:
    """Return the key of a picture from the mean brightness of its parts, (5, 5), in [0, 255]."""
    grey = np.asarray(grey, dtype=np.float64)
    if grey.shape != (SIDE, SIDE):
        raise ValueError(f"A picture is seen as {SIDE} x {SIDE} parts, not {grey.shape}.")
    clearly = np.concatenate([(np.diff(grey, axis=axis) > _BRIGHTER).ravel() for axis in (0, 1)])
    return _signed(b"picture|" + np.packbits(clearly).tobytes())


def recording_key(samples: np.ndarray) -> int | None:
    """Return the key of a recording, (n_samples,); None where it is silent or too short."""
    samples = np.asarray(samples, dtype=np.float64)
    if samples.size < 100 * _PARTS or not samples.any():
        return None
    energy = np.array([np.mean(part**2) for part in np.array_split(samples, _PARTS)])
    loudness = np.log(energy + 1e-4 * energy.max())
    steps = np.diff(loudness)
    return _signed(b"recording|" + np.packbits(np.concatenate([steps > _LOUDER, steps < -_LOUDER])).tobytes())


def group_key(*, likeness: Sequence[int | None], digest: bytes, entity: str | None = None) -> int:
    """Return the group of a case: its entity, else what it is like, else its exact content.

    Args:
        likeness: keys of its texts, pictures and recordings in the order of its fields; None where there is
            none. At least one must be there for likeness to count.
        digest: hash of its whole content.
        entity: what brought it, if that was declared: a customer, a speaker, a station.

    >>> same = group_key(likeness=[None], digest=b"12345678")
    >>> same == group_key(likeness=[None], digest=b"12345678")
    True
    >>> same == group_key(likeness=[7], digest=b"12345678")
    False
    """
    if entity is not None:
        return _signed(b"entity|" + entity.encode())
    if any(key is not None for key in likeness):
        return _signed(b"like|" + repr(tuple(likeness)).encode())
    return _signed(b"content|" + digest)


def group_of(key: int | None, digest: bytes) -> int:
    """Return the group that was computed when a case came in; by its content where none was."""
    return group_key(likeness=[], digest=digest) if key is None else key


def _signed(state: bytes) -> int:
    """A 64-bit number as PostgreSQL and JSON keep it."""
    return int.from_bytes(hashlib.blake2b(state, digest_size=8).digest(), signed=True)
