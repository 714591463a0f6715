"""The record of a kind of field: how its values are taken in, read from files, and shown.

The other half, what models do with it, is `science.kinds.traits.Traits`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from django.utils.functional import Promise

from science.fields import Field, Kind

Check = Callable[[object], object]
ColumnType = Literal["text", "number", "boolean"]
Layout = Literal["table", "text", "image", "audio"]


@dataclass(frozen=True, slots=True)
class KindRecord:
    """One kind of field, as the service sees it.

    Attributes:
        kind: its name and its traits.
        word: what people call the kind.
        noun: what people call a value, with its article.
        check: from a field to a check, made once per schema. The check returns a present value in canonical
            form, or raises `Unfit`.
        is_cell: whether a typed cell of a file is a value of this kind; every cell of a column must be.
        is_said: whether the texts of a whole column look like it; none has spaces around it.
        read_text: what a text cell means, None where it is empty; the text where it means nothing, so that
            the check names it.
        read_typed: the same for a number, a date or another cell with a type.
        is_formed: whether what was read out of a cell is of this kind. None: any text would do.
        example: a value that fits the field; of media, the name of a file to send.
        column: what an export's column holds.
        exported: a value as an export writes it.
        layout: with what others a page shows it: small values in a table, the rest by itself.
        said: a value in words; of media none, a page shows the file.
        endings: what the names of files of this kind end in, in small letters; of media alone.
    """

    kind: Kind
    word: str | Promise
    noun: str
    check: Callable[[Field], Check]
    is_cell: Callable[[object], bool]
    is_said: Callable[[Sequence[str]], bool]
    read_text: Callable[[str], object]
    read_typed: Callable[[object], object]
    is_formed: Callable[[object], bool] | None
    example: Callable[[Field], object]
    column: ColumnType
    exported: Callable[[object], object]
    layout: Layout
    said: Callable[[object], str]
    endings: tuple[str, ...] = ()
