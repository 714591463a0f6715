"""Serve the images and recordings of cases, only to those who may see the case, and never as a page."""

import re
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.files import File
from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from cases.access import case_for
from cases.models import Asset
from cases.selectors import asset_name
from hitl.shared.errors import NotFound
from hitl.shared.given import whole_number
from hitl.web.views import person

# What a browser may show in place. Anything else (SVG, HTML, what may come) is only ever downloaded.
SUFFIXES = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "audio/wav": "wav",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/flac": "flac",
}
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@login_required
@require_safe
def media(request: HttpRequest, case_id: UUID, sha256: str) -> HttpResponse:
    """Answer with the bytes, or the part of them that a player asks for."""
    case = case_for(person(request).as_actor(), case_id)
    asset = Asset.objects.filter(pk=sha256).first()
    if asset is None or sha256 not in map(asset_name, case.content.values()):
        raise NotFound("This case has no such image or recording.")
    try:
        with default_storage.open(asset.path) as file:
            response = _answer(file, request.headers.get("Range", ""))
    except FileNotFoundError:
        raise NotFound("The file is not in the media store any more.") from None
    suffix = SUFFIXES.get(asset.media_type)
    response["Content-Type"] = asset.media_type if suffix else "application/octet-stream"
    name = f"{sha256[:16]}.{suffix or 'bin'}"
    response["Content-Disposition"] = f'{"inline" if suffix else "attachment"}; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, max-age=86400, immutable"
    response["Accept-Ranges"] = "bytes"
    return response


def _answer(file: "File[bytes]", wanted: str) -> HttpResponse:
    """Answer with one range where a valid one is asked for (RFC 9110, 14.2), else with everything."""
    match = _RANGE.fullmatch(wanted)
    if not match or match.groups() == ("", ""):
        return HttpResponse(file.read())
    size = file.size
    first, last = (whole_number(text, most=size) if text else None for text in match.groups())
    if match[1]:  # a number beyond the file is none
        start, end = size if first is None else first, size - 1 if last is None else min(last, size - 1)
    else:
        start, end = 0 if last is None else size - last, size - 1
    if start > end:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    file.seek(start)
    headers = {"Content-Range": f"bytes {start}-{end}/{size}"}
    return HttpResponse(file.read(end - start + 1), status=206, headers=headers)
