"""Compile the catalogues of all rooms into one a language, where `LOCALE_PATHS` looks."""

import os
from pathlib import Path
from tempfile import NamedTemporaryFile

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from django.conf import settings
from django.utils.translation import to_locale

from hitl.languages.catalogues import WRITTEN, is_translated, read
from hitl.languages.pseudo import LANGUAGES as PSEUDO
from hitl.languages.pseudo import pseudo_catalogue
from hitl.languages.rooms import DOMAINS, ROOMS


class Contradiction(Exception):
    """Two rooms translate one text in two ways."""


def compile_catalogues(*, with_pseudo: bool = False) -> None:
    """Write the compiled catalogues; those of the pseudo languages only where they may be seen."""
    folder = Path(settings.LOCALE_PATHS[0])
    for domain in DOMAINS:
        for language in WRITTEN:
            _write(folder, language, domain, merged(language, domain))
        if with_pseudo:
            made = pseudo_catalogue(domain)
            for language in PSEUDO:
                _write(folder, language, domain, made)


def merged(language: str, domain: str) -> Catalog:
    """Return what is translated in all rooms.

    Raises:
        Contradiction: rooms translate one text in two ways; each such text is named.
    """
    whole, against = Catalog(locale=language), []
    for room in ROOMS:
        path = room.catalogue(language, domain)
        for message in read(path, language):
            if not message.id or not is_translated(message):
                continue
            there = whole.get(message.id, message.context)
            if there is not None and there.string != message.string:
                against.append(f"{path}: {message.id!r} is {there.string!r} in another room")
            else:
                whole.add(message.id, message.string, context=message.context)
    if against:
        raise Contradiction("\n".join(against))
    return whole


def _write(folder: Path, language: str, domain: str, catalog: Catalog) -> None:
    place = folder / to_locale(language) / "LC_MESSAGES" / f"{domain}.mo"
    place.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=place.parent, delete=False) as file:
        write_mo(file, catalog)
    Path(file.name).chmod(0o644)
    os.replace(file.name, place)  # whoever reads it meanwhile sees the old one or the new one
