"""A model that errs on one kind of case, people who label alike cases differently, and cases that wait."""

from datetime import timedelta

import numpy as np

from cases.models import Case, Label, Workflow
from hitl.accounts.models import User
from hitl.shared.canonical import canonical_json, sha256
from models_store.models import Release
from models_store.selectors import champion
from policy.models import Decision
from reviews.models import Task
from tests.support.factories import NOW
from tests.support.inserting import insert
from tests.support.live_rows import answer
from tests.support.model_rows import applications, credit_workflow, train_now

FIELD, ODD = "Job", "freelance"  # the model errs half of the time on these, else once in twenty
DAY = timedelta(days=1)


def erring_workflow(n: int = 600) -> tuple[Workflow, Release]:
    """Return a trained workflow, and its champion that was asked about `n` times since."""
    workflow = credit_workflow(300)
    train_now(workflow)
    release = champion(workflow.pk)
    assert release is not None
    asked(release, n)
    return workflow, release


def asked(release: Release, n: int) -> None:
    """Let people answer blind about `n` cases of the model's: half it left to people, half are audits."""
    every, rng = applications()[300:], np.random.default_rng(3)
    good, bad = release.labels
    cases, decisions, labels = [], [], []
    for i in range(n):
        content, pi = every[i % len(every)].content, 1.0 if i % 2 else 0.1
        wrong = rng.random() < (0.5 if content[FIELD] == ODD else 0.05)
        said = bad if wrong else good
        at = NOW - DAY + i * timedelta(seconds=1)
        case = Case(
            workflow_id=release.workflow_id,
            schema_version=1,
            content=content,
            content_sha256=sha256(canonical_json({**content, "i": i})),
            entity=f"customer-{rng.integers(0, 20)}",
            status="decided",
            answer=said,
            received_at=at,
            changed_at=at,
        )
        cases.append(case)
        decision = Decision(
            case=case,
            epoch=1,
            sequence=0,
            workflow_id=release.workflow_id,
            route="review",
            reason="below_cutoff",
            predicted=good,
            score=0.6,
            confidence=0.6,
            cutoff=0.9,
            release=release,
            inclusion_probability=pi,
            reference_rate=pi,
            uniform=pi / 2,
            is_blind=True,
            policy_version=1,
            actor_kind="system",
            actor_id="rule",
            actor_name="rule",
            arrived_at=at,
            decided_at=at,
        )
        decisions.append(decision)
        labels.append(answer(decision, said, at=at))
    insert(cases)
    insert(decisions)
    insert(labels)


def waiting_with_suggestions(
    release: Release, n: int, *, mode: str = "assisted", reason: str = "uncertain"
) -> list[Task]:
    """Let `n` cases wait, with the model's suggestion where the mode shows one; the later the surer."""
    every, good = applications()[300:], release.labels[0]
    cases = insert(
        Case(
            workflow_id=release.workflow_id,
            schema_version=1,
            content=every[i % len(every)].content,
            content_sha256=sha256(f"{mode} {reason} {i}".encode()),
            status="waiting",
            received_at=NOW,
            changed_at=NOW,
        )
        for i in range(n)
    )
    shown = {"suggestion": good, "release": release} if mode == "assisted" else {}
    return insert(
        Task(
            case=case,
            workflow_id=release.workflow_id,
            schema_version=1,
            mode=mode,
            reasons=[reason],
            confidence=0.5 + 0.45 * i / n if mode == "assisted" else None,
            created_at=NOW,
            due_at=NOW + DAY,
            **shown,
        )
        for i, case in enumerate(cases)
    )


def labelled_by(release: Release, pairs: list[tuple[User, str, User, str]]) -> None:
    """Let two people label the same content, pair by pair."""
    for i, (one, label, other, second) in enumerate(pairs):
        content = applications()[i].content
        for person, said in ((one, label), (other, second)):
            case = Case.objects.create(
                workflow_id=release.workflow_id,
                schema_version=1,
                content=content,
                content_sha256=sha256(b"pair %d" % i),
                status="decided",
                answer=said,
                received_at=NOW,
                changed_at=NOW,
            )
            Label.objects.create(
                case=case,
                workflow_id=release.workflow_id,
                schema_version=1,
                label=said,
                purpose="review",
                labelled_by=person,
                is_blind=True,
                at=NOW,
            )
