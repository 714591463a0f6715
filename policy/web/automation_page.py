"""Everything the automation page shows of one workflow, read once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from operator import attrgetter
from typing import Any

from cases.models import Workflow
from hitl.web.timeline import Entry
from models_store.models import Release
from models_store.selectors import champion
from policy import selectors
from policy.in_force.evidence import hindrance
from policy.in_force.looked_at import looked_at
from policy.in_force.rules import Governing, rule_for
from policy.models import Certificate, CutoffSet, DegreeChange, Policy
from policy.proof.proofs import Sample
from policy.proof.samples import all_labels, believed
from policy.types import LIVE_CERTIFICATES, Scope
from policy.web import curves, wording
from policy.web.steps import Step, steps
from science.decision_terms import Basis, Degree, Reason

rank = attrgetter("rank")
ENDS_SOON = timedelta(days=14)


@dataclass(frozen=True)
class AutomationPage:
    """One workflow's automation at one moment. The longer questions are asked when the template asks them."""

    workflow: Workflow
    policy: Policy
    governing: Governing
    release: Release | None
    now: datetime

    @cached_property
    def looked_at(self) -> str:
        """The mark of what whoever decides on this page has looked at."""
        return looked_at(self.policy)

    @cached_property
    def in_force(self) -> CutoffSet | None:
        """The cutoffs in force."""
        return selectors.cutoffs_in_force(self.release.id) if self.release else None

    @cached_property
    def proposed(self) -> CutoffSet | None:
        """The cutoffs that wait for approval."""
        return selectors.proposed_cutoffs(self.release.id) if self.release else None

    @cached_property
    def asked(self) -> list[DegreeChange]:
        """The changes of degree that wait for approval."""
        return selectors.asked_changes(self.workflow.id)

    @cached_property
    def certificate(self) -> Certificate | None:
        """The newest certificate of the champion, or attempt at one."""
        return selectors.latest_certificate(self.release.id) if self.release else None

    @cached_property
    def live_certificate(self) -> Certificate | None:
        """The certificate that proves the present promise."""
        if self.release is None:
            return None
        return selectors.certificate_for(self.policy, self.release.id, now=self.now)

    @property
    def is_certificate_live(self) -> bool:
        """Whether the newest certificate still counts."""
        certificate = self.certificate
        return (
            certificate is not None
            and certificate.status in LIVE_CERTIFICATES
            and certificate.valid_from <= self.now < certificate.valid_until
        )

    @property
    def ends_soon(self) -> bool:
        """Whether people will decide again before long unless somebody certifies."""
        return (
            self.is_certificate_live
            and self.certificate is not None
            and self.certificate.valid_until - self.now < ENDS_SOON
        )

    @property
    def label_degrees(self) -> list[tuple[str, str, bool]]:
        """Each label's degree where each has its promise, and whether it is held below the workflow's."""
        if self.policy.scope != Scope.PER_LABEL or self.release is None:
            return []
        held = self.policy.label_degrees
        here = Degree(self.policy.degree)
        degrees = [
            (label, min(here, Degree(held.get(label, here)), key=rank)) for label in self.release.labels
        ]
        return [(label, wording.name(degree), degree is not here) for label, degree in degrees]

    @property
    def is_promise_off(self) -> bool:
        """Whether cases may be automated without proof."""
        return self.governing.rule.basis is Basis.BY_HAND

    @property
    def hides_everything(self) -> bool:
        """Whether people are shown nothing of the model, so that each of their answers is blind."""
        rule = self.governing.rule
        return not self.governing.needs_scores or rule.closed(self.now.timestamp()) is Reason.SHADOW

    @property
    def is_closed(self) -> bool:
        """Whether people decide every case, though the degree lets a model decide some."""
        rule = self.governing.rule
        return self.policy.automates and rule.closed(self.now.timestamp()) is not None

    @property
    def is_ramped(self) -> bool:
        """Whether only a share of what is accepted is automated."""
        return self.governing.rule.basis is Basis.PROVISIONAL

    @cached_property
    def steps(self) -> list[Step]:
        """The degrees, with what each would take."""
        return steps(
            self.policy.degree, lambda to: hindrance(self.workflow.id, degree=Degree(to), now=self.now)
        )

    @cached_property
    def fair_sample(self) -> Sample | None:
        """The labelled cases that a belief rests on."""
        return believed(self.release) if self.release else None

    @cached_property
    def sample(self) -> Sample | None:
        """The labelled cases behind the plots: those of a belief, or all if there are none of these."""
        return self.fair_sample or (all_labels(self.release) if self.release else None)

    @cached_property
    def units(self) -> list[curves.Unit]:
        """The units of the promise with their curves."""
        if self.sample is None or self.release is None:
            return []
        seen: dict[str, Any] = self.live_certificate.seen if self.live_certificate else {"units": []}
        return curves.units(
            self.sample,
            labels=self.release.labels,
            scope=self.policy.scope,
            in_force=self.in_force.cutoffs if self.in_force else {},
            passed={unit["label"]: unit["passed"] for unit in seen["units"]},
        )

    @cached_property
    def total(self) -> curves.Point | None:
        """What the cutoffs in force do to all labelled cases together."""
        if self.sample is None or self.release is None or self.in_force is None:
            return None
        return curves.total(self.sample, labels=self.release.labels, cutoffs=self.in_force.cutoffs)

    @cached_property
    def by_label(self) -> list[tuple[str, curves.Point, int]]:
        """What the one cutoff of an overall promise does to each label."""
        if self.policy.scope != Scope.OVERALL or not self.units or self.units[0].in_force is None:
            return []
        if self.sample is None or self.release is None:
            return []
        return curves.by_label(self.sample, labels=self.release.labels, cutoff=self.units[0].in_force)

    @cached_property
    def cutoff_history(self) -> list[CutoffSet]:
        """The latest cutoff sets."""
        return selectors.cutoff_history(self.workflow.id)

    @cached_property
    def degree_history(self) -> list[DegreeChange]:
        """The latest changes of degree."""
        return selectors.degree_history(self.workflow.id)

    @property
    def degree_entries(self) -> list[Entry]:
        """The same as entries of a timeline, newest first."""
        return [wording.degree_entry(change) for change in self.degree_history]

    @property
    def degree_tone(self) -> str:
        """How the degree is shown in a list."""
        return "accent" if Degree(self.policy.degree).automates else "neutral"

    @property
    def evidence(self) -> tuple[str, str]:
        """What the cutoffs in force rest on, in words and as a tone."""
        return wording.evidence(self.governing, self.now)

    @property
    def certificate_state(self) -> tuple[str, str]:
        """The state of the newest certificate, in words and as a tone."""
        return wording.certificate(self.certificate, self.now)

    @property
    def label_source(self) -> str:
        """Where the labels of the newest certificate came from."""
        return wording.source(self.certificate)

    @property
    def plots(self) -> dict[str, Any]:
        """What `cutoffs.js` draws."""
        return {"target": self.policy.target, "units": {unit.field: unit.to_json() for unit in self.units}}


def automation_page_of(workflow: Workflow, *, now: datetime) -> AutomationPage:
    """Read what the page begins with."""
    policy = Policy.objects.select_related("workflow").get(workflow=workflow)
    return AutomationPage(
        workflow=workflow,
        policy=policy,
        governing=rule_for(workflow.id),
        release=champion(workflow.id),
        now=now,
    )
