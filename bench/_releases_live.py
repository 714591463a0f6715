"""Releases through the services: roll-backs while cases come in, and what models in shadow cost."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from itertools import cycle
from uuid import UUID

import numpy as np
from django.db import connection
from django.db.models import Count

from bench._mail import ACTOR, CUTOFF, Mail, set_up
from cases.models import Case
from hitl.bench.rows import Row, from_runs, ratio
from hitl.flow.intake.submit import submit_cases
from hitl.flow.intake.types import Intake, Submission
from hitl.shared import clock
from hitl.shared.ids import new_id
from models_store.models import Release
from models_store.services.roles import move, promote, retire
from models_store.services.shadow_months import keep_months
from models_store.types import ReleaseRole
from monitoring.shadow.run import shadow
from policy.models import Decision
from policy.services.cutoffs import set_cutoffs_by_hand

A_SECOND = 200  # cases that come in meanwhile
THREADS = 4
SOON = timedelta(0)


def run(quick: bool) -> Sequence[Row]:
    """Measure on the stage's database."""
    mail = set_up(quick=True)
    keep_months(now=clock.now())
    return [*_rolled_back(mail, 40 if quick else 200), *_in_shadow(mail, 3 if quick else 9)]


def _rolled_back(mail: Mail, times: int) -> list[Row]:
    """Switch between the champion and the one before it, with nobody else at work and while cases come in."""
    blue = mail.release
    green = copy_of(blue)
    promote(release_id=green.pk, actor=ACTOR, now=clock.now(), reason="bench")
    labels = dict.fromkeys(blue.labels, CUTOFF)
    set_cutoffs_by_hand(
        workflow_id=mail.workflow.pk, cutoffs=labels, reason="bench", actor=ACTOR, now=clock.now()
    )
    pair = cycle([blue, green])
    alone = [_switch(next(pair)) for _ in range(times // 2 * 2)]
    with _coming_in(mail) as seen:
        loaded = []
        for _ in range(times):
            after, seen.between = next(pair), None
            loaded.append(_switch(after))
            seen.between = [after.pk]
            time.sleep(0.1)
    routed = Decision.objects.filter(case_id__in=seen.answered, sequence=0)
    stored = Case.objects.filter(pk__in=seen.answered).count()
    doubled = routed.values("case_id").annotate(n=Count("pk")).filter(n__gt=1).count()
    seconds = np.array(loaded)
    n = len(seen.under)
    note = f"{times} roll-backs while {len(seen.answered):,} cases came in, {seen.pace:,.0f} a second"
    return [
        from_runs(
            "a roll-back while cases come in, 99 of 100", "ms", [float(np.quantile(seconds, 0.99) * 1e3)]
        ),
        Row(
            "roll-backs that took longer than a second",
            "%",
            float(100 * np.mean(seconds > 1)),
            bar=1,
            note=note,
        ),
        ratio("a roll-back while cases come in, of one alone", loaded[: len(alone)], alone),
        Row("cases lost", "cases", float(len(seen.answered) - stored), bar=0),
        Row("cases decided twice", "cases", float(doubled), bar=0),
        Row("submissions that failed", "cases", float(seen.failed), bar=0),
        Row(
            "decided by a model after it was rolled back",
            "cases",
            float(_late(seen)),
            bar=0,
            note=f"of {n:,}",
        ),
    ]


def _switch(release: Release) -> float:
    begun = time.perf_counter()
    promote(release_id=release.pk, actor=ACTOR, now=clock.now(), reason="bench")
    return time.perf_counter() - begun


class _Seen:
    """What the submitters have seen.

    Attributes:
        between: the model in force between two switches, in a list of its own; None while one goes on.
        under: cases that came in wholly between the same two switches, with the model then in force.
    """

    def __init__(self) -> None:
        self.between: list[UUID] | None = None
        self.answered: list[UUID] = []
        self.under: dict[UUID, UUID] = {}
        self.failed = 0
        self.pace = 0.0


@contextmanager
def _coming_in(mail: Mail) -> Iterator[_Seen]:
    """Let cases come in, each in a request of its own, as many a second as were asked for or as go."""
    seen, is_over = _Seen(), threading.Event()
    contents = cycle(one.content for one in mail.mails)
    lock = threading.Lock()

    def submit() -> None:
        while not is_over.is_set():
            begun, before = time.perf_counter(), seen.between
            with lock:
                content = next(contents)
            try:
                intake = Intake(mail.workflow.slug, [Submission(content)], None, clock.now())
                (result,) = submit_cases(intake)
            except Exception:  # whatever it is counts
                seen.failed += 1
                continue
            if result.case is None:
                seen.failed += 1
                continue
            case_id = UUID(result.case["id"])
            with lock:
                seen.answered.append(case_id)
                if before is not None and before is seen.between:
                    seen.under[case_id] = before[0]
            time.sleep(max(0.0, THREADS / A_SECOND - (time.perf_counter() - begun)))
        connection.close()

    threads = [threading.Thread(target=submit) for _ in range(THREADS)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        is_over.set()
        for thread in threads:
            thread.join()
        seen.pace = len(seen.answered) / (time.perf_counter() - started)


def _late(seen: _Seen) -> int:
    """Count the cases that another model decided than the one in force from their beginning to their end."""
    routed = Decision.objects.filter(case_id__in=seen.under, sequence=0, release__isnull=False)
    said = routed.values_list("case_id", "release_id")
    return sum(seen.under[case_id] != release_id for case_id, release_id in said)


def _in_shadow(mail: Mail, turns: int) -> list[Row]:
    """Let no, one and three models score in shadow what comes in."""
    one, two, three = (copy_of(mail.release) for _ in range(3))
    costs: dict[int, list[float]] = {0: [], 1: [], 3: []}
    requests: dict[int, list[float]] = {0: [], 1: [], 3: []}
    for _ in range(turns):
        for models in ([], [one], [one, two, three]):
            for release in models:
                move(
                    release_id=release.pk, to=ReleaseRole.SHADOW, actor=ACTOR, now=clock.now(), reason="bench"
                )
            begun = time.perf_counter()
            for mail_in in mail.mails[:200]:
                submit_cases(Intake(mail.workflow.slug, [Submission(mail_in.content)], None, clock.now()))
            requests[len(models)].append(time.perf_counter() - begun)
            begun = time.perf_counter()
            shadow(mail.workflow.pk, now=clock.now(), settle=SOON)
            costs[len(models)].append(time.perf_counter() - begun)
            for release in models:
                retire(release_id=release.pk, actor=ACTOR, now=clock.now(), reason="bench")
    return [
        ratio(
            "200 requests with three models in shadow, of those with none", requests[3], requests[0], bar=1.1
        ),
        ratio(
            "three models' scoring in shadow, of three times one's",
            costs[3],
            [3 * cost for cost in costs[1]],
            bar=1.2,
        ),
        from_runs("scoring 200 cases in shadow by one model", "ms", [1e3 * cost for cost in costs[1]]),
    ]


def copy_of(release: Release) -> Release:
    """Return the same model as another release."""
    made = Release.objects.get(pk=release.pk)
    made.id = new_id()
    made.number = Release.objects.filter(workflow_id=release.workflow_id).count() + 1
    made._state.adding = True
    made.save()
    return made
