"""Build the rule for the next case; where rows are missing or contradict each other, people decide."""

import logging
from collections.abc import Collection
from dataclasses import dataclass, replace
from uuid import UUID

from django.db.models import F

from cases.models import SchemaVersion
from hitl.shared.words import Words
from hitl.stop.selectors import is_stopped, stop_in_force
from models_store.models import Release
from models_store.selectors import champion, champions_of
from policy.in_force.basis import basis_of
from policy.models import CutoffSet, Policy
from policy.models.canaries import Canary
from policy.selectors import cutoffs_in_force, cutoffs_in_force_of, open_canary
from science.decision_terms import Basis, Degree
from science.ramp import ramp_of
from science.rule import Rule

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
        return Governing(Deciding(_CLOSED), 0, stopped=stopped, trouble=Words("The workflow has no policy."))
    stopped = policy.stopped
    schema = SchemaVersion.objects.filter(
        workflow_id=workflow_id, number=policy.workflow.schema_version
    ).first()
    release = champion(workflow_id)
    canary = open_canary(workflow_id) if release else None
    cutoffs = cutoffs_in_force(release.id) if release else None
    governing = _governing(policy, schema, release, cutoffs, stopped=stopped)
    if canary is None or schema is None or governing.trouble:
        return governing
    return replace(governing, canary=_canary(policy, schema, canary, stopped=stopped))


def rules_for(workflow_ids: Collection[UUID]) -> dict[UUID, Governing]:
    """Return what is in force for many workflows, in four queries; canaries are left out.

    For pages: intake asks for each with `rule_for`.
    """
    found = Policy.objects.select_related("workflow").annotate(stopped=is_stopped())
    policies = list(found.filter(workflow__in=workflow_ids))
    current = SchemaVersion.objects.filter(workflow__in=workflow_ids, number=F("workflow__schema_version"))
    schemas = {one.workflow_id: one for one in current}
    releases = champions_of(workflow_ids)
    cutoffs = cutoffs_in_force_of([one.pk for one in releases.values()])
    return {
        policy.workflow_id: _governing(
            policy,
            schemas.get(policy.workflow_id),
            release := releases.get(policy.workflow_id),
            cutoffs.get(release.pk) if release else None,
            stopped=policy.stopped,
        )
        for policy in policies
    }


def _governing(
    policy: Policy,
    schema: SchemaVersion | None,
    release: Release | None,
    cutoffs: CutoffSet | None,
    *,
    stopped: bool,
) -> Governing:
    """Return what is in force, but a canary; rows that contradict each other send every case to people."""
    version = policy.workflow.policy_version
    if schema is None:
        missing = Words("The workflow's current schema is missing.")
        return Governing(Deciding(_CLOSED), version, stopped=stopped, trouble=missing)
    try:
        deciding = _deciding(policy, schema, release, cutoffs, stopped=stopped)
    except (ValueError, TypeError, LookupError, AttributeError) as contradiction:
        facts = {"workflow": str(policy.workflow_id), "trouble": repr(contradiction)}
        log.warning("no rule", extra=facts)  # untranslated: a log
        return Governing(Deciding(_CLOSED), version, stopped=stopped, trouble=str(contradiction))
    return Governing(deciding, version, stopped=stopped)


def _deciding(
    policy: Policy,
    schema: SchemaVersion,
    release: Release | None,
    cutoffs: CutoffSet | None,
    *,
    stopped: bool,
) -> Deciding:
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
        cutoffs = cutoffs_in_force(canary.release_id)
        deciding = _deciding(policy, schema, canary.release, cutoffs, stopped=stopped)
        rule = deciding.rule
        degree = Degree.PARTIAL if rule.degree is Degree.FULL else rule.degree
        basis = Basis.NONE if rule.basis is Basis.BY_HAND else rule.basis
        rule = replace(rule, degree=degree, basis=basis, audit_rate=max(canary.audit_rate, rule.audit_rate))
        deciding = replace(deciding, rule=rule)
    except (ValueError, TypeError, LookupError, AttributeError) as contradiction:
        facts = {"workflow": str(policy.workflow_id), "trouble": repr(contradiction)}
        log.warning("no rule", extra=facts)  # untranslated: a log
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
        ramp=ramp_of(is_provisional=basis is Basis.PROVISIONAL),
    )
