"""Scores that come with a case: those of sources that the workflow listens to, each checked by itself.

Nothing about them refuses a case. What is no score is kept as such, with its reason; what names a model or
version that nobody has registered is said in the decision, where such a source is to decide.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from models_store.models import Source
from science.decision_terms import Reason
from science.serving import SourceAnswer, read_source_answer

MAX_SOURCES = 5  # whose scores one case may bring: two versions while one takes over, and some in shadow

SOURCE_SCORE_COLUMNS = {
    "source_id": "uuid",
    "case_id": "uuid",
    "proba": "float8[]",
    "unusable": "text",
    "at": "timestamptz",
}


@dataclass(frozen=True, slots=True)
class Heard:
    """What came with one case, by the hash of the source; `stray` is why something in it belongs to none."""

    said: Mapping[str, SourceAnswer]
    by: Mapping[str, UUID]
    stray: Reason | None

    def rows(self, case_id: UUID, now: datetime) -> list[dict[str, Any]]:
        """Return the values of `SOURCE_SCORE_COLUMNS` for each source."""
        return [
            {
                "source_id": self.by[source],
                "case_id": case_id,
                "proba": None if one.proba is None else list(one.proba),
                "unusable": one.unusable.value if one.unusable else "",
                "at": now,
            }
            for source, one in self.said.items()
        ]


def awaited(source: Source, case_id: UUID, now: datetime) -> dict[str, Any]:
    """Return the row of a score that a worker will ask for."""
    return {
        "source_id": source.pk,
        "case_id": case_id,
        "proba": None,
        "unusable": Reason.SCORING.value,
        "at": now,
    }


def hear(sent: object, sources: Mapping[tuple[str, str], Source]) -> Heard | None:
    """Read the scores of one submission; None where none were sent.

    The first for a source counts: a second one must not talk it out of what it said.
    """
    if sent is None:
        return None
    entries: Sequence[object] = sent if isinstance(sent, list) else [sent]
    said: dict[str, SourceAnswer] = {}
    by: dict[str, UUID] = {}
    stray = Reason.SCORES_MALFORMED if len(entries) > MAX_SOURCES else None
    for entry in entries[:MAX_SOURCES]:
        source = _source_of(entry, sources)
        if isinstance(source, Reason):
            stray = source
        elif source.sha256 not in said:
            assert isinstance(entry, Mapping)  # noqa: S101 - `_source_of` found names in it
            said[source.sha256] = read_source_answer(
                entry.get("probabilities"), source.label_map, source.labels
            )
            by[source.sha256] = source.pk
    return Heard(said, by, stray)


def _source_of(entry: object, sources: Mapping[tuple[str, str], Source]) -> Source | Reason:
    if not isinstance(entry, Mapping):
        return Reason.SCORES_MALFORMED
    model, version = entry.get("model"), entry.get("version")
    if not isinstance(model, str) or not isinstance(version, str):
        return Reason.SCORES_MALFORMED
    return sources.get((model, version), Reason.SOURCE_UNREGISTERED)
