"""Read the bodies of intake: one case, a JSON array or NDJSON of many."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from django.conf import settings

from cases.content import printable
from hitl.flow.intake.types import Submission
from hitl.shared.errors import HitlError, Invalid, Problem
from hitl.shared.words import Words

JSON = "application/json"
NDJSON = ("application/x-ndjson", "application/ndjson", "application/jsonl")
MULTIPART = "multipart/form-data"
_EXAMPLE = '{"content": {"field": "value"}, "reference": "optional"}'
_KNOWN = {"content", "reference", "entity", "scores"}


class NotJson(HitlError):
    """The body is not valid JSON."""

    code, status = "not_json", 400


class TooLarge(HitlError):
    """The request is too large."""

    code, status = "too_large", 413


class WrongType(HitlError):
    """Send application/json, application/x-ndjson or multipart/form-data."""

    code, status = "unsupported_media_type", 415


@dataclass(frozen=True, slots=True)
class Sent:
    """What one request submits."""

    items: list[Submission]
    is_batch: bool


_decode = msgspec.json.Decoder().decode


def read_cases(body: bytes, content_type: str) -> Sent:
    """Return the submissions of a JSON or NDJSON body; what is wrong with a single one stays with it.

    Raises:
        NotJson, TooLarge, WrongType: nothing of it can be taken in.
    """
    if content_type in NDJSON:
        return Sent(_lines(body), is_batch=True)
    if content_type != JSON:
        raise WrongType()
    if body.lstrip()[:1] == b"[":
        return Sent(_array(body), is_batch=True)
    if len(body) > settings.MAX_CASE_BYTES:
        said = {"count": len(body), "most": settings.MAX_CASE_BYTES}
        raise TooLarge(Words("The case has %(count)s bytes; at most %(most)s are taken in.", **said))
    return Sent([submission(_forgiving(body))], is_batch=False)


def decode(body: bytes) -> Any:
    """Parse JSON.

    Raises:
        NotJson: it is not, or is nested too deeply; the message says where.
    """
    try:
        return _decode(body)
    except RecursionError:
        raise NotJson("The body is nested too deeply. Send an object with plain values.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotJson(
            Words(
                "The body is not valid JSON: %(reason)s. NaN and Infinity are not JSON.",
                reason=_reason(error),
            )
        ) from None


def submission(item: object) -> Submission:
    """Return one case as sent; unknown keys beside its content are kept as misfits."""
    if not isinstance(item, Mapping):
        fix = Words("Send an object like %(example)s.", example=_EXAMPLE)
        return Submission(None, misfits=[Problem(field="(item)", error="is not an object", fix=fix)])
    misfits: list[Problem] = []
    if not item.keys() <= _KNOWN:
        fix = Words("Leave it out. A case looks like %(example)s.", example=_EXAMPLE)
        unknown = [name for name in item if name not in _KNOWN]
        misfits = [Problem(field=printable(name), error="is not known", fix=fix) for name in unknown[:20]]
    return Submission(
        item.get("content"), item.get("reference"), misfits, item.get("entity"), item.get("scores")
    )


def _array(body: bytes) -> list[Submission]:
    rows = _forgiving(body)
    _check_count(len(rows))
    return [submission(row) for row in rows]


def _forgiving(body: bytes) -> Any:
    """Parse also what is almost JSON: a NaN or half a surrogate pair in one field spoils that field alone.

    Such values fit no field, so none of them is ever taken in.
    """
    try:
        return _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return json.loads(body.decode())
    except RecursionError:
        raise NotJson("The body is nested too deeply. Send objects with plain values.") from None
    except ValueError as error:
        raise NotJson(Words("The body is not valid JSON: %(reason)s.", reason=_reason(error))) from None


def _lines(body: bytes) -> list[Submission]:
    breaks = body.count(b"\n") + body.count(b"\r")
    if breaks > 4 * settings.MAX_BATCH_CASES:  # before as many lines are made, also empty ones
        _check_count(breaks)
    return _one_by_one([line for line in body.splitlines() if line.strip()])


def _one_by_one(rows: list[bytes]) -> list[Submission]:
    _check_count(len(rows))
    items = []
    for row in rows:
        try:
            items.append(submission(_forgiving(row)))
        except NotJson as bad:
            fix = Words("Send JSON in UTF-8, one case a line, like %(example)s.", example=_EXAMPLE)
            items.append(Submission(None, misfits=[Problem(field="(item)", error=bad.message, fix=fix)]))
    return items


def _check_count(count: int) -> None:
    most = settings.MAX_BATCH_CASES
    if count > most:
        raise TooLarge(
            Words(
                "The batch has %(count)s cases; at most %(most)s are taken in at once. Split it.",
                count=count,
                most=most,
            )
        )
    if not count:
        raise Invalid([Problem(field="(body)", error="holds no case", fix="Send at least one.")])


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"not UTF-8 at byte {error.start}"
    return printable(str(error), 100)
