"""The desk's scripts and styles in one file each, put together when first asked for: nothing is built.

The scripts stay ES modules, one behaviour a file, and run as such too; but a page that fetches thirty small
files is slow to open. Each module becomes a function that returns what it exports. For that the modules keep
to a few forms, and `Unfit` names the line that does not: imports by name at the start of a line, exports of
functions, classes and constants where they are declared, no circle.
"""

import gzip
import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from posixpath import dirname, join, normpath

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

SCRIPTS = {"desk.js": "desk/desk.js", "batch.js": "desk/batch.js"}
NAMES = (*SCRIPTS, "desk.css")
STYLES = (
    "hitl/css/tokens.css",
    "hitl/css/ui.css",
    "hitl/css/shell.css",
    "cases/cases.css",
    "desk/desk.css",
    "desk/batch.css",
    "desk/media.css",
)

_IMPORT = re.compile(r'^import (?:\{([^}]*)\} from )?"(\.[^"]+)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class) \*?(\w+))", re.MULTILINE)
_LEFT_OVER = re.compile(r"^(?:import|export)\b.*$", re.MULTILINE)
_YEAR = "public, max-age=31536000, immutable"


class Unfit(Exception):
    """A module holds a form of import or export that cannot be put together."""


@dataclass(frozen=True, slots=True)
class File:
    """One file as it is sent; its name in the address is its hash, so that it may be kept for ever."""

    body: bytes
    packed: bytes
    media_type: str
    digest: str


def bundled(entry: str) -> str:
    """Return a module with everything it imports as one script."""
    done: dict[str, str] = {}
    _add(entry, done, [])
    return "".join(done.values())


def _add(name: str, done: dict[str, str], on_the_way: list[str]) -> None:
    if name in done:
        return
    if name in on_the_way:
        raise Unfit(f"{' imports '.join([*on_the_way, name])}: a circle")  # untranslated: for builders
    text = _text(name)
    names: list[str] = []
    for _, target in _IMPORT.findall(text):
        _add(_beside(name, target), done, [*on_the_way, name])

    def bind(found: re.Match[str]) -> str:
        what, target = found.groups()
        if what is None:
            return ""
        pairs = ", ".join(part.strip().replace(" as ", ": ") for part in what.split(",") if part.strip())
        return f"const {{ {pairs} }} = {_variable(_beside(name, target))};"

    def hide(found: re.Match[str]) -> str:
        names.append(found[1])
        return ""

    text = _EXPORT.sub(hide, _IMPORT.sub(bind, text))
    if wrong := _LEFT_OVER.search(text):
        raise Unfit(f"{name}: {wrong[0]}")
    done[name] = f"const {_variable(name)} = (() => {{\n{text}\nreturn {{ {', '.join(names)} }};\n}})();\n"


def _beside(name: str, target: str) -> str:
    return normpath(join(dirname(name), target))


def _variable(name: str) -> str:
    return "$" + re.sub(r"\W", "_", name)


def _text(name: str) -> str:
    path = finders.find(name)
    if path is None:
        raise Unfit(f"{name}: no such file")  # untranslated: for builders
    return Path(path).read_text(encoding="utf-8")


def file(name: str) -> File:
    """Return one of the desk's scripts, or its style (`desk.css`)."""
    return _made(name) if settings.DEBUG else _kept(name)


def _made(name: str) -> File:
    is_script = name in SCRIPTS
    text = bundled(SCRIPTS[name]) if is_script else "".join(map(_text, STYLES))
    body = text.encode()
    media_type = "text/javascript" if is_script else "text/css"
    return File(
        body, gzip.compress(body, 9, mtime=0), f"{media_type}; charset=utf-8", sha256(body).hexdigest()[:16]
    )


_kept = lru_cache(maxsize=len(NAMES))(_made)


def address(name: str) -> str:
    """Return where the file is fetched."""
    return reverse("desk-file", args=[file(name).digest, name])


@require_GET
def serve(request: HttpRequest, digest: str, name: str) -> HttpResponse:
    """Answer with the file; under an older name with what there is now, not to be kept."""
    if name not in NAMES:
        raise Http404
    found = file(name)
    is_packed = "gzip" in request.headers.get("Accept-Encoding", "")
    response = HttpResponse(found.packed if is_packed else found.body, content_type=found.media_type)
    if is_packed:
        response["Content-Encoding"] = "gzip"
    response["Vary"] = "Accept-Encoding"
    response["Cache-Control"] = _YEAR if digest == found.digest else "no-cache"
    return response
