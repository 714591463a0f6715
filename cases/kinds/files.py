"""What images and recordings share: a case names a file that was uploaded."""

import re
from collections.abc import Mapping

from cases.kinds.record import Check
from cases.kinds.unfit import Unfit
from science.fields import Field

_SHA256 = re.compile(r"[0-9a-f]{64}")


def check_file(field: Field) -> Check:
    """Return a check that a value names a file by its hash; whether it is there, intake asks."""

    def check(value: object) -> dict[str, str]:
        name = value.get("asset") if isinstance(value, Mapping) and len(value) == 1 else None
        if not isinstance(name, str) or not _SHA256.fullmatch(name):
            raise Unfit(
                f"is not an uploaded {field.kind.value}",
                f'Send the file as the multipart part "{field.name}", or {{"asset": "<its SHA-256>"}}.',
            )
        return {"asset": name}

    return check


def unsaid(value: object) -> str:
    """Return no words: the page shows the file itself."""
    return ""
