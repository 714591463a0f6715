"""What images and recordings share: a case names a file that was uploaded."""

import re
from collections.abc import Callable, Mapping
from typing import Literal

from django.utils.functional import Promise

from cases.kinds.plain import as_it_is, as_words, exported, never_said, stripped
from cases.kinds.record import Check, KindRecord
from cases.kinds.unfit import Unfit
from hitl.shared.words import Words
from science.fields import Field, Kind

_SHA256 = re.compile(r"[0-9a-f]{64}")


def record_of_files(
    kind: Kind,
    *,
    word: str | Promise,
    noun: str,
    is_cell: Callable[[object], bool],
    example: str,
    layout: Literal["image", "audio"],
    endings: tuple[str, ...],
) -> KindRecord:
    """Return the record of a kind whose values are files: apart from what is given, all of them are alike."""
    return KindRecord(
        kind=kind,
        word=word,
        noun=noun,
        check=_check,
        is_cell=is_cell,
        is_said=never_said,
        read_text=stripped(as_it_is),  # the name of a file
        read_typed=as_words,
        is_formed=None,
        example=lambda field: example,
        column="text",
        exported=exported,
        layout=layout,
        said=_unsaid,
        endings=endings,
    )


def _check(field: Field) -> Check:
    """Return a check that a value names a file by its hash; whether it is there, intake asks."""

    def check(value: object) -> dict[str, str]:
        name = value.get("asset") if isinstance(value, Mapping) and len(value) == 1 else None
        if not isinstance(name, str) or not _SHA256.fullmatch(name):
            raise Unfit(
                Words("is not an uploaded %(value)s", value=field.kind.value),
                Words(
                    'Send the file as the multipart part "%(name)s", or {"asset": "<its SHA-256>"}.',
                    name=field.name,
                ),
            )
        return {"asset": name}

    return check


def _unsaid(value: object) -> str:
    """Return no words: the page shows the file itself."""
    return ""
