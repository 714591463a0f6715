"""All bare texts of a room."""

from collections.abc import Callable, Iterator
from pathlib import Path

from hitl.languages.bare import Bare
from hitl.languages.bare.python import bare_in_python
from hitl.languages.bare.scripts import bare_in_script
from hitl.languages.bare.templates import bare_in_template
from hitl.languages.rooms import Room

FINDERS: dict[str, Callable[[str], list[Bare]]] = {
    ".html": bare_in_template,
    ".js": bare_in_script,
    ".py": bare_in_python,
}


def bare_texts(room: Room) -> Iterator[tuple[Path, Bare]]:
    """Yield each file with each of its bare texts."""
    for path in room.files(*FINDERS):
        for bare in FINDERS[path.suffix](path.read_text(encoding="utf-8")):
            yield path, bare
