"""Which documents there are, at which addresses, and in which order they are read."""

import posixpath
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings

from hitl.docs.rendering import Rendered, render

ROOT = Path(settings.BASE_DIR)
BESIDE = {  # documents that stand outside `docs/`, by their address
    "README.md": "project/readme",
    "CHANGELOG.md": "project/changelog",
    "CONTRIBUTING.md": "project/contributing",
    "SECURITY.md": "project/security",
    "THREAT_MODEL.md": "project/threat-model",
    "bench/README.md": "project/benchmarks",
}
FILES = {".png": "image/png", ".json": "application/json", ".py": "text/x-python; charset=utf-8"}
_CONTENTS = "docs/README.md"
_SECTION = re.compile(r"^\*\*(.+?)\*\*", re.M)
_LINK = re.compile(r"^(?:- |\*\*\w+\*\*: )\[(.+?)\]\((.+?)\)", re.M)


@dataclass(frozen=True, slots=True)
class Document:
    """A Markdown file (`path`, from the root of the repository) and its address below `/docs/`."""

    path: str
    address: str

    @property
    def rendered(self) -> Rendered:
        """What it says, as HTML; made once a process."""
        return _rendered(self)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the table of contents: pairs of words and document."""

    name: str
    entries: tuple[tuple[str, Document], ...]


@cache
def documents() -> dict[str, Document]:
    """Return all documents by their path."""
    inside = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md"))
    found = {path: Document(path, _address_inside(path)) for path in inside}
    return found | {path: Document(path, at) for path, at in BESIDE.items() if (ROOT / path).exists()}


def _address_inside(path: str) -> str:
    return path.removeprefix("docs/").removesuffix(".md").removesuffix("README").strip("/")


def at(address: str) -> Document | None:
    """Return the document at an address below `/docs/`, "" being the first page."""
    return next((one for one in documents().values() if one.address == address), None)


def file_at(address: str) -> Path | None:
    """Return a picture or another file that documents link to, if it stands at this address."""
    path = (ROOT / "docs" / address).resolve()
    is_inside = path.is_relative_to(ROOT / "docs")
    return path if is_inside and path.suffix in FILES and path.is_file() else None


@cache
def contents() -> tuple[Section, ...]:
    """Return the table of contents, as `docs/README.md` has it."""
    text = (ROOT / _CONTENTS).read_text()
    starts = [*_SECTION.finditer(text)]
    ends = [start.start() for start in starts[1:]] + [len(text)]
    return tuple(
        Section(start[1], tuple(_entries(text[start.start() : end])))
        for start, end in zip(starts, ends, strict=True)
    )


def _entries(text: str) -> list[tuple[str, Document]]:
    targets = ((words, resolve(_CONTENTS, target)[0]) for words, target in _LINK.findall(text))
    return [(words, documents()[path]) for words, path in targets]


def neighbours(document: Document) -> tuple[tuple[str, Document] | None, tuple[str, Document] | None]:
    """Return what is read before and after a document, each with its words."""
    order = [entry for section in contents() for entry in section.entries]
    here = next((i for i, (_, one) in enumerate(order) if one == document), None)
    if here is None:
        return None, order[0] if document.path == _CONTENTS else None
    return order[here - 1] if here else None, order[here + 1] if here + 1 < len(order) else None


def resolve(path: str, target: str) -> tuple[str, str]:
    """Return the path, from the root, and the fragment that a link in the document at `path` means."""
    file, _, fragment = target.partition("#")
    return (posixpath.normpath(posixpath.join(posixpath.dirname(path), file)) if file else path), fragment


@cache
def _rendered(document: Document) -> Rendered:
    def address_of(target: str) -> str | None:
        if re.match(r"[a-z]+:", target):
            return target
        path, fragment = resolve(document.path, target)
        end = f"#{fragment}" if fragment else ""
        if other := documents().get(path):
            return f"/docs/{other.address}{'/' if other.address else ''}{end}"
        below = path.removeprefix("docs/")
        return f"/docs/{below}{end}" if file_at(below) else None

    return render((ROOT / document.path).read_text(), address_of=address_of)
