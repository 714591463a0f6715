"""Image: a picture that was uploaded."""

from cases.kinds.files import record_of_files
from hitl.shared.words import Words
from science.fields import Kind


def _is_cell(value: object) -> bool:
    return isinstance(value, bytes)


RECORD = record_of_files(
    Kind.IMAGE,
    noun=Words("an image"),
    is_cell=_is_cell,
    example="picture.png",
    layout="image",
    endings=(".png", ".jpg", ".jpeg", ".webp"),
)
