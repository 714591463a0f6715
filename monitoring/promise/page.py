"""Everything the promise page shows of one workflow, each question asked once."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from cases.models import Label, Workflow
from cases.types import Purpose
from monitoring.promise import outlook
from monitoring.promise.line import Line, line_of
from monitoring.promise.live import LiveError, live_error
from monitoring.promise.outlook import Outlook
from monitoring.promise.pace import Pace, pace_of
from monitoring.promise.trials import Progress, progress_of
from monitoring.promise.what_if import what_if
from monitoring.tallies.traffic import Traffic, traffic
from policy import selectors
from policy.in_force.basis import points_of
from policy.in_force.status import Stand, stand_of
from policy.models import Certificate, Policy, Trial
from policy.proof.proofs import Terms
from policy.proof.terms import NothingKnown, costs_of, misses, terms_of
from policy.services.certify import tests_before
from policy.services.expiry import LABELS_PER_LABEL
from policy.services.trials import open_trial_of
from policy.types import Scope
from policy.web import wording
from policy.web.automation_page import Board, board_of

MOST_COUNTED = 20_000  # labels since a certificate
_WEEK = 168  # hours


@dataclass(frozen=True)
class UnitSeen:
    """One unit of a certificate: what was seen of it, and what is refuted since."""

    seen: dict[str, Any]
    refuted: list[float]
    standing: int
    miss_bound: float = 0.0

    @property
    def upper_bound(self) -> float:
        """What is proved of the true error: of it reviewers see all but what they miss."""
        return float(self.seen["upper_bound"]) / (1 - self.miss_bound)

    @property
    def words(self) -> str:
        """What people call the unit."""
        return self.seen["label"] or "any label"


@dataclass(frozen=True)
class Sight:
    """One workflow's promise at one moment."""

    board: Board
    now: datetime

    @property
    def workflow(self) -> Workflow:
        """The workflow."""
        return self.board.workflow

    @property
    def policy(self) -> Policy:
        """Its policy."""
        return self.board.policy

    @cached_property
    def certificate(self) -> Certificate | None:
        """What the cutoffs in force rest on, else the newest certificate or attempt at one."""
        in_force = self.board.in_force
        return in_force.certificate if in_force and in_force.certificate else self.board.certificate

    @property
    def certificate_state(self) -> tuple[str, str]:
        """Its state, in words and as a tone."""
        return wording.certificate(self.certificate, self.now) if self.certificate else ("none", "neutral")

    @cached_property
    def stand(self) -> Stand:
        """Where the promise stands."""
        watch = self.line.watch if self.line is not None and self.line.watch.ended_at is None else None
        return stand_of(
            policy=self.policy,
            governing=self.board.governing,
            certificate=self.certificate,
            watch=watch,
            now=self.now,
        )

    @cached_property
    def terms(self) -> Terms | None:
        """What the next test must show, after those before it; None while nothing bounds the misses."""
        if self.board.release is None:
            return None
        sample = self.board.sample
        tried = tests_before(self.policy, sample) if sample is not None else None
        try:
            return terms_of(self.policy, labels=self.board.release.labels, tried=tried)
        except NothingKnown:
            return None

    @property
    def is_nothing_known(self) -> bool:
        """Whether the promise cannot be tested until known answers bound what reviewers miss."""
        return self.board.release is not None and self.terms is None

    @cached_property
    def misses(self) -> tuple[int, int]:
        """Known-answer cases that the model gets wrong: missed by people, and all."""
        return misses(self.workflow.id)

    @property
    def units_seen(self) -> list[UnitSeen]:
        """What the certificate says of each unit."""
        if self.certificate is None:
            return []
        standing = points_of(self.certificate)
        miss_bound = self.certificate.evidence.get("misses", {}).get("bound", 0.0)
        refuted: dict[str | None, list[float]] = {}
        for label, cutoff in self.certificate.refuted:
            refuted.setdefault(label, []).append(cutoff)
        return [
            UnitSeen(unit, refuted.get(unit["label"], []), len(standing.get(unit["label"], [])), miss_bound)
            for unit in self.certificate.seen["units"]
        ]

    @cached_property
    def labels_since(self) -> tuple[int, int, bool]:
        """Labels since the certificate, with how many it ends, and whether the count stopped early."""
        if self.certificate is None:
            return 0, 0, False
        most = LABELS_PER_LABEL * int(self.certificate.seen["n_labels"])
        labels = Label.objects.filter(workflow=self.workflow, at__gt=self.certificate.valid_from)
        labels = labels.exclude(purpose=Purpose.GOLD).order_by()
        found = labels[: MOST_COUNTED + 1].count()
        return min(found, MOST_COUNTED), most, found > MOST_COUNTED

    @cached_property
    def certificates(self) -> list[Certificate]:
        """The latest certificates and attempts, newest first."""
        return selectors.certificate_history(self.workflow.id)

    @cached_property
    def trials(self) -> list[Trial]:
        """The latest trials that have ended, newest first."""
        return selectors.ended_trials(self.workflow.id)

    @cached_property
    def progress(self) -> Progress | None:
        """The trial that is going on."""
        trial = open_trial_of(self.workflow.id)
        return progress_of(trial, now=self.now) if trial else None

    @cached_property
    def live(self) -> LiveError | None:
        """The error now; None without a model."""
        release = self.board.release
        if release is None:
            return None
        costs = dict(zip(release.labels, costs_of(self.policy, release.labels), strict=True))
        return live_error(workflow_id=self.workflow.id, release_id=release.id, costs=costs, now=self.now)

    @property
    def overlooked(self) -> float | None:
        """The most of its mistakes that reviewers miss, where that is to be allowed for and is bounded."""
        found = self.terms.why.get("misses") if self.terms else None
        return float(found["bound"]) if found else None

    @property
    def highest_true_error(self) -> float | None:
        """The upper end of the error among accepted cases, if reviewers miss as much as they may."""
        if self.live is None or self.overlooked is None or not self.live.accepted.n:
            return None
        return min(1.0, self.live.accepted.interval.high / (1 - self.overlooked))

    @cached_property
    def line(self) -> Line | None:
        """The monitor."""
        return line_of(self.workflow.id, self.board.in_force)

    @cached_property
    def pace(self) -> Pace:
        """People's work."""
        return pace_of(workflow_id=self.workflow.id, now=self.now)

    @cached_property
    def week(self) -> Traffic:
        """Routings of the last seven days."""
        return traffic(workflow_id=self.workflow.id, now=self.now, hours=_WEEK)

    @property
    def rate_words(self) -> str:
        """Why the audit rate in force is what it is."""
        policy = self.policy
        if policy.audit_rate == policy.audit_base:
            return "as promised for quiet times"
        if policy.audit_rate < policy.audit_base:
            return "lowered to what reviewers can do"
        watch = self.line.watch if self.line is not None else None
        if watch is not None and not watch.is_calm:
            return "raised, because audits speak against the promise"
        return "raised, so that few automatic cases still make enough audits a week"

    @cached_property
    def outlooks(self) -> list[Outlook]:
        """Why not more, unit by unit."""
        board, terms = self.board, self.terms
        if board.sample is None or board.release is None or terms is None or self.live is None:
            return []
        return outlook.outlooks(
            board.sample,
            board.units,
            policy=self.policy,
            terms=terms,
            labels=board.release.labels,
            fair_a_day=self.live.fair_a_day,
            now=self.now,
        )

    @cached_property
    def what_if(self) -> dict[str, Any] | None:
        """What the page works with while one drags."""
        if not self.board.units:
            return None
        delta = self.terms.delta if self.terms else 1 - self.policy.confidence
        return what_if(
            self.board.units,
            policy=self.policy,
            delta=delta,
            seen=self.terms.target / self.policy.target if self.terms else 1.0,
            weekly_cases=self.week.total,
            pace=self.pace,
        )

    @property
    def is_per_label(self) -> bool:
        """Whether each label has its promise."""
        return self.policy.scope == Scope.PER_LABEL


def sight_of(workflow: Workflow, *, now: datetime) -> Sight:
    """Read what the page begins with."""
    return Sight(board_of(workflow, now=now), now)
