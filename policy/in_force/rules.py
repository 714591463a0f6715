"""Build the rule for the next case; where rows are missing or contradict each other, people decide."""

import logging
from dataclasses import dataclass
from uuid import UUID

from cases.models import SchemaVersion
from hitl.stop.selectors import is_stopped, stop_in_force
from models_store.models import Release
from models_store.selectors import champion
from policy.in_force.basis import basis_of
from policy.models import CutoffSet, Policy
from policy.selectors import cutoffs_in_force
from science.decision_terms import Basis, Degree
from science.rule import PROVISIONAL_RAMP, Rule

log = logging.getLogger(__name__)

_CLOSED = Rule(labels=(), workflow_labels=frozenset(), degree=Degree.HUMAN_ONLY)


@dataclass(frozen=True, slots=True)
class Governing:
    """What is in force for a workflow at one `policy_version`: the rule, and the rows that decisions name.

    When no rule could be built, `rule` is one that sends every case to a person, and `trouble` tells the
    operator why. `stopped`: all automation was stopped when it was read, which writers compare as well.
    """

    rule: Rule
    policy_version: int
    release_id: UUID | None = None
    cutoff_set_id: UUID | None = None
    certificate_id: UUID | None = None
    stopped: bool = False
    trouble: str = ""

    @property
    def needs_scores(self) -> bool:
        """Whether the release scores the next case: never in `human_only`, never across schemas."""
        rule = self.rule
        return rule.degree is not Degree.HUMAN_ONLY and bool(rule.labels) and rule.schema_matches


def rule_for(workflow_id: UUID) -> Governing:
    """Return what is in force for the workflow, in four queries; bad rows never raise.

    The version is read before everything else and rises with every change, so a rule that mixes old and new
    rows carries a version that the write statement of intake refuses. There is no time in here: the rule
    carries the dates of its certificate, and `science.decide` compares them with the time of each case.
    """
    found = Policy.objects.select_related("workflow").annotate(stopped=is_stopped())
    policy = found.filter(workflow_id=workflow_id).first()
    if policy is None:
        stopped = stop_in_force() is not None
        return Governing(_CLOSED, 0, stopped=stopped, trouble="The workflow has no policy.")
    version, stopped = policy.workflow.policy_version, policy.stopped
    schema = SchemaVersion.objects.filter(
        workflow_id=workflow_id, number=policy.workflow.schema_version
    ).first()
    if schema is None:
        missing = "The workflow's current schema is missing."
        return Governing(_CLOSED, version, stopped=stopped, trouble=missing)
    release = champion(workflow_id)
    cutoffs = cutoffs_in_force(release.id) if release else None
    try:
        rule = _build(policy, schema, release, cutoffs, stopped=stopped)
    except (ValueError, TypeError, LookupError, AttributeError) as contradiction:
        log.warning("no rule", extra={"workflow": str(workflow_id), "trouble": repr(contradiction)})
        return Governing(_CLOSED, version, stopped=stopped, trouble=str(contradiction))
    return Governing(
        rule,
        version,
        release_id=release.id if release else None,
        cutoff_set_id=cutoffs.id if cutoffs else None,
        certificate_id=cutoffs.certificate_id if cutoffs else None,
        stopped=stopped,
    )


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
