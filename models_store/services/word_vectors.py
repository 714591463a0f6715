"""The table of what words mean, where `manage.py vectors` or the image's build has made one."""

import logging
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from science.serving import BadArtifact
from science.serving.vectors import WordVectors, load_table

log = logging.getLogger(__name__)


def word_vectors() -> WordVectors | None:
    """Return the table; None where there is none, or none that can be read."""
    path = Path(settings.WORD_VECTORS)
    try:
        return _read(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        return None
    except (BadArtifact, OSError) as fault:
        facts = {"path": str(path), "trouble": str(fault)}
        log.warning("word vectors not usable", extra=facts)  # untranslated: a log
        return None


@lru_cache(maxsize=1)
def _read(path: Path, changed: int) -> WordVectors:
    return load_table(path.read_bytes())
