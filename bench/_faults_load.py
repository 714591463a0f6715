"""Load and probes during a fault, and the accounts afterwards: what was answered, what is there, what is
twice."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import connection

from bench._faults_service import Background, Service
from hitl.bench.rows import Row

CASES = "/api/v1/workflows/loans/cases"
SLOW_PROBE_MS = 250.0
MAX_BY_CONTROL = 2.0
PROBE_EVERY = 0.05
ENOUGH_PROBES = 100  # of fewer the 99th percentile is the latest one, and says nothing of the others
CLIENTS = 2
RATE_PAUSE = 0.02


@dataclass
class Watched:
    """What was seen from outside while something was wrong."""

    name: str
    answered: list[tuple[float, str, str]] = field(default_factory=list)  # when, reference, id
    refused: list[tuple[float, int]] = field(default_factory=list)  # when, status; 0: no answer
    probes: list[float] = field(default_factory=list)  # ms
    began: float = 0.0
    ended: float = 0.0
    hurt: float = 0.0  # when recovery begins, where the fault is one moment
    notes: list[str] = field(default_factory=list)
    control: "Watched | None" = None

    def rows(self, *, must_hold: bool = True) -> list[Row]:
        """Return the lines of the table for this fault."""
        during = [at for at, *_ in self.answered if self.began <= at <= self.ended]
        troubled = [status for at, status in self.refused if self.began <= at <= self.ended]
        unplain = sum(status in (0, 500) for status in troubled)
        total = len(during) + len(troubled)
        slow = sum(ms > SLOW_PROBE_MS for ms in self.probes) / max(1, len(self.probes))
        held = 100 * len(during) / total if total else None
        said = [*self.notes, f"{len(self.probes)} probes, {total} cases tried, {len(during)} taken in"]
        return [
            Row(
                f"{self.name}: health answers later than 250 ms",
                "%",
                100 * slow,
                bar=1,
                note="; ".join(said),
            ),
            Row("  health, p99", "ms", self.late_probe),
            Row("  health, p99 by the control's", "times", self.by_control, bar=MAX_BY_CONTROL),
            Row("  load held during it", "%", held, bar=99 if must_hold else None, more_is_better=True),
            Row(
                "  cases without an answer, or with a 500",
                "cases",
                float(unplain),
                bar=0 if must_hold else None,
            ),
            Row("  recovery: until 20 cases in a row are taken in", "s", self.recovery()),
        ]

    @property
    def late_probe(self) -> float | None:
        """The 99th percentile of the probes, in ms."""
        return _quantile(self.probes, 0.99)

    @property
    def by_control(self) -> float | None:
        """How many times as late as where nothing went wrong: the machine's own troubles are in both."""
        if len(self.probes) < ENOUGH_PROBES:
            return None
        usual = self.control.late_probe if self.control else None
        return self.late_probe / usual if self.late_probe and usual else None

    def recovery(self) -> float | None:
        """Return the seconds from the fault's end, or moment, to the first of 20 cases taken in in a row."""
        events = sorted([(at, True) for at, *_ in self.answered] + [(at, False) for at, _ in self.refused])
        row, first, begun = 0, 0.0, self.hurt or self.ended
        for at, is_good in events:
            if at < begun:
                continue
            row, first = (row + 1, first if row else at) if is_good else (0, 0.0)
            if row == 20:
                return first - begun
        return None


def _quantile(values: list[float], share: float) -> float | None:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else None


class Ledger:
    """Every case that was answered with 201, over all faults."""

    def __init__(self, service: Service) -> None:
        self.service, self.number = service, 0
        self.lock = threading.Lock()
        self.answered: dict[str, str] = {}
        self.control: Watched | None = None

    @contextmanager
    def watching(self, name: str, *, settle: float = 3.0) -> Iterator[Watched]:
        """Send cases and probes while the block runs and a little longer."""
        seen = Watched(name, control=self.control)
        with Background() as background:
            for _ in range(CLIENTS):
                background.run(self._submit, seen, background.is_over)
            probing = threading.Event()
            background.run(self._probe, seen, probing)
            time.sleep(1.0)
            seen.began = time.monotonic()
            yield seen
            seen.ended = seen.ended or time.monotonic()
            probing.set()
            end = time.monotonic() + 60
            while seen.recovery() is None and time.monotonic() < end:
                time.sleep(0.2)
            time.sleep(settle)
        self.answered |= {reference: key for _, reference, key in seen.answered}

    def _submit(self, seen: Watched, is_over: threading.Event) -> None:
        while not is_over.is_set():
            with self.lock:
                self.number += 1
                reference = f"case-{self.number}"
            try:
                case = {"content": {"amount": 5}, "reference": reference}
                status, body = self.service.ask("POST", CASES, case)
                if status == 201:
                    seen.answered.append((time.monotonic(), reference, json.loads(body)["id"]))
                else:
                    seen.refused.append((time.monotonic(), status))
            except (OSError, ValueError):
                seen.refused.append((time.monotonic(), 0))
            is_over.wait(RATE_PAUSE)

    def _probe(self, seen: Watched, is_over: threading.Event) -> None:
        while not is_over.is_set():
            started = time.monotonic()
            try:
                good = self.service.ask("GET", "/health/live", seconds=5)[0] == 200
            except OSError:
                good = False
            if seen.began:
                seen.probes.append(1000 * (time.monotonic() - started) if good else 5000.0)
            is_over.wait(PROBE_EVERY)

    def rows(self) -> list[Row]:
        """Compare what was answered with what the database holds."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT reference, id::text FROM cases_case WHERE reference LIKE 'case-%'")
            there = dict(cursor.fetchall())
            cursor.execute(_TWICE)
            (twice,) = cursor.fetchone()
            cursor.execute(_BARE)
            (bare,) = cursor.fetchone()
        lost = [name for name, key in self.answered.items() if there.get(name) != key]
        return [
            Row("cases lost, of all that were answered", "cases", float(len(lost)), bar=0,
                note=f"{len(self.answered):,} answered, {len(there):,} there"),
            Row("cases decided twice", "cases", float(twice), bar=0),
            Row("cases without a decision", "cases", float(bare), bar=0),
        ]  # fmt: skip


_TWICE = """
SELECT count(*) FROM (SELECT 1 FROM policy_decision GROUP BY case_id, epoch HAVING count(*) > 1) AS twice
"""
_BARE = """
SELECT count(*) FROM cases_case c WHERE NOT EXISTS (SELECT 1 FROM policy_decision d WHERE d.case_id = c.id)
"""

Fault = Callable[[Service, Ledger, bool], list[Row]]
