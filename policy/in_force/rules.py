"""Build the rule for the next case; where rows are missing or contradict each other, people decide."""

import logging
from dataclasses import dataclass, replace
from uuid import UUID

from cases.models import SchemaVersion
from hitl.stop.selectors import is_stopped, stop_in_force
from models_store.models import Release
from models_store.selectors import champion
from policy.canary_models import Canary
from policy.in_force.basis import basis_of
from policy.models import CutoffSet, Policy
from policy.selectors import cutoffs_in_force, open_canary
from science.decision_terms import Basis, Degree
from science.rule import PROVISIONAL_RAMP, Rule

log = logging.getLogger(__name__)

_CLOSED = Rule(labels=(), workflow_labels=frozenset(), degree=Degree.HUMAN_ONLY)


@dataclass(frozen=True, slots=True)
class Deciding:
    """One release's rule at one `policy_version`, and the rows that its decisions name."""

    rule: Rule
    release_id: UUID | None = None
    cutoff_set_id: UUID | None = None
    certificate_id: UUID | None = None

    @property
    def needs_scores(self) -> bool:
        """Whether the release scores the next case: never in `human_only`, never across schemas."""
        rule = self.rule
        return rule.degree is not Degree.HUMAN_ONLY and bool(rule.labels) and rule.schema_matches


@dataclass(frozen=True, slots=True)
class DecidingShare:
    """What a canary decides under, and the run of arms that falls to it."""

    deciding: Deciding
    first_arm: int
    share: int


@dataclass(frozen=True, slots=True)
class Governing:
    """What is in force for a workflow at one `policy_version`: the champion's rule, and a canary's if there
    is one.

    When no rule could be built, `rule` is one that sends every case to a person, and `trouble` tells the
    operator why. `stopped`: all automation was stopped when it was read, which writers compare as well.
    """

    champion: Deciding
    policy_version: int
    canary: DecidingShare | None = None
    stopped: bool = False
    trouble: str = ""

    @property
    def rule(self) -> Rule:
        """The champion's rule."""
        return self.champion.rule

    @property
    def release_id(self) -> UUID | None:
        """The champion."""
        return self.champion.release_id

    @property
    def cutoff_set_id(self) -> UUID | None:
        """The champion's cutoffs."""
        return self.champion.cutoff_set_id

    @property
    def certificate_id(self) -> UUID | None:
        """What these rest on."""
        return self.champion.certificate_id

    @property
    def needs_scores(self) -> bool:
        """Whether the champion scores the next case."""
        return self.champion.needs_scores


def rule_for(workflow_id: UUID) -> Governing:
    """Return what is in force for the workflow, in five queries, and two more for a canary; bad rows never
    raise.

    The version is read before everything else and rises with every change, so a rule that mixes old and new
    rows carries a version that the write statement of intake refuses. There is no time in here: the rule
    carries the dates of its certificate, and `science.decide` compares them with the time of each case.
    """
    found = Policy.objects.select_related("workflow").annotate(stopped=is_stopped())
    policy = found.filter(workflow_id=workflow_id).first()
    if policy is None:
        stopped = stop_in_force() is not None
        return Governing(Deciding(_CLOSED), 0, stopped=stopped, trouble="The workflow has no policy.")
    version, stopped = policy.workflow.policy_version, policy.stopped
    schema = SchemaVersion.objects.filter(
        workflow_id=workflow_id, number=policy.workflow.schema_version
    ).first()
    if schema is None:
        missing = "The workflow's current schema is missing."
        return Governing(Deciding(_CLOSED), version, stopped=stopped, trouble=missing)
    release = champion(workflow_id)
    canary = open_canary(workflow_id) if release else None
    try:
        deciding = _deciding(policy, schema, release, stopped=stopped)
    except (ValueError, TypeError, LookupError, AttributeError) as contradiction:
        log.warning("no rule", extra={"workflow": str(workflow_id), "trouble": repr(contradiction)})
        return Governing(Deciding(_CLOSED), version, stopped=stopped, trouble=str(contradiction))
    share = _canary(policy, schema, canary, stopped=stopped) if canary else None
    return Governing(deciding, version, canary=share, stopped=stopped)


def _deciding(policy: Policy, schema: SchemaVersion, release: Release | None, *, stopped: bool) -> Deciding:
    cutoffs = cutoffs_in_force(release.id) if release else None
    return Deciding(
        _build(policy, schema, release, cutoffs, stopped=stopped),
        release_id=release.id if release else None,
        cutoff_set_id=cutoffs.id if cutoffs else None,
        certificate_id=cutoffs.certificate_id if cutoffs else None,
    )


def _canary(policy: Policy, schema: SchemaVersion, canary: Canary, *, stopped: bool) -> DecidingShare:
    """Return what a canary's arms are decided under: proved cutoffs of its own, or people.

    A rule that cannot be built closes these arms and no others. Automating every case is the champion's
    alone.
    """
    try:
        deciding = _deciding(policy, schema, canary.release, stopped=stopped)
        rule = deciding.rule
        degree = Degree.PARTIAL if rule.degree is Degree.FULL else rule.degree
        basis = Basis.NONE if rule.basis is Basis.BY_HAND else rule.basis
        rule = replace(rule, degree=degree, basis=basis, audit_rate=max(canary.audit_rate, rule.audit_rate))
        deciding = replace(deciding, rule=rule)
    except (ValueError, TypeError, LookupError, AttributeError) as contradiction:
        facts = {"workflow": str(policy.workflow_id), "trouble": repr(contradiction)}
        log.warning("no rule", extra=facts)
        deciding = Deciding(_CLOSED, release_id=canary.release_id)
    return DecidingShare(deciding, canary.first_arm, canary.share)


def _build(
    policy: Policy,
    schema: SchemaVersion,
    release: Release | None,
    cutoffs: CutoffSet | None,
    *,
    stopped: bool,
) -> Rule:
    labels = tuple(release.labels) if release else ()
    basis = basis_of(cutoffs, policy=policy, labels=labels)
    certificate = cutoffs.certificate if cutoffs and basis is not Basis.NONE else None
    numbers = cutoffs.cutoffs if cutoffs and basis is not Basis.NONE else {}
    return Rule(
        labels=labels,
        workflow_labels=frozenset(schema.label_names),
        degree=Degree(policy.degree),
        label_degrees={label: Degree(degree) for label, degree in policy.label_degrees.items()},
        scope="per_label" if policy.scope == "per_label" else "overall",
        cutoffs={label: float(cutoff) for label, cutoff in numbers.items()},
        basis=basis,
        valid_from=certificate.valid_from.timestamp() if certificate else None,
        valid_until=certificate.valid_until.timestamp() if certificate else None,
        breaker_tripped=policy.breaker_tripped_at is not None,
        stopped=stopped,
        schema_matches=release is None or release.schema_sha256 == schema.schema.sha256(),
        audit_rate=policy.audit_rate,
        audit_base=policy.audit_base,
        blind_share=policy.blind_rate,
        ramp=PROVISIONAL_RAMP if basis is Basis.PROVISIONAL else 1.0,
    )
