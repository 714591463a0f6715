"""Take out of a PNG what is beside the picture, before a decoder sees it.

Painting programs and cameras write megabytes of comments, colour profiles and previews into a file. A decoder
that refuses one of these refuses the picture, which is whole.
"""

from __future__ import annotations

_PNG = b"\x89PNG\r\n\x1a\n"
_OPTIONAL = 0x20  # bit of a chunk's first letter: a reader that does not know it may pass over it
# Transparency, which way is up, and the frames of a moving image, which are counted.
_READ = (b"tRNS", b"eXIf", b"acTL", b"fcTL", b"fdAT")


def without_extras(data: bytes) -> bytes:
    """Return a PNG of what its picture needs, and everything else as it is."""
    if not data.startswith(_PNG):
        return data
    kept, at = [_PNG], len(_PNG)
    while at + 12 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        name = data[at + 4 : at + 8]
        if not name[0] & _OPTIONAL or name in _READ:
            kept.append(data[at:end])
        at = end
    return b"".join([*kept, data[at:]])
