"""A replay as plain values: the same rows give the same bytes, on the page, by command and in a file."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from hitl.shared.canonical import canonical_json
from monitoring.replay.run import Answer, Tried
from science.replay import Replayed


def tried_to_json(tried: Tried) -> dict[str, Any]:
    """Return what somebody wants to know."""
    return {
        "since": tried.since.isoformat(),
        "until": tried.until.isoformat(),
        "cutoffs": None if tried.cutoffs is None else dict(tried.cutoffs),
        "release": str(tried.release_id) if tried.release_id else None,
        "degree": tried.degree,
        "audit_rate": tried.audit_rate,
        "answers_a_day": tried.answers_a_day,
    }


def tried_from_json(kept: Mapping[str, Any]) -> Tried:
    """Return it again."""
    return Tried(
        since=datetime.fromisoformat(kept["since"]),
        until=datetime.fromisoformat(kept["until"]),
        cutoffs=kept["cutoffs"],
        release_id=UUID(kept["release"]) if kept["release"] else None,
        degree=kept["degree"],
        audit_rate=kept["audit_rate"],
        answers_a_day=kept["answers_a_day"],
    )


def to_json(answer: Answer) -> dict[str, Any]:
    """Return what would have been, beside what was; null where there is no number."""
    setting = answer.setting
    cutoffs = {
        label: _number(cutoff) for label, cutoff in zip(answer.labels, setting.cutoffs.tolist(), strict=True)
    }
    return {
        "tried": tried_to_json(answer.tried),
        "setting": {
            "cutoffs": cutoffs,
            "automates": setting.automates,
            "ramp": setting.ramp,
            "audit_rate": setting.audit_rate,
        },
        "people": {
            "answers_a_case": answer.people.each,
            "seconds_an_answer": _number(answer.people.seconds),
        },
        "due_hours": answer.due_hours,
        "changed": answer.changed,
        "was": _replayed(answer, answer.was, answer.people.a_day),
        "would_be": _replayed(answer, answer.would_be, answer.staff.per_hour * 24),
    }


def to_bytes(answer: Answer) -> bytes:
    """Return the same as canonical JSON."""
    return canonical_json(to_json(answer))


def _replayed(answer: Answer, one: Replayed, a_day: float) -> dict[str, Any]:
    low, estimate, high = one.error()
    return {
        "cases": one.cases,
        "unscored": one.unscored,
        "automatic": one.automatic,
        "audited": one.audited,
        "asked": one.asked,
        "labels": one.labels,
        "error": {"low": low, "estimate": _number(estimate), "high": high},
        "hours": _number(answer.hours(one)),
        "answers_a_day": a_day,
        "queue": {
            "longest": one.queue.longest,
            "late": one.queue.late,
            "left": one.queue.left,
            "median_wait": _number(one.queue.median_wait),
            "p90_wait": _number(one.queue.p90_wait),
        },
        "by_day": one.by_day.tolist(),
        "sha256": one.sha256,
    }


def _number(value: float) -> float | None:
    return value if abs(value) < float("inf") else None  # NaN is not below it either
