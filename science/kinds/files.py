"""What images and recordings share: a value is the bytes of a file."""

from __future__ import annotations

from science.kinds.traits import Unfit


def unfit_file(field: object, column: object, max_chars: int) -> Unfit:
    """A check that says of anything but bytes that it is no file; what they hold shows when it is read."""

    def reason(value: object) -> str | None:
        return None if isinstance(value, bytes | bytearray | memoryview) else "is not a file"

    return reason
