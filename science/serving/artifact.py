"""The file a trained model is kept in: arrays and JSON with declared sizes, never pickle (ADR 0020).

Layout: 8 bytes of magic, the header's length (8 bytes, big endian), the header (UTF-8 JSON:
``{"meta": ..., "arrays": {name: {"dtype", "shape", "offset"}}}``), the arrays one after another
at multiples of 8 bytes, and a SHA-256 of everything before it. Reading copies nothing: arrays are
read-only views of the bytes, so processes that share the bytes share the model.
The checksum catches damage; who wrote the file is for the signature, checked by the registry.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from science.serving.errors import BadArtifact

MAGIC = b"HITLPL1\n"
MAX_BYTES = 512 * 1024 * 1024
MAX_HEADER_BYTES = 16 * 1024 * 1024
_DTYPES = frozenset({"<f8", "<f4", "<i4", "<i8", "<u4", "|u1", "|b1"})
_DIGEST_BYTES = 32


def pack(meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> bytes:
    """Write one artifact; the same meta and arrays give the same bytes.

    Raises:
        ValueError: an array's type is not one of those an artifact may hold.
    """
    index: dict[str, dict[str, Any]] = {}
    chunks: list[bytes] = []
    offset = 0
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        dtype = array.dtype.newbyteorder("<").str
        if dtype not in _DTYPES:
            raise ValueError(f"array {name!r}: type {array.dtype} has no place in an artifact")
        chunk = array.astype(dtype, copy=False).tobytes()
        index[name] = {"dtype": dtype, "shape": list(array.shape), "offset": offset}
        padding = -len(chunk) % 8
        chunks += [chunk, b"\0" * padding]
        offset += len(chunk) + padding
    header = json.dumps({"meta": meta, "arrays": index}, sort_keys=True, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    body = b"".join([MAGIC, len(header).to_bytes(8, "big"), header, *chunks])
    return body + hashlib.sha256(body).digest()


def unpack(artifact: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Read what `pack` wrote.

    Raises:
        BadArtifact: not such a file, truncated, changed, or declaring what it does not hold.
    """
    if not isinstance(artifact, bytes | bytearray | memoryview):
        raise BadArtifact("an artifact is bytes")
    view = memoryview(artifact).cast("B").toreadonly()
    if len(view) > MAX_BYTES:
        raise BadArtifact(f"larger than {MAX_BYTES} bytes")
    if len(view) < 16 + _DIGEST_BYTES or bytes(view[:8]) != MAGIC:
        raise BadArtifact("not a model artifact of this version")
    body = view[:-_DIGEST_BYTES]
    if hashlib.sha256(body).digest() != bytes(view[-_DIGEST_BYTES:]):
        raise BadArtifact("the checksum does not match: the file is damaged or was changed")
    header_bytes = int.from_bytes(body[8:16], "big")
    if header_bytes > min(MAX_HEADER_BYTES, len(body) - 16):
        raise BadArtifact("the header is longer than the file")
    try:
        header = json.loads(bytes(body[16 : 16 + header_bytes]))
        meta, index = header["meta"], header["arrays"]
        if not isinstance(meta, dict) or not isinstance(index, dict):
            raise TypeError("meta and arrays must be objects")
        data = body[16 + header_bytes :]
        return meta, {name: _array(data, entry) for name, entry in index.items()}
    except BadArtifact:
        raise
    except (ValueError, TypeError, KeyError, RecursionError) as fault:
        raise BadArtifact(f"the header cannot be read: {type(fault).__name__}") from None


def _array(data: memoryview, entry: Mapping[str, Any]) -> np.ndarray:
    dtype, shape, offset = entry["dtype"], entry["shape"], entry["offset"]
    if dtype not in _DTYPES:
        raise BadArtifact("an array of a type that has no place here")
    sizes = [*shape, offset]
    if len(shape) > 3 or any(type(size) is not int or not 0 <= size <= MAX_BYTES for size in sizes):
        raise BadArtifact("an array with impossible sizes")
    count = math.prod(shape)
    if offset % 8 or offset + count * np.dtype(dtype).itemsize > len(data):
        raise BadArtifact("an array reaches past the end of the file")
    array = np.frombuffer(data, dtype=dtype, count=count, offset=offset) if count else np.empty(0, dtype)
    array = array.reshape(shape)
    array.flags.writeable = False
    return array
