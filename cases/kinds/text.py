"""Text: what people write. Any column that is nothing else is one."""

from collections.abc import Sequence

from django.utils.translation import pgettext_lazy

from cases.kinds.plain import as_it_is, as_words, exported, never, say
from cases.kinds.record import Check, KindRecord
from cases.kinds.unfit import Unfit, clean_text, json_type
from hitl.shared.words import Words
from science.fields import Field, Kind

MAX_TEXT = 200_000


def _check(field: Field) -> Check:
    longest = field.max_length or MAX_TEXT

    def check(value: object) -> str:
        if not isinstance(value, str):
            raise Unfit(Words("is %(kind)s, not a text", kind=json_type(value)), "Send a JSON string.")
        if len(value) > longest:
            raise Unfit(
                Words("has %(count)s characters", count=len(value)),
                Words("Send at most %(longest)s characters.", longest=longest),
            )
        return clean_text(value)

    return check


def _is_said(texts: Sequence[str]) -> bool:
    return True


def _example(field: Field) -> str:
    return "Some text"[: field.max_length]


RECORD = KindRecord(
    kind=Kind.TEXT,
    word=pgettext_lazy("kind", "text"),
    noun=Words("a text"),
    check=_check,
    is_cell=never,
    is_said=_is_said,
    read_text=as_it_is,  # spaces around a text belong to it
    read_typed=as_words,
    is_formed=None,
    example=_example,
    column="text",
    exported=exported,
    layout="text",
    said=say,
)
