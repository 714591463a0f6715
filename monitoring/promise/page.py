"""Everything the promise page shows of one workflow; each part is read once, when it is needed."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.utils.translation import gettext

from cases.models import Label, Workflow
from cases.types import Purpose
from monitoring.promise import outlook
from monitoring.promise.line import Line, line_of
from monitoring.promise.live_error import LiveError, live_error
from monitoring.promise.outlook import Outlook
from monitoring.promise.pace import Pace, pace_of
from monitoring.promise.trials import Progress, progress_of
from monitoring.promise.wait import Wait, wait_for
from monitoring.promise.what_if import what_if
from monitoring.tallies.traffic import Traffic, traffic_of_week
from monitoring.watch.budget.selectors import ended, running
from monitoring.watch.budget.view import BudgetView
from monitoring.watch.rate_reason import rate_reason
from policy import selectors
from policy.in_force.basis import points_of
from policy.in_force.status import PromiseStatus, status_of
from policy.models import Certificate, Policy, Trial
from policy.proof.proofs import Terms
from policy.proof.terms import Misses, NothingKnown, misses, terms_of
from policy.services.expiry import LABELS_PER_LABEL
from policy.services.trials import open_trial_of
from policy.types import LIVE_CERTIFICATES, Scope
from policy.web import wording
from policy.web.automation_page import AutomationPage, automation_page_of
from science.decision_terms import Basis

MAX_COUNTED = 20_000  # labels since a certificate


@dataclass(frozen=True)
class UnitSeen:
    """One unit of a certificate: what was seen, and which cutoffs were refuted since."""

    seen: dict[str, Any]
    refuted: list[float]
    passed: int
    miss_bound: float = 0.0

    @property
    def upper_bound(self) -> float:
        """Upper bound of the true error, with what reviewers may miss added."""
        return float(self.seen["upper_bound"]) / (1 - self.miss_bound)

    @property
    def words(self) -> str:
        """What people call the unit."""
        return self.seen["label"] or gettext("any label")


@dataclass(frozen=True)
class PromisePage:
    """One workflow's promise at one moment."""

    automation: AutomationPage
    now: datetime

    @property
    def workflow(self) -> Workflow:
        """The workflow."""
        return self.automation.workflow

    @property
    def policy(self) -> Policy:
        """Its policy."""
        return self.automation.policy

    @cached_property
    def certificate(self) -> Certificate | None:
        """What the cutoffs in force rest on, else the newest certificate or attempt at one."""
        in_force = self.automation.in_force
        return in_force.certificate if in_force and in_force.certificate else self.automation.certificate

    @property
    def certificate_state(self) -> tuple[str, str]:
        """Its state, in words and as a tone."""
        return wording.certificate(self.certificate, self.now)

    @cached_property
    def status(self) -> PromiseStatus:
        """Whether the promise is kept now."""
        watch = self.line.watch if self.line is not None and self.line.watch.ended_at is None else None
        return status_of(
            policy=self.policy,
            governing=self.automation.governing,
            certificate=self.certificate,
            watch=watch,
            now=self.now,
        )

    @cached_property
    def budget(self) -> BudgetView | None:
        """The error budget of the running period; None before the first."""
        period = running(self.workflow.id, now=self.now)
        return BudgetView(period, self.policy, self.now) if period else None

    @cached_property
    def ended_budgets(self) -> list[BudgetView]:
        """The latest periods that are over, newest first."""
        periods = ended(self.workflow.id, now=self.now)
        return [BudgetView(period, self.policy, self.now) for period in periods]

    @cached_property
    def terms(self) -> Terms | None:
        """Terms of a provisional certificate; None while reviewers' misses cannot be estimated."""
        if self.automation.release is None:
            return None
        try:
            return terms_of(self.policy, labels=self.automation.release.labels)
        except NothingKnown:
            return None

    @property
    def is_nothing_known(self) -> bool:
        """Whether the promise cannot be tested until known answers show what reviewers miss."""
        return self.automation.release is not None and self.terms is None

    @cached_property
    def misses(self) -> Misses:
        """Known-answer cases that the model, sure enough to decide, gets wrong: missed by people, and all."""
        return misses(self.workflow.id)

    @property
    def units_seen(self) -> list[UnitSeen]:
        """What the certificate says of each unit."""
        if self.certificate is None:
            return []
        passed = points_of(self.certificate)
        miss_bound = self.certificate.evidence.get("misses", {}).get("bound", 0.0)
        refuted: dict[str | None, list[float]] = {}
        for label, cutoff in self.certificate.refuted:
            refuted.setdefault(label, []).append(cutoff)
        return [
            UnitSeen(unit, refuted.get(unit["label"], []), len(passed.get(unit["label"], [])), miss_bound)
            for unit in self.certificate.seen["units"]
        ]

    @cached_property
    def labels_since(self) -> tuple[int, int, bool]:
        """Labels since the certificate, with how many it ends, and whether the count stopped early."""
        if self.certificate is None:
            return 0, 0, False
        most = LABELS_PER_LABEL * int(self.certificate.seen["n_labels"])
        labels = Label.objects.filter(workflow=self.workflow, at__gt=self.certificate.valid_from)
        labels = labels.exclude(purpose=Purpose.KNOWN_ANSWER).order_by()
        found = labels[: MAX_COUNTED + 1].count()
        return min(found, MAX_COUNTED), most, found > MAX_COUNTED

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
        """The running trial."""
        trial = open_trial_of(self.workflow.id)
        return progress_of(trial, now=self.now) if trial else None

    @cached_property
    def wait(self) -> Wait | None:
        """What full standing takes, while nothing is proved and no test is running."""
        return self.wait_at(self.week.total)

    def wait_at(self, weekly_cases: int) -> Wait | None:
        """Return the same where so many cases come in a week."""
        rule = self.automation.governing.rule
        if rule.basis is Basis.CERTIFIED or self.progress is not None or self.is_nothing_known:
            return None
        is_believed = self.certificate is not None and self.certificate.status in LIVE_CERTIFICATES
        return wait_for(
            self.policy,
            self.certificate if is_believed else None,
            target=self.terms.target if self.terms else self.policy.target,
            weekly_cases=weekly_cases,
        )

    @cached_property
    def live(self) -> LiveError | None:
        """The estimated error now; None without a model."""
        release = self.automation.release
        if release is None:
            return None
        return live_error(self.policy, release, now=self.now)

    @property
    def overlooked(self) -> float | None:
        """The largest share of mistakes that reviewers may miss, where that is allowed for and known."""
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
        return line_of(self.workflow.id, self.automation.in_force)

    @cached_property
    def pace(self) -> Pace:
        """People's work."""
        return pace_of(workflow_id=self.workflow.id, now=self.now)

    @cached_property
    def week(self) -> Traffic:
        """Routings of the last seven days."""
        return traffic_of_week(self.workflow.id, now=self.now)

    @property
    def rate_why(self) -> str:
        """Why the audit rate in force is what it is."""
        return rate_reason(self.policy, now=self.now)

    @cached_property
    def outlooks(self) -> list[Outlook]:
        """Why not more is automated, unit by unit."""
        automation, terms = self.automation, self.terms
        if automation.sample is None or automation.release is None or terms is None or self.live is None:
            return []
        return outlook.outlooks(
            automation.sample,
            automation.units,
            policy=self.policy,
            terms=terms,
            labels=automation.release.labels,
            fair_a_day=self.live.fair_a_day,
            now=self.now,
        )

    @cached_property
    def what_if(self) -> dict[str, Any] | None:
        """The numbers behind the sliders."""
        if not self.automation.units:
            return None
        delta = self.terms.delta if self.terms else 1 - self.policy.confidence
        return what_if(
            self.automation.units,
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


def promise_page_of(workflow: Workflow, *, now: datetime) -> PromisePage:
    """Return the page; its parts are read when the template asks."""
    return PromisePage(automation_page_of(workflow, now=now), now)
