"""Image: a picture that was uploaded."""

from cases.kinds.files import check_file, unsaid
from cases.kinds.plain import as_it_is, as_words, exported, never_said, stripped
from cases.kinds.record import KindRecord
from science.fields import Field, Kind


def _is_cell(value: object) -> bool:
    return isinstance(value, bytes)


def _example(field: Field) -> str:
    return "picture.png"


RECORD = KindRecord(
    kind=Kind.IMAGE,
    noun="an image",
    check=check_file,
    is_cell=_is_cell,
    is_said=never_said,
    read_text=stripped(as_it_is),  # the name of a file
    read_typed=as_words,
    is_formed=None,
    example=_example,
    column="text",
    exported=exported,
    layout="image",
    said=unsaid,
)
