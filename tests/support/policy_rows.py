"""Situations of policy for tests: a workflow, the model that scores for it, and what was proved about it."""

from datetime import datetime, timedelta
from hashlib import sha256
from itertools import count
from typing import Any

from cases.models import SchemaVersion, Workflow
from hitl.accounts.models import User
from hitl.accounts.types import Role
from hitl.shared.actor import Actor
from models_store.models import Release, RoleSpan
from models_store.types import ReleaseRole
from policy.models import Certificate, CutoffSet, Policy
from science.fields import Schema
from tests.support.factories import LABELS, NOW, TEXT_FIELDS

_number = count(1)
LABEL_NAMES = [label["name"] for label in LABELS]
GRID = [0.9990000000000001, 0.97, 0.9500000000000001, 0.9, 0.7, 0.0]
PASSED = GRID[1:4]


def workflow_with_policy(**policy: Any) -> Workflow:
    """Return a workflow with its schema and policy, and no model."""
    schema = Schema.from_json({"fields": TEXT_FIELDS, "labels": LABEL_NAMES})
    workflow = Workflow.objects.create(slug=f"mail-{next(_number)}", name="Mail", created_at=NOW)
    SchemaVersion.objects.create(
        workflow=workflow,
        number=1,
        fields=[field.to_json() for field in schema.fields],
        labels=LABELS,
        schema_sha256=schema.sha256(),
        created_at=NOW,
    )
    Policy.objects.create(workflow=workflow, **policy)
    return workflow


def champion_of(workflow: Workflow, **fields: Any) -> Release:
    """Return a release that scores for the workflow now."""
    schema = SchemaVersion.objects.get(workflow=workflow, number=workflow.schema_version)
    number = next(_number)
    release = Release.objects.create(
        workflow=workflow,
        number=number,
        schema_version=schema.number,
        schema_sha256=fields.pop("schema_sha256", schema.schema_sha256),
        labels=fields.pop("labels", LABEL_NAMES),
        artifact_sha256=sha256(b"%d" % number).hexdigest(),
        artifact_bytes=1,
        signature=bytes(32),
        manifest={},
        report={},
        created_at=NOW,
    )
    role = fields.pop("role", ReleaseRole.CHAMPION)
    RoleSpan.objects.create(workflow=workflow, release=release, role=role, since=NOW, by="tests")
    return release


def certificate_of(release: Release, **fields: Any) -> Certificate:
    """Return a live certificate of the release that proves its workflow's present promise."""
    policy = Policy.objects.get(workflow_id=release.workflow_id)
    units = [None] if policy.scope == "overall" else release.labels
    passed = fields.pop("passed", PASSED)
    seen = {"n_labels": 2000, "units": [_unit(unit, passed) for unit in units]}
    values: dict[str, Any] = {
        "status": "provisional",
        "scope": policy.scope,
        "target": policy.target,
        "confidence": policy.confidence,
        "method": "out_of_fold",
        "seen": seen,
        "evidence": {},
        "valid_from": NOW - timedelta(days=1),
        "valid_until": NOW + timedelta(days=90),
        "attempt_sha256": f"{next(_number)}",
        "made_by": "tests",
    }
    return Certificate.objects.create(workflow_id=release.workflow_id, release=release, **(values | fields))


def _unit(label: str | None, passed: list[float]) -> dict[str, Any]:
    """Return what `policy.proof.proofs` says of a unit that passed at these points, or at none."""
    return {
        "label": label,
        "n_labels": 1000,
        "cutoff": passed[-1] if passed else None,
        "passed": passed,
        "automation": 0.7 if passed else 0.0,
        "n_accepted": 700 if passed else 0,
        "n_wrong": 1.0 if passed else 0.0,
        "upper_bound": 0.0068 if passed else 0.02,
        "why": "" if passed else "Too few labels.",
        "labels_needed": None,
    }


def cutoffs_of(release: Release, certificate: Certificate | None, **fields: Any) -> CutoffSet:
    """Return cutoffs in force of the release, resting on the certificate if there is one."""
    values: dict[str, Any] = {
        "scope": certificate.scope if certificate else release.workflow.policy.scope,
        "cutoffs": dict.fromkeys(release.labels, PASSED[-1]),
        "basis": certificate.status if certificate else "by_hand",
        "reason": "tests",
        "made_at": NOW,
        "in_force_from": NOW,
    }
    return CutoffSet.objects.create(
        workflow_id=release.workflow_id, release=release, certificate=certificate, **(values | fields)
    )


def automating_workflow(**policy: Any) -> Workflow:
    """Return a workflow at `partial` whose champion has certified cutoffs in force."""
    workflow = workflow_with_policy(**({"degree": "partial"} | policy))
    release = champion_of(workflow)
    cutoffs_of(release, certificate_of(release))
    return workflow


def operator(name: str = "") -> Actor:
    """Return an operator."""
    return _actor(name, Role.OPERATOR)


def lead(name: str = "") -> Actor:
    """Return a lead."""
    return _actor(name, Role.LEAD)


def reviewer(name: str = "") -> Actor:
    """Return a reviewer."""
    return _actor(name, Role.REVIEWER)


def _actor(name: str, role: str) -> Actor:
    user = User.objects.create_user(username=name or f"{role}{next(_number)}", roles=[role])
    return user.as_actor()


def minutes_later(minutes: float) -> datetime:
    """Return a time after NOW."""
    return NOW + timedelta(minutes=minutes)
