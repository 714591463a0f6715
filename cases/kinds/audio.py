"""Audio: a recording that was uploaded."""

from django.utils.translation import pgettext_lazy

from cases.kinds.files import record_of_files
from hitl.shared.words import Words
from science.fields import Kind


def _is_cell(value: object) -> bool:
    return isinstance(value, bytes) and value[:4] in (b"RIFF", b"RF64")


RECORD = record_of_files(
    Kind.AUDIO,
    word=pgettext_lazy("kind", "audio"),
    noun=Words("a recording"),
    is_cell=_is_cell,
    example="recording.wav",
    layout="audio",
    endings=(".wav",),
)
