"""Image: a picture that was uploaded."""

from django.utils.translation import pgettext_lazy

from cases.kinds.files import record_of_files
from hitl.shared.words import Words
from science.fields import Kind


def _is_cell(value: object) -> bool:
    return isinstance(value, bytes)


RECORD = record_of_files(
    Kind.IMAGE,
    word=pgettext_lazy("kind", "image"),
    noun=Words("an image"),
    is_cell=_is_cell,
    example="picture.png",
    layout="image",
    endings=(".png", ".jpg", ".jpeg", ".webp"),
)
