"""Which rooms have a catalogue of their own, and which files belong to each."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hitl.runtime.paths import ROOT

DOMAINS = {"django": (".py", ".html"), "djangojs": (".js",)}
"""The two catalogues of a room, as Django names them: texts of the server, and of the pages' scripts."""

NAMES = (
    "cases",
    "hitl",
    "hitl/accounts",
    "hitl/audit",
    "hitl/outbox",
    "hitl/stop",
    "hitl/web",
    "models_store",
    "monitoring",
    "policy",
    "reviews",
    "science",
)
TOLD = "science"
"""Knows no Django and speaks to machines: of what it says only `Told` is for people."""
ENGLISH = (
    "hitl/api",
    "hitl/bench",
    "hitl/demo",
    "hitl/doctor",
    "hitl/flow/doors/api",
    "hitl/health.py",
    "hitl/languages",
    "hitl/management",
    "hitl/runtime",
    "hitl/schedule.py",
    "hitl/settings.py",
    "hitl/simulate",
    "hitl/static/vendor",
    "hitl/templates/simulate",
    "hitl/web/static/hitl/vendor",
    "hitl/web/styleguide.py",
    "hitl/web/templates/hitl/styleguide.html",
    "hitl/web/vendor",
    "models_store/web/card.py",
)
"""What machines, shells, files and builders of pages read: nobody else is shown it (ADR 0089)."""


@dataclass(frozen=True, slots=True)
class Room:
    """A package with its templates and scripts; the catalogue of a text is that of the nearest one."""

    name: str

    def files(self, *endings: str) -> Iterator[Path]:
        """Yield its files with one of these endings, in order."""
        apart = [ROOT / name for name in (*NAMES, *ENGLISH) if name.startswith(f"{self.name}/")]
        for path in sorted((ROOT / self.name).rglob("*")):
            if path.suffix in endings and "migrations" not in path.parts and not _is_below(path, apart):
                yield path

    def catalogue(self, language: str, domain: str) -> Path:
        """Return where the translations of a domain are kept."""
        return ROOT / self.name / "locale" / language / "LC_MESSAGES" / f"{domain}.po"


def _is_below(path: Path, folders: list[Path]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)


ROOMS = tuple(Room(name) for name in NAMES)


def all_catalogues() -> list[Path]:
    """Return the `.po` files that there are."""
    return [path for room in ROOMS for path in sorted((ROOT / room.name).glob("locale/*/LC_MESSAGES/*.po"))]
