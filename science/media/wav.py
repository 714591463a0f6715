"""Read the samples of a PCM WAV file, whatever form its header has.

Recorders write an extended header for 16 bits too, and programs that write to a pipe cannot know the length
and say that it is endless: what is there then is the recording.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_GUID_TAIL = bytes.fromhex("000000001000800000aa00389b71")  # of formats that an extended header names
_ENDLESS = 0x7FFF0000  # bytes: a length from here on is no length
_FORMATS = {2: "ADPCM", 6: "A-law", 7: "mu-law", 17: "IMA ADPCM", 49: "GSM", 80: "MPEG", 85: "MP3"}


class BadWav(ValueError):
    """A file that holds no samples that can be read; the message says why, as what comes after "it"."""


@dataclass(frozen=True, slots=True)
class Wav:
    """A recording as it is stored.

    Attributes:
        rate: frames a second.
        width: bytes of a sample.
        is_float: samples are floats, else integers (of one byte: unsigned).
        frames: whole frames, the samples of the channels in turn.
    """

    rate: int
    channels: int
    width: int
    is_float: bool
    frames: bytes

    @property
    def n_frames(self) -> int:
        """How many samples each channel has."""
        return len(self.frames) // (self.channels * self.width)


def is_wav(data: bytes) -> bool:
    """Tell whether the bytes begin like a WAV file."""
    return data[:4] in (b"RIFF", b"RF64", b"BW64") and data[8:12] == b"WAVE"


def parse_wav(data: bytes) -> Wav:
    """Return the samples of a file in memory.

    Raises:
        BadWav: it holds none that can be read, or fewer than it says.
    """
    if not is_wav(data):
        raise BadWav("is no WAV file")
    form: tuple[int, int, int, bool] | None = None
    at = 12
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        at += 8
        if name == b"fmt ":
            form = _form(data[at : at + size])
        elif name == b"data":
            if form is None:
                raise BadWav("says nothing of its samples before they begin")
            return _whole(data, at, size, form)
        at += size
        if size % 2 and data[at : at + 1] == b"\0":  # some programs leave out what fills up an odd length
            at += 1
    raise BadWav("holds no samples")


def _form(head: bytes) -> tuple[int, int, int, bool]:
    if len(head) < 16:
        raise BadWav("has a damaged header")
    code, channels, rate, _, block, bits = struct.unpack_from("<HHIIHH", head)
    if code == _EXTENSIBLE and len(head) >= 40 and head[26:40] == _GUID_TAIL:
        (code,) = struct.unpack_from("<H", head, 24)
    if code not in (_PCM, _FLOAT):
        raise BadWav(f"is compressed ({_FORMATS.get(code, f'format {code}')})")
    width = (bits + 7) // 8
    if not 1_000 <= rate <= 400_000 or not 1 <= channels <= 16:
        raise BadWav("has an impossible rate or number of channels")
    if width not in ((4, 8) if code == _FLOAT else (1, 2, 3, 4)) or block not in (0, width * channels):
        raise BadWav(f"has samples of {bits} bits")
    return rate, channels, width, code == _FLOAT


def _whole(data: bytes, at: int, size: int, form: tuple[int, int, int, bool]) -> Wav:
    rate, channels, width, is_float = form
    there = len(data) - at
    if size >= _ENDLESS or (size == 0 and there):
        size = there
    if size > there:
        raise BadWav("ends before its end")
    size -= size % (channels * width)
    if not size:
        raise BadWav("is empty")
    return Wav(rate, channels, width, is_float, data[at : at + size])
