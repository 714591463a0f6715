"""Read a case that comes with its files: a part `content` in JSON, and one file for each media field."""

from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError

from cases.content import printable
from cases.services.media import BadFile, Inspected, inspect_file
from hitl.flow.intake.in_force import WorkflowInForce
from hitl.flow.intake.parse import NotJson, TooLarge, decode
from hitl.flow.intake.types import Submission
from hitl.shared.errors import Invalid, Problem

_PARTS = ("content", "reference", "entity", "scores")


def read_multipart(request: HttpRequest, current: WorkflowInForce) -> tuple[Submission, list[Inspected]]:
    """Return the case, and the files it names, read and proved but not kept yet.

    Raises:
        NotJson, TooLarge, Invalid: it does not fit; nothing was kept.
    """
    try:
        texts, uploads = request.POST, request.FILES
    except MultiPartParserError as error:
        raise NotJson(f"The multipart body cannot be read: {printable(str(error), 100)}.") from None
    content = _content(texts.get("content"), uploads.get("content"))
    reference = texts.get("reference")
    problems = [
        _problem(
            name,
            "is not known",
            f"Parts: {', '.join([*_PARTS, *current.media_fields])}.",
        )
        for name in [*texts, *uploads]
        if name not in {*_PARTS, *current.media_fields}
    ]
    problems += [
        _problem(name, "is not a file", "Give the part a filename.")
        for name in texts
        if name in current.media_fields
    ]
    files = []
    for name in current.media_fields:
        upload = uploads.get(name)
        if upload is None:
            continue
        try:
            file = _inspect(upload)
        except BadFile as bad:
            problems.append(_problem(name, "cannot be taken in", bad.message))
            continue
        files.append(file)
        content[name] = {"asset": file.sha256}
    canonical, misfits = current.checker.check(content)
    problems += [p for p in misfits if p["field"] not in {q["field"] for q in problems}]
    if canonical is None or problems:
        raise Invalid(problems)
    scores = _scores(texts.get("scores"))
    return Submission(content, reference, entity=texts.get("entity"), scores=scores), files


def _scores(text: str | None) -> object:
    """Return the part `scores` as it was meant; what cannot be read is no score, and refuses nothing."""
    if text is None:
        return None
    try:
        return decode(text.encode("utf-8", "surrogatepass"))
    except NotJson:
        return text


def _content(text: str | None, upload: "UploadedFile[Any] | None") -> dict[str, Any]:
    """Return the part `content`, sent as a value or as a file of JSON; a case of files alone needs none."""
    if upload is not None:
        if (upload.size or 0) > settings.MAX_CASE_BYTES:
            raise TooLarge(
                f"The part content has {upload.size:,} bytes; at most {settings.MAX_CASE_BYTES:,}."
            )
        body = upload.read()
    else:
        body = (text or "{}").encode("utf-8", "surrogatepass")
    value = decode(body)
    if not isinstance(value, dict):
        raise Invalid([_problem("", "is not an object", "Send the part content as a JSON object.")])
    return value


def _inspect(upload: "UploadedFile[Any]") -> Inspected:
    most = settings.MAX_MEDIA_BYTES
    if (upload.size or 0) > most:
        raise BadFile(f"The file has {upload.size:,} bytes; at most {most:,} are taken in.")
    return inspect_file(upload.read(), declared=upload.content_type or "")


def _problem(name: str, error: str, fix: str) -> Problem:
    where = f"content.{printable(name)}" if name else "content"
    return Problem(field=where, error=error, fix=fix)
