"""What is in force for a workflow, kept in the memory of each process, so that a case costs one statement.

A snapshot names the `policy_version` it was read under; the write statement compares it and refuses an old
one, so that a tripped breaker, a changed cutoff or a new model holds from the next case on everywhere
(ADR 0006). It compares as well whether all automation was stopped, which changes no workflow.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from uuid import UUID

from cases.content import Checker, checker_for
from cases.groups import Grouper
from cases.models import Workflow
from cases.selectors import schema_in_force
from hitl.outbox.events import endpoints_for
from hitl.shared.errors import HitlError, NotFound
from hitl.shared.words import Words
from models_store.models import Release, Source
from models_store.selectors import sources_in_use
from models_store.serving import served_model
from policy.in_force.rules import Deciding, rule_for
from reviews.models import ReviewRules
from science.arms import is_within
from science.fields import Kind, Schema
from science.rule import Rule
from science.serving import ScoreSource, source_model

log = logging.getLogger(__name__)


class WorkflowArchived(HitlError):
    """This workflow is archived and takes no new cases."""

    code, status = "workflow_archived", 409


@dataclass(frozen=True, slots=True)
class Decider:
    """One release ready to decide, with the rule for its arms and the rows that its decisions name."""

    rule: Rule
    served: ScoreSource | None
    release_id: UUID | None
    release_name: str | None
    cutoff_set_id: UUID | None
    certificate_id: UUID | None
    awaits: str | None = None  # hash of a source without whose score it may not know
    is_missing: bool = False  # its model is needed and could not be loaded

    @property
    def is_partial(self) -> bool:
        """Whether its model keeps some of the probability for labels that it was not taught."""
        return self.served is not None and self.served.is_partial


@dataclass(frozen=True, slots=True)
class CanaryArms:
    """The run of arms that falls to a canary instead of the champion."""

    decider: Decider
    first_arm: int
    share: int


@dataclass(frozen=True, slots=True)
class WorkflowInForce:
    """Everything that deciding and writing a case needs to know."""

    workflow_id: UUID
    slug: str
    policy_version: int
    stopped: bool  # all automation was, when this was read
    schema_version: int
    schema: Schema
    checker: Checker
    grouper: Grouper
    champion: Decider
    canary: CanaryArms | None
    due_after: timedelta
    review_rules: ReviewRules
    costs: dict[str, float]  # by label, what taking another for it costs
    has_subscribers: bool
    is_archived: bool
    entity_field: str  # names what cases belong to; "" where none does
    media_fields: dict[str, Kind]  # by name
    sources: dict[tuple[str, str], Source]  # whose scores come with cases, by model and version
    remote: list[Source]  # whose scores workers ask for
    tried_again_at: float | None  # monotonic; None unless a model could not be loaded

    def decider_of(self, arm: int | None) -> Decider:
        """Return who decides the cases of an arm."""
        canary = self.canary
        if canary is not None and is_within(arm, first=canary.first_arm, share=canary.share):
            return canary.decider
        return self.champion


RETRY_SECONDS = 5.0  # between two tries to load a model that could not be: it may have been mended
_cache: dict[str, WorkflowInForce] = {}


def workflow_in_force(slug: str) -> WorkflowInForce:
    """Return what is in force, from memory or, at first use, from the database.

    Raises:
        NotFound: there is no such workflow.
    """
    kept = _cache.get(slug)
    if kept is None or _may_be_mended(kept):
        return _read(slug)
    return kept


def _may_be_mended(kept: WorkflowInForce) -> bool:
    return kept.tried_again_at is not None and monotonic() - kept.tried_again_at >= RETRY_SECONDS


def is_current(current: WorkflowInForce) -> bool:
    """Ask the database whether anything has changed since; for paths on which no write statement compares."""
    return Workflow.objects.filter(pk=current.workflow_id, policy_version=current.policy_version).exists()


def forget(slug: str | None = None) -> None:
    """Forget one workflow, or all of them."""
    if slug is None:
        _cache.clear()
    else:
        _cache.pop(slug, None)


def _read(slug: str) -> WorkflowInForce:
    # The version is read first: whatever changes while the rest is read makes it old, and the write refuses.
    workflow = Workflow.objects.filter(slug=slug).first()
    if workflow is None:
        raise NotFound(Words('There is no workflow "%(slug)s", or it is not yours.', slug=slug[:60]))
    version = schema_in_force(workflow)
    schema = version.schema
    governing = rule_for(workflow.id)
    rules = ReviewRules.objects.get(workflow=workflow)
    champion, canary = _decider(governing.champion), None
    if governing.canary is not None:
        share = governing.canary
        canary = CanaryArms(_decider(share.deciding), share.first_arm, share.share)
    sources = sources_in_use(workflow.id)
    is_missing = champion.is_missing or (canary is not None and canary.decider.is_missing)
    snapshot = WorkflowInForce(
        workflow_id=workflow.id,
        slug=slug,
        policy_version=workflow.policy_version,
        stopped=governing.stopped,
        schema_version=workflow.schema_version,
        schema=schema,
        checker=checker_for(schema),
        grouper=Grouper(schema),
        champion=champion,
        canary=canary,
        due_after=timedelta(hours=rules.due_hours),
        review_rules=rules,
        costs={label["name"]: float(label.get("cost", 1.0)) for label in version.labels},
        has_subscribers=bool(
            endpoints_for("case.decided", workflow.id) or endpoints_for("case.submitted", workflow.id)
        ),
        is_archived=workflow.archived_at is not None,
        entity_field=workflow.entity_field,
        media_fields={field.name: field.kind for field in schema.fields if field.is_media},
        sources={name: one for name, one in sources.items() if not one.is_remote},
        remote=[one for one in sources.values() if one.is_remote],
        tried_again_at=monotonic() if is_missing else None,
    )
    _cache[slug] = snapshot
    return snapshot


def _decider(deciding: Deciding) -> Decider:
    release = (
        Release.objects.only("id", "number", "artifact_sha256").get(pk=deciding.release_id)
        if deciding.release_id
        else None
    )
    served = _served(deciding)
    elsewhere = source_model(served)
    return Decider(
        rule=deciding.rule,
        served=served,
        release_id=deciding.release_id,
        release_name=release.name if release else None,
        cutoff_set_id=deciding.cutoff_set_id,
        certificate_id=deciding.certificate_id,
        awaits=elsewhere.source if elsewhere is not None and deciding.rule.schema_matches else None,
        is_missing=served is None and release is not None and deciding.needs_scores,
    )


def _served(deciding: Deciding) -> ScoreSource | None:
    """Load the model; one that cannot be loaded sends every case to a person rather than failing it."""
    if deciding.release_id is None or not deciding.needs_scores:
        return None
    try:
        return served_model(deciding.release_id)
    except Exception:
        log.exception("model not loaded, its cases go to people", extra={"release": str(deciding.release_id)})
        return None
