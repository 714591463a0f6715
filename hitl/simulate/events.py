"""What happened while a replay ran, as its audit log says: told by the number of the case, in sentences."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from hitl.audit.models import Entry
from hitl.simulate.stream import Chunk
from hitl.web.format import percent
from models_store.types import GateCheck
from monitoring.types import SignKind

AMBER, RED = "amber", "red"
LEAK = "Here: name the columns that are fields with --fields, and leave that one out."


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened after `case` cases had come in.

    `level` is set where it is an alarm, `is_proof` where the promise was proved on so many live `labels`.
    """

    case: int
    kind: str
    words: str
    level: str | None = None
    is_proof: bool = False
    labels: int = 0

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


def events_of(entries: Iterable[Entry], chunks: Sequence[Chunk]) -> list[Event]:
    """Return what the log tells, in its order."""
    found = []
    evidence = "green"
    for entry in entries:
        tell = _TOLD.get(entry.action)
        if entry.action == "audits.changed":  # rates follow traffic; what counts is what the evidence says
            before, evidence = evidence, str(entry.detail.get("level", ""))
            if before == evidence:
                continue
        if tell is not None:
            words, level = tell(entry.detail)
            seen = entry.detail.get("seen") or {}
            is_proof = entry.action == "certificate.made"
            labels = seen.get("n_labels", 0) if is_proof else 0
            found.append(Event(case_at(chunks, entry.at), entry.action, words, level, is_proof, labels))
    return found


def alarms_of(told: Iterable[Event]) -> list[Event]:
    """Return those that say that something is wrong, each once.

    While the evidence is amber, or was green again for fewer cases than it had been amber, more amber is the
    same alarm: evidence near its line crosses it to and fro.
    """
    alarms: list[Event] = []
    is_amber, began, ended = False, 0, -1
    for one in told:
        if one.level == AMBER:
            is_same = is_amber or one.case - ended < ended - began
            if not is_same:
                alarms.append(one)
                began = one.case
            is_amber = True
        elif one.level is not None:
            alarms.append(one)
        elif is_amber and one.kind == "audits.changed":
            is_amber, ended = False, one.case
    return alarms


def case_at(chunks: Sequence[Chunk], moment: datetime) -> int:
    """Return how many cases had come in by a moment; 0 before the first."""
    i = bisect_left([chunk.ended_at for chunk in chunks], moment)
    if i == len(chunks):
        return chunks[-1].last if chunks else 0
    return chunks[i].last if moment >= chunks[i].at else chunks[i].first


Told = tuple[str, str | None]
Detail = Mapping[str, Any]


def _cutoffs(detail: Detail) -> Told:
    numbers = detail.get("cutoffs") or {}
    said = ", ".join(
        f"{label} {float(cutoff):.4g}" for label, cutoff in numbers.items() if cutoff is not None
    )
    if len(set(numbers.values())) == 1 and len(numbers) > 1:
        said = f"{float(next(iter(numbers.values()))):.4g}"
    words = f"Cutoffs in force: {said or 'none'}. {detail.get('reason', '')}"
    return words.strip(), RED if detail.get("steps_down_from") else None


def _audits(detail: Detail) -> Told:
    level = str(detail.get("level", ""))
    before, after = (detail.get("audit_rate") or [0.0, 0.0])[:2]
    words = f"The evidence is {level}: audits go from {percent(before)} to {percent(after)} of the decisions."
    return words, level if level in (AMBER, RED) else None


def _refused(detail: Detail) -> Told:
    reason = why_refused(detail.get("reason") or "", detail.get("failed_checks") or ())
    return f"A new model was refused. {reason}".strip(), None


def why_refused(reason: str, failed_checks: Sequence[str]) -> str:
    """Add to why a run made no model what can be done about it here."""
    return f"{reason} {LEAK}" if GateCheck.LEAK in failed_checks else reason


def _level(detail: Detail) -> Told:
    level = str(detail.get("level", ""))
    return f"The certificate is {detail.get('after', level)}.", level if level in (AMBER, RED) else None


def _certificate(detail: Detail) -> Told:
    seen = detail.get("seen") or {}
    units = seen.get("units") or []
    cutoffs = [unit["cutoff"] for unit in units if unit.get("cutoff") is not None]
    n = seen.get("n_labels", 0)
    if cutoffs:
        return f"A certificate was made from {n:,} labels.", None
    why = "; ".join(unit["why"] for unit in units if unit.get("why"))
    return f"No cutoff could be certified from {n:,} labels. {why}".strip(), None


def _trial(detail: Detail) -> Told:
    outcome = "It proved the promise" if detail.get("outcome") == "certified" else "It was given up"
    words = f"A test on {detail.get('labels', 0):,} live labels ended. {outcome}. {detail.get('reason', '')}"
    return words.strip(), None


def _degree(detail: Detail) -> Told:
    change = f"{detail.get('before')} to {detail.get('after')}"
    return f"Degree of automation: {change}. {detail.get('reason', '')}".strip(), None


def _reason(words: str, level: str | None = None) -> Callable[[Detail], Told]:
    return lambda detail: (f"{words}. {detail.get('reason') or ''}".strip(), level)


_SIGNS = {kind.value: str(kind.label) for kind in SignKind}

_TOLD: dict[str, Callable[[Detail], Told]] = {
    "audits.changed": _audits,
    "breaker.reset": _reason("Automation goes on"),
    "breaker.tripped": _reason("Automation stopped: people decide everything", RED),
    "certificate.ended": _reason("A certificate ended"),
    "certificate.level": _level,
    "certificate.believed": _certificate,
    "certificate.made": _certificate,
    "certificate.refused": _certificate,
    "cutoffs.in_force": _cutoffs,
    "cutoffs.withdrawn": _reason("The cutoffs were withdrawn"),
    "degree.changed": _degree,
    "sign.raised": lambda detail: (f"An early sign: {_SIGNS.get(str(detail.get('kind')), '')}.", None),
    "release.promoted": lambda detail: (f"{detail.get('release')} is the champion.", None),
    "training.failed": _reason("A training run failed"),
    "training.refused": _refused,
    "trial.ended": _trial,
    "trial.opened": lambda detail: ("A test of the promise on live labels began.", None),
}
