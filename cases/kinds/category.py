"""Category: one of a few texts, listed by the field or not."""

from collections.abc import Sequence

from django.utils.translation import pgettext_lazy

from cases.kinds.plain import as_it_is, as_words, exported, never, say, stripped
from cases.kinds.record import Check, KindRecord
from cases.kinds.unfit import Unfit, clean_text, json_type, printable
from hitl.shared.words import Words
from science.fields import Field, Kind

MAX_CATEGORY = 200
MAX_OPTIONS = 50  # different texts in a column that is guessed to be a choice
LONGEST_OPTION = 40


def _check(field: Field) -> Check:
    options = frozenset(field.options)

    def check(value: object) -> str:
        if not isinstance(value, str):
            raise Unfit(
                Words("is %(kind)s, not a text", kind=json_type(value)),
                'Send the category as a JSON string, like "3".',
            )
        if len(value) > MAX_CATEGORY:
            raise Unfit(
                Words("has %(count)s characters", count=len(value)),
                Words("Send at most %(max_category)s characters.", max_category=MAX_CATEGORY),
            )
        text = clean_text(value)
        if options and text not in options:
            raise Unfit(
                Words('is "%(text)s"', text=printable(text)),
                Words("Send one of: %(value)s.", value=printable(", ".join(field.options), 300)),
            )
        return text

    return check


def _is_said(texts: Sequence[str]) -> bool:
    """Tell whether the texts look like a choice from a list: few different ones, short, repeated."""
    different = set(texts)
    few = min(MAX_OPTIONS, max(2, len(texts) // 5))
    return len(different) <= few and max(map(len, different)) <= LONGEST_OPTION


def _example(field: Field) -> str:
    return field.options[0] if field.options else f"some {field.name}"[: field.max_length]


RECORD = KindRecord(
    kind=Kind.CATEGORY,
    word=pgettext_lazy("kind", "category"),
    noun=Words("a category"),
    check=_check,
    is_cell=never,
    is_said=_is_said,
    read_text=stripped(as_it_is),
    read_typed=as_words,
    is_formed=None,
    example=_example,
    column="text",
    exported=exported,
    layout="table",
    said=say,
)
