"""An export as a response: what fails soon is an error, what fails later says so in the file.

Once an answer has begun its status cannot be taken back, and the web server ends a broken answer as it ends a
whole one. So the beginning is made before anything is sent. Most exports are no longer than that: they have a
length, and a fault in them is answered with 500.
"""

from collections.abc import Iterator
from itertools import chain

from django.http import StreamingHttpResponse

from hitl.flow.export.formats import Format, written
from hitl.flow.export.rows import Export

AHEAD_BYTES = 4_000_000


def as_response(
    export: Export, form: Format, *, name: str, ends_with_count: bool = False
) -> StreamingHttpResponse:
    """Return a file to download; `name` is that of the file, without its suffix."""
    pieces = written(export, form, ends_with_count=ends_with_count)
    ahead, is_whole = _ahead(pieces)
    response = StreamingHttpResponse(chain(ahead, pieces), content_type=form.content_type)
    if is_whole:
        response["Content-Length"] = str(sum(len(piece) for piece in ahead))
    response["Content-Disposition"] = f'attachment; filename="{name}.{form.suffix}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response


def _ahead(pieces: Iterator[bytes]) -> tuple[list[bytes], bool]:
    """Return the pieces of the beginning, and whether they are all; what fails in them is raised."""
    ahead: list[bytes] = []
    size = 0
    for piece in pieces:
        ahead.append(piece)
        size += len(piece)
        if size >= AHEAD_BYTES:
            return ahead, False
    return ahead, True
