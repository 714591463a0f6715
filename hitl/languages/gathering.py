"""The texts of a room, as they stand in its code, templates and scripts, and in its errors."""

import ast
import io
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from babel.messages.extract import extract
from django.utils.translation.template import templatize

from hitl.languages.bare.python import called, is_for_people
from hitl.languages.rooms import DOMAINS, TOLD, Room
from hitl.runtime.paths import ROOT

KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "Words": None,
    "Told": None,
    "counted": (1, 2),
}
MARK = "Translators:"
"""A comment that begins so, right above a text, stands beside it in the catalogues."""


class Text(NamedTuple):
    """A text to translate: one string, or its singular and plural."""

    id: str | tuple[str, ...]
    context: str | None
    path: str
    comments: tuple[str, ...] = ()


@cache  # the code does not change while somebody asks about it
def texts(room: Room, domain: str) -> tuple[Text, ...]:
    """Return every text of a room's domain."""
    return tuple(_texts(room, domain))


def _texts(room: Room, domain: str) -> Iterator[Text]:
    for path in room.files(*DOMAINS[domain]):
        source = path.read_text(encoding="utf-8")
        name = path.relative_to(ROOT).as_posix()
        if path.suffix == ".js":
            yield from _extracted("javascript", source, name)
        elif path.suffix == ".html":
            yield from _extracted("python", as_python(source, path), name)
        else:
            yield from _extracted("python", source, name)
            if room.name != TOLD:
                yield from (Text(said, None, name) for said in error_sentences(source) if said)


def _extracted(method: str, source: str, name: str) -> Iterator[Text]:
    for _line, message, comments, context in extract(
        method, io.BytesIO(source.encode()), KEYWORDS, comment_tags=(MARK,), strip_comment_tags=True
    ):
        yield Text(message, context, name, tuple(comments))


def as_python(source: str, path: Path | None = None) -> str:
    """Return a template as Python of the same lines that calls `gettext` for each of its texts.

    It is Django's own form for xgettext; without the indentation, which Python would read.
    """
    return "\n".join(line.strip() for line in templatize(source, origin=str(path or "")).split("\n"))


def error_sentences(source: str) -> Iterator[str]:
    """Yield what errors say: docstrings of classes that have a `code`, and sentences where one is raised.

    `hitl.shared.errors` shows them through `shown`, so that they need no mark.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef) and _has_code(node) and (said := ast.get_docstring(node)):
            yield " ".join(said.split())
        elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and is_for_people(node.exc):
            yield from map(_plain, node.exc.args)
        elif isinstance(node, ast.Call) and called(node) == "Problem":
            yield from (_plain(word.value) for word in node.keywords if word.arg != "field")


def _plain(node: ast.expr) -> str:
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value
    return str(node.value) if is_text else ""  # type: ignore[attr-defined]


def _has_code(node: ast.ClassDef) -> bool:
    targets = [target for line in node.body if isinstance(line, ast.Assign) for target in line.targets]
    targets += [line.target for line in node.body if isinstance(line, ast.AnnAssign)]
    names = [
        name for target in targets for name in (target.elts if isinstance(target, ast.Tuple) else [target])
    ]
    return any(isinstance(name, ast.Name) and name.id == "code" for name in names)
