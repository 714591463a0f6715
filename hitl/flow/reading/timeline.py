"""The history of one case as a timeline: who did what, when, on what grounds."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from cases.models import Case, Voiding
from cases.types import CaseStatus
from hitl.audit.models import Entry as AuditEntry
from hitl.audit.sentences import sentence
from hitl.web.format import percent
from hitl.web.timeline import Entry
from policy.models import Decision
from reviews.models import Review, Task
from reviews.types import TaskReason

_ORIGINS = {"import": "Imported with its label", "known_answer": "Added as a known-answer case"}


def whole_history(case: Case) -> list[Entry]:
    """Return everything that happened, for leads, operators, administrators and auditors."""
    reviews = list(Review.objects.filter(case=case).select_related("reviewer", "task"))
    decisions = Decision.objects.filter(case=case).select_related("release", "cutoff_set", "certificate")
    decided = list(decisions.order_by("epoch", "sequence"))
    entries = [
        _received(case),
        *(_routed(decision) for decision in decided if decision.sequence == 0),
        *_awaited(case, decided),
        *_asked(case),
        *_answered(reviews, with_purpose=True, voidings=_voidings_of(reviews)),
        *(_decided(decision) for decision in decided if decision.sequence > 0),
        *_logged(case),
    ]
    return sorted(
        entries, key=lambda entry: entry.at
    )  # stable: of what happened at once, the cause stands first


def history_for_reviewer(case: Case, own: Review | None) -> list[Entry]:
    """Return when the case came in and what the person answered themselves; nothing that followed from it."""
    answered = _answered([own], with_purpose=False) if own else ()
    return [Entry(case.received_at, "Received", icon="download"), *answered]


def _received(case: Case) -> Entry:
    title = _ORIGINS.get(case.origin, "Received")
    by = case.key.name if case.key else ""
    facts = (("Schema", f"version {case.schema_version}"),)
    return Entry(case.received_at, title, icon="download", by=by, facts=facts)


def _awaited(case: Case, decided: Sequence[Decision]) -> Sequence[Entry]:
    """Say that a case waits for the score of a model elsewhere, as long as it has no routing."""
    if decided or case.status != CaseStatus.WAITING:
        return ()
    note = "A worker asks the model elsewhere that decides here; at the deadline a person is asked."
    return (Entry(case.received_at, "Its score is being asked for", icon="clock", note=note),)


def _routed(decision: Decision) -> Entry:
    is_auto = decision.route == "auto"
    facts = (
        ("Predicted", decision.predicted or ""),
        ("Score", _score(decision)),
        ("Confidence", percent(decision.confidence) if decision.confidence is not None else ""),
        ("Basis", _grounds(decision)),
        (
            "Blind label",
            f"collected with a chance of {percent(decision.inclusion_probability)}"
            if decision.inclusion_probability
            else "",
        ),
        ("Audit", "drawn for an audit" if decision.is_audited else ""),
        ("Reviewer", "answers without sight of the model" if decision.is_blind and not is_auto else ""),
        ("Policy", f"version {decision.policy_version}"),
    )
    return Entry(
        decision.decided_at,
        f"Decided automatically: {decision.label}" if is_auto else "Sent to a person",
        icon="zap" if is_auto else "user",
        tone="accent" if is_auto else "",
        by=f"model {decision.release}" if decision.release else "the rule",
        note=decision.get_reason_display().capitalize() + ".",
        facts=_given(facts),
    )


def _score(decision: Decision) -> str:
    if decision.score is None:
        return ""
    cutoff = f", cutoff {decision.cutoff:.4f}" if decision.cutoff is not None else ", no cutoff"
    return f"{decision.score:.4f}{cutoff}"


def _grounds(decision: Decision) -> str:
    if decision.certificate:
        held = percent(decision.certificate.confidence, 0)
        return f"certificate: at most {percent(decision.certificate.target)} wrong at {held}"
    return "cutoffs set by hand" if decision.cutoff_set else ""


def _decided(decision: Decision) -> Entry:
    title = f"Decided: {decision.label}" if decision.label else decision.get_reason_display().capitalize()
    return Entry(
        decision.decided_at,
        title,
        icon="circle-check" if decision.label else "undo-2",
        tone="good" if decision.label else "warn",
        by=decision.actor_name,
        note="" if decision.reason == "reviewed" else decision.get_reason_display().capitalize() + ".",
    )


def _asked(case: Case) -> Iterable[Entry]:
    """Only tasks that came after the routing say something the routing does not."""
    for task in Task.objects.filter(case=case, created_at__gt=case.received_at):
        reasons = ", ".join(str(TaskReason(reason).label) for reason in task.reasons)
        yield Entry(task.created_at, "Given to a person again", icon="user", note=f"Because: {reasons}.")


def _voidings_of(reviews: Iterable[Review]) -> dict[tuple[int, datetime], Voiding]:
    """Return the voidings that took answers back, by whose answers and when."""
    people = {review.reviewer_id for review in reviews if review.undone_at}
    if not people:
        return {}
    return {(v.reviewer_id, v.at): v for v in Voiding.objects.filter(reviewer_id__in=people)}


def _answered(
    reviews: Iterable[Review],
    *,
    with_purpose: bool,
    voidings: Mapping[tuple[int, datetime], Voiding] = MappingProxyType({}),
) -> Iterable[Entry]:
    for review in reviews:
        facts = [("Time taken", f"{review.seconds:.0f} s")]
        if with_purpose:
            facts = [
                ("Asked for", review.task.get_purpose_display()),
                ("Mode", review.get_mode_display()),
                *facts,
            ]
        facts.append(("Comment", review.comment))
        yield Entry(
            review.submitted_at,
            f"Answered {review.label}",
            icon="user-check",
            tone="good",
            by=review.reviewer.get_username(),
            facts=_given(facts),
        )
        if review.undone_at:
            voiding = voidings.get((review.reviewer_id, review.undone_at))
            yield Entry(
                review.undone_at,
                "Answer voided" if voiding else "Answer taken back",
                icon="undo-2",
                tone="warn",
                by=voiding.asked_by if voiding else review.reviewer.get_username(),
                note=voiding.reason if voiding else "",
            )


def _logged(case: Case) -> Iterable[Entry]:
    for entry in AuditEntry.objects.filter(about_type="cases.case", about_id=str(case.pk)).order_by("number"):
        said = sentence(entry.action, entry.detail)
        reason = str(entry.detail.get("reason") or "")
        yield Entry(
            entry.at, said[:1].upper() + said[1:], icon="scroll-text", by=entry.actor_name, note=reason
        )


def _given(facts: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in facts if value)
