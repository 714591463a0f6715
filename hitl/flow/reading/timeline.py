"""The history of one case as a timeline: who did what, when, on what grounds."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from django.utils.text import capfirst
from django.utils.translation import gettext, gettext_lazy, pgettext

from cases.models import Case, Voiding
from cases.types import CaseStatus
from hitl.audit.models import Entry as AuditEntry
from hitl.audit.sentences import sentence
from hitl.shared.numbers import number
from hitl.shared.words import shown
from hitl.web.format import percent
from hitl.web.timeline import Entry
from policy.models import Decision
from reviews.models import Review, Task
from reviews.types import TaskReason

_ORIGINS = {
    "import": gettext_lazy("Imported with its label"),
    "known_answer": gettext_lazy("Added as a known-answer case"),
}


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
    return [Entry(case.received_at, gettext("Received"), icon="download"), *answered]


def _received(case: Case) -> Entry:
    title = str(_ORIGINS.get(case.origin) or gettext("Received"))
    by = case.key.name if case.key else ""
    facts = ((gettext("Schema"), gettext("version %(number)s") % {"number": case.schema_version}),)
    return Entry(case.received_at, title, icon="download", by=by, facts=facts)


def _awaited(case: Case, decided: Sequence[Decision]) -> Sequence[Entry]:
    """Say that a case waits for the score of a model elsewhere, as long as it has no routing."""
    if decided or case.status != CaseStatus.WAITING:
        return ()
    note = gettext("A worker asks the model elsewhere that decides here; at the deadline a person is asked.")
    return (Entry(case.received_at, gettext("Its score is being asked for"), icon="clock", note=note),)


def _routed(decision: Decision) -> Entry:
    is_auto = decision.route == "auto"
    facts = (
        (gettext("Predicted"), decision.predicted or ""),
        (gettext("Score"), _score(decision)),
        (gettext("Confidence"), percent(decision.confidence) if decision.confidence is not None else ""),
        (gettext("Basis"), _grounds(decision)),
        (
            gettext("Blind label"),
            gettext("collected with a chance of %(chance)s")
            % {"chance": percent(decision.inclusion_probability)}
            if decision.inclusion_probability
            else "",
        ),
        (pgettext("of one decision", "Audit"), gettext("drawn for an audit") if decision.is_audited else ""),
        (
            gettext("Reviewer"),
            gettext("answers without sight of the model") if decision.is_blind and not is_auto else "",
        ),
        (
            pgettext("of the automation", "Policy"),
            gettext("version %(number)s") % {"number": decision.policy_version},
        ),
    )
    return Entry(
        decision.decided_at,
        gettext("Decided automatically: %(label)s") % {"label": decision.label}
        if is_auto
        else gettext("Sent to a person"),
        icon="zap" if is_auto else "user",
        tone="accent" if is_auto else "",
        by=gettext("model %(release)s") % {"release": decision.release}
        if decision.release
        else pgettext("who decided", "the rule"),
        note=_reason(decision),
        facts=_given(facts),
    )


def _score(decision: Decision) -> str:
    if decision.score is None:
        return ""
    score = number(decision.score, ".4f")
    if decision.cutoff is None:
        return gettext("%(score)s, no cutoff") % {"score": score}
    return gettext("%(score)s, cutoff %(cutoff)s") % {
        "score": score,
        "cutoff": number(decision.cutoff, ".4f"),
    }


def _grounds(decision: Decision) -> str:
    if decision.certificate:
        held = percent(decision.certificate.confidence, 0)
        said = {"target": percent(decision.certificate.target), "confidence": held}
        return gettext("certificate: at most %(target)s wrong at %(confidence)s") % said
    return gettext("cutoffs set by hand") if decision.cutoff_set else ""


def _decided(decision: Decision) -> Entry:
    decided = gettext("Decided: %(label)s") % {"label": decision.label}
    title = decided if decision.label else capfirst(decision.get_reason_display())
    return Entry(
        decision.decided_at,
        title,
        icon="circle-check" if decision.label else "undo-2",
        tone="good" if decision.label else "warn",
        by=decision.actor_name,
        note="" if decision.reason == "reviewed" else _reason(decision),
    )


def _reason(decision: Decision) -> str:
    return capfirst(decision.get_reason_display()) + "."


def _asked(case: Case) -> Iterable[Entry]:
    """Only tasks that came after the routing say something the routing does not."""
    for task in Task.objects.filter(case=case, created_at__gt=case.received_at):
        reasons = ", ".join(str(TaskReason(reason).label) for reason in task.reasons)
        note = gettext("Because: %(reasons)s.") % {"reasons": reasons}
        yield Entry(task.created_at, gettext("Given to a person again"), icon="user", note=note)


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
        facts = [(gettext("Time taken"), f"{review.seconds:.0f} s")]
        if with_purpose:
            facts = [
                (pgettext("why a person was asked", "Asked for"), review.task.get_purpose_display()),
                (gettext("Mode"), review.get_mode_display()),
                *facts,
            ]
        facts.append((gettext("Comment"), review.comment))
        yield Entry(
            review.submitted_at,
            gettext("Answered %(label)s") % {"label": review.label},
            icon="user-check",
            tone="good",
            by=review.reviewer.get_username(),
            facts=_given(facts),
        )
        if review.undone_at:
            voiding = voidings.get((review.reviewer_id, review.undone_at))
            yield Entry(
                review.undone_at,
                gettext("Answer voided") if voiding else gettext("Answer taken back"),
                icon="undo-2",
                tone="warn",
                by=voiding.asked_by if voiding else review.reviewer.get_username(),
                note=voiding.reason if voiding else "",
            )


def _logged(case: Case) -> Iterable[Entry]:
    for entry in AuditEntry.objects.filter(about_type="cases.case", about_id=str(case.pk)).order_by("number"):
        said = shown(sentence(entry.action, entry.detail))
        reason = str(entry.detail.get("reason") or "")
        yield Entry(entry.at, capfirst(said), icon="scroll-text", by=entry.actor_name, note=shown(reason))


def _given(facts: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in facts if value)
