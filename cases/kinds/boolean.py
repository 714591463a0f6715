"""Boolean: yes or no."""

from collections.abc import Sequence

from django.utils.translation import pgettext_lazy

from cases.kinds.plain import exported, say, stripped
from cases.kinds.record import Check, KindRecord
from cases.kinds.unfit import Unfit, json_type
from hitl.shared.words import Words
from science.fields import Field, Kind

_TRUE = {"true", "yes", "t", "y", "1"}
_FALSE = {"false", "no", "f", "n", "0"}
_WORDS = (_TRUE | _FALSE) - {"0", "1"}  # those may as well be numbers


def _check(field: Field) -> Check:
    def check(value: object) -> bool:
        if not isinstance(value, bool):
            raise Unfit(
                Words("is %(kind)s, not true or false", kind=json_type(value)),
                "Send true or false, without quotes.",
            )
        return value

    return check


def _is_cell(value: object) -> bool:
    return isinstance(value, bool)


def _is_said(texts: Sequence[str]) -> bool:
    return all(text.lower() in _WORDS for text in texts)


def _read_text(text: str) -> object:
    word = text.lower()
    return True if word in _TRUE else False if word in _FALSE else text


def _read_typed(value: object) -> object:
    return bool(value) if value in (0, 1) else value


def _example(field: Field) -> bool:
    return True


RECORD = KindRecord(
    kind=Kind.BOOLEAN,
    word=pgettext_lazy("kind", "boolean"),
    noun=Words("true or false"),
    check=_check,
    is_cell=_is_cell,
    is_said=_is_said,
    read_text=stripped(_read_text),
    read_typed=_read_typed,
    is_formed=_is_cell,
    example=_example,
    column="boolean",
    exported=exported,
    layout="table",
    said=say,
)
