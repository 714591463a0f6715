"""The `.po` files: what is in the code and what was translated, brought together."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from hitl.languages.gathering import texts
from hitl.languages.rooms import DOMAINS, ROOMS, Room

WRITTEN = ("de",)
"""Languages that have catalogues. Which are offered to people: `LANGUAGES` in `hitl.settings`."""


def read(path: Path, language: str) -> Catalog:
    """Return what is translated there; nothing where there is no file."""
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def catalogue(room: Room, domain: str, language: str) -> Catalog:
    """Return the texts of a room as they stand in the code today, with the translations that there are."""
    before, now = read(room.catalogue(language, domain), language), Catalog(locale=language)
    for text in texts(room, domain):
        now.add(text.id, locations=[(text.path, 0)], auto_comments=text.comments, context=text.context)
    for message in now:
        if not message.id:
            continue
        old = before.get(message.id, message.context)
        # A plural that was none, or the other way round, is another text.
        if old is not None and isinstance(old.id, str) == isinstance(message.id, str):
            message.string, message.user_comments = old.string, old.user_comments
            message.flags |= {"fuzzy"} & old.flags
    return now


def as_po(catalog: Catalog) -> bytes:
    """Return the file: sorted, without dates and line numbers: nothing differs but texts."""
    head = (
        'msgid ""\nmsgstr ""\n'
        f'"Language: {catalog.locale_identifier}\\n"\n'
        '"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n'
        f'"Plural-Forms: {catalog.plural_forms}\\n"\n'
    )
    out = BytesIO()
    write_po(out, catalog, width=110, omit_header=True, sort_output=True, include_lineno=False)
    return head.encode() + b"\n" + out.getvalue().strip() + b"\n"


def expected(rooms: tuple[Room, ...] = ROOMS) -> Iterator[tuple[Path, bytes | None]]:
    """Yield each catalogue's file and what should stand there; None where a room has no texts."""
    for room in rooms:
        for domain in DOMAINS:
            for language in WRITTEN:
                found = catalogue(room, domain, language)
                yield room.catalogue(language, domain), as_po(found) if len(found) else None


def is_done(path: Path, content: bytes | None) -> bool:
    """Tell whether the file is what it should be."""
    return path.exists() == (content is not None) and (content is None or path.read_bytes() == content)


def write(path: Path, content: bytes | None) -> None:
    """Bring a file up to date."""
    if content is None:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def missing(language: str) -> Iterator[tuple[Path, str]]:
    """Yield each text that has no translation yet, or one that somebody marked as doubtful."""
    for room in ROOMS:
        for domain in DOMAINS:
            path = room.catalogue(language, domain)
            for message in read(path, language):
                if message.id and not is_translated(message):
                    yield path, message.id if isinstance(message.id, str) else message.id[0]


def is_translated(message: Message) -> bool:
    """Tell whether a text, in each of its forms, has a translation that nobody doubts."""
    forms = [message.string] if isinstance(message.string, str) else message.string
    return not message.fuzzy and all(forms or [""])
