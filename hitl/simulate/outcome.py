"""What became of a replay: read from the rows that the services have written, judged by the file's labels."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from hitl.audit.models import Entry
from hitl.simulate import courses
from hitl.simulate.counts import Errors
from hitl.simulate.events import Event, alarms_of, case_at, events_of
from hitl.simulate.naive import fixed_cutoff
from hitl.simulate.options import Options
from hitl.simulate.reading import World
from hitl.simulate.standing import standing_of
from hitl.simulate.stream import Played
from models_store.models import TrainingRun
from policy.models import Certificate, Decision
from reviews.models import Review

VERSION = 1
WINDOWS = 24


@dataclass(frozen=True, slots=True, eq=False)
class Cases:
    """The stream's cases as they were decided; every array has shape (n_cases,).

    Attributes:
        automatic, wrong: decided by the model; with another label than the file's.
        audited: automatic and audited.
        certificate: identifier under which an automatic decision was made; None elsewhere.
        naive_automatic, naive_wrong: the same for the fixed cutoff.
    """

    automatic: np.ndarray
    wrong: np.ndarray
    audited: np.ndarray
    certificate: np.ndarray
    naive_automatic: np.ndarray
    naive_wrong: np.ndarray


def outcome_of(world: World, options: Options, played: Played) -> dict[str, Any]:
    """Return everything there is to tell, as JSON values."""
    cutoff = fixed_cutoff(played.first_release, target=options.target) if played.first_release else None
    cases = _cases(played, cutoff)
    n = len(played.items)
    told = events_of(Entry.objects.order_by("number"), played.chunks)
    alarms = alarms_of(told)
    judged = {"target": options.target, "confidence": options.confidence}
    overall = Errors.among(cases.automatic, cases.wrong)
    counted = overall.to_json(**judged)
    return {
        "version": VERSION,
        "file": options.file.name,
        "options": _options(options, played),
        "fields": [{"name": field["name"], "kind": field["kind"]} for field in world.fields],
        "labels": world.labels,
        "rows_skipped": world.skipped,
        "notes": [*world.notes, *(f"Left out: {reason}" for reason in world.reasons)],
        "history": played.n_history,
        "cases": n,
        "refused": sum(case_id is None for case_id in played.case_ids),
        "automated": overall.automated,
        "automation_rate": overall.automated / n,
        "wrong_automated": overall.wrong,
        "selective_error": overall.share,
        "promise": {**judged, **{name: counted[name] for name in ("kept", "verdict", "low", "high")}},
        "human_labels": Review.objects.filter(undone_at=None).values("case_id").distinct().count(),
        "answers": played.answers,
        "audits": int(cases.audited.sum()),
        "standing": standing_of(told, cases.automatic, cases.wrong, **judged),
        "windows": _windows(played, cases, options),
        "certificates": _certificates(played, cases, options),
        "alarms": [alarm.to_json() for alarm in alarms],
        "timeline": [one.to_json() for one in told],
        "trainings": _trainings(),
        "naive": _naive(played, cases, cutoff, options),
        "drift": _drift(options, alarms, cases),
        "changes": courses.to_json(
            courses.courses_of(told, (options.drift.kind, options.drift.case) if options.drift else None),
            target=options.target,
            ours=(cases.automatic, cases.wrong),
            naive=(cases.naive_automatic, cases.naive_wrong),
        ),
        "cpu_seconds": {name: round(seconds, 2) for name, seconds in played.seconds.items()},
    }


def _options(options: Options, played: Played) -> dict[str, Any]:
    said = asdict(options)
    said |= said.pop("told")
    said["file"] = options.file.name
    said["start"] = played.n_history
    said["fields"] = [f"{name}:{kind}" for name, kind in options.told.fields] if options.told.fields else None
    said["drift"] = f"{options.drift.kind}@{options.drift.case}" if options.drift else None
    return said


def _cases(played: Played, cutoff: float | None) -> Cases:
    n = len(played.items)
    place = {case_id: i for i, case_id in enumerate(played.case_ids) if case_id is not None}
    truth = np.array([item.label for item in played.items], dtype=object)
    automatic, audited = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    decided, certificate = np.full(n, None, dtype=object), np.full(n, None, dtype=object)
    routed = Decision.objects.filter(workflow_id=played.workflow_id, sequence=0, route="auto")
    for case_id, label, is_audited, certificate_id in routed.values_list(
        "case_id", "label", "is_audited", "certificate_id"
    ).iterator(chunk_size=5_000):
        i = place[case_id]
        automatic[i], audited[i], decided[i], certificate[i] = True, is_audited, label, certificate_id
    naive, naive_wrong = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    if played.said is not None and cutoff is not None:
        naive[played.first_case :] = played.said.scores >= cutoff
        naive_wrong[played.first_case :] = played.said.predicted != truth[played.first_case :]
    return Cases(automatic, automatic & (decided != truth), audited, certificate, naive, naive_wrong)


def _windows(played: Played, cases: Cases, options: Options) -> list[dict[str, Any]]:
    n = len(played.items)
    length = max(1, -(-n // WINDOWS))
    ends = [chunk.last for chunk in played.chunks]
    rows = []
    for first in range(0, n, length):
        last = min(n, first + length)
        here = slice(first, last)
        errors = Errors.among(cases.automatic[here], cases.wrong[here])
        naive = Errors.among(cases.naive_automatic[here], cases.naive_wrong[here])
        chunk = played.chunks[bisect_left(ends, last)]
        low, high = errors.interval(options.confidence)
        rows.append(
            {
                "from": first + 1,
                "to": last,
                "automated": errors.automated,
                "wrong": errors.wrong,
                "low": low if errors.automated else None,
                "high": high if errors.automated else None,
                "audited": int(cases.audited[here].sum()),
                "degree": chunk.degree,
                "stopped": chunk.is_stopped,
                "audit_rate": chunk.audit_rate,
                "naive_automated": naive.automated,
                "naive_wrong": naive.wrong,
            }
        )
    return rows


def _certificates(played: Played, cases: Cases, options: Options) -> list[dict[str, Any]]:
    """Every certificate and attempt at one, with the cases that were decided under it."""
    rows = []
    for one in Certificate.objects.select_related("release").order_by("valid_from", "id"):
        under = cases.certificate == one.id
        places = np.flatnonzero(under)
        errors = Errors.among(under, cases.wrong)
        units = one.seen.get("units", [])
        rows.append(
            {
                "id": str(one.id),
                "release": one.release.name,
                "status": one.status,
                "made_at_case": case_at(played.chunks, one.valid_from),
                "first_case": int(places[0]) + 1 if places.size else None,
                "last_case": int(places[-1]) + 1 if places.size else None,
                "method": one.method,
                "labels": one.seen.get("n_labels"),
                "cutoffs": {unit["label"] or "all labels": unit["cutoff"] for unit in units},
                "why_not": "; ".join(unit["why"] for unit in units if unit.get("why")),
                **errors.to_json(target=options.target, confidence=options.confidence),
            }
        )
    return rows


def _trainings() -> list[dict[str, Any]]:
    runs = TrainingRun.objects.select_related("release").order_by("requested_at", "id")
    return [
        {
            "status": run.status,
            "release": run.release.name if run.release else None,
            "reason": run.reason,
            "failed_checks": run.failed_checks,
        }
        for run in runs
    ]


def _naive(played: Played, cases: Cases, cutoff: float | None, options: Options) -> dict[str, Any]:
    errors = Errors.among(cases.naive_automatic, cases.naive_wrong)
    why = ""
    if played.first_release is None:
        why = "There never was a model."
    elif cutoff is None:
        why = "No cutoff meets the target on the history."
    return {
        "release": played.first_release.name if played.first_release else None,
        "from_case": played.first_case + 1 if played.first_release else None,
        "cutoff": cutoff,
        "automation_rate": errors.automated / len(played.items),
        "why": why,
        **errors.to_json(target=options.target, confidence=options.confidence),
    }


def _drift(options: Options, alarms: Sequence[Event], cases: Cases) -> dict[str, Any] | None:
    """When the change that was put in was noticed, and what it cost until then."""
    if options.drift is None:
        return None
    case = options.drift.case
    later = [alarm for alarm in alarms if alarm.case >= case]
    stopped = next((alarm.case for alarm in later if alarm.level == "red"), None)
    until = stopped if stopped is not None else len(cases.wrong)
    exposed = Errors.among(cases.automatic[case - 1 : until], cases.wrong[case - 1 : until])
    return {
        "kind": options.drift.kind,
        "case": case,
        "noticed_at": later[0].case if later else None,
        "stopped_at": stopped,
        "automated_until_stopped": exposed.automated,
        "wrong_until_stopped": exposed.wrong,
    }
