"""A release's share of the decisions, as a part of its page: what is known, and what may be done."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_GET

from hitl.accounts.automation import LOWERERS, RAISERS
from hitl.shared import clock
from hitl.shared.actor import Actor
from hitl.shared.errors import HitlError, Invalid, Problem, in_words
from hitl.shared.given_reason import reason_problem
from hitl.shared.numbers import number
from hitl.shared.words import Words, shown
from hitl.web.views import person
from models_store.access import release_for
from models_store.models import Release
from models_store.selectors import roles_now
from models_store.types import ReleaseRole
from models_store.web.actions import Refused, acts
from monitoring.watch.canary import changes
from policy import selectors
from policy.models.canaries import STEPS, Canary
from policy.services import canaries, canary_start
from policy.types import ReleaseAction
from science.canary.step import ALPHA, HARM
from science.intervals import wilson_interval


@dataclass(frozen=True)
class ShownCanary:
    """A canary with what pages say of it; before the first look nothing is known."""

    canary: Canary

    @property
    def share(self) -> str:
        """Of the cases."""
        return f"{number(self.canary.share / 100, 'g')} %"

    @property
    def next_share(self) -> str:
        """Of the step after this; empty at the last."""
        share = self.canary.next_share
        return "" if share is None else f"{number(share / 100, 'g')} %"

    @property
    def verdict(self) -> dict[str, Any]:
        """Of the last look."""
        found: dict[str, Any] = self.canary.verdict
        return found

    @property
    def expected_at(self) -> datetime | None:
        """When this step's answers and time are probably there."""
        at = self.verdict.get("expected_at")
        return datetime.fromisoformat(at) if at else None

    @property
    def is_late(self) -> bool:
        """Whether that has passed."""
        return self.expected_at is not None and self.expected_at < clock.now()

    @property
    def error(self) -> float | None:
        """Share of its audited decisions that are wrong."""
        return self._rate("wrong", "labels")

    @property
    def champion_error(self) -> float | None:
        """The same of the champion, its history included."""
        return self._rate("champion_wrong", "champion_labels")

    @property
    def error_interval(self) -> tuple[float, float]:
        """Of its error, at 95 %."""
        return wilson_interval(self.error or 0.0, self.verdict["labels"])

    @property
    def champion_interval(self) -> tuple[float, float]:
        """Of the champion's."""
        return wilson_interval(self.champion_error or 0.0, self.verdict["champion_labels"])

    def _rate(self, wrong: str, labels: str) -> float | None:
        n = self.verdict.get(labels)
        return self.verdict[wrong] / n if n else None

    @property
    def against(self) -> list[tuple[str, str]]:
        """How far the evidence against it has come: what it is held against, and how far, in words."""
        harm = self.verdict.get("harm", {})
        words = {"champion": gettext("Worse than champion"), "promise": gettext("Breaks promise")}
        evidence = gettext("evidence %(evidence)s to 1; at %(limit)s to 1 it is rolled back")
        return [
            (
                words[name],
                evidence
                % {"evidence": number(harm[name], ".3g"), "limit": number(1 / (ALPHA * share), ".0f")},
            )
            for name, share in HARM.items()
            if name in harm
        ]

    @property
    def stages(self) -> list[tuple[str, int, int]]:
        """Cases of this step that were assigned and lost, in the champion's arms and in the canary's."""
        arms = self.verdict.get("arms")
        if not arms:
            return []
        champion, canary = arms
        return [
            (gettext("Came in"), champion["assigned"], canary["assigned"]),
            (gettext("Not scored"), champion["unscored"], canary["unscored"]),
            (gettext("Score not usable"), champion["unusable"], canary["unusable"]),
            (gettext("Accepted by the model"), champion["accepted"], canary["accepted"]),
        ]


@login_required
@require_GET
def canary_part(request: HttpRequest, release_id: UUID) -> HttpResponse:
    """Show what share a release decides, what is known of it, and what waits for a second person."""
    actor = person(request).as_actor()
    return render(request, "monitoring/canary.html", _context(release_for(actor, release_id), actor))


def _context(release: Release, actor: Actor) -> dict[str, Any]:
    now = clock.now()
    policy = release.workflow.policy
    going = selectors.canary_of(release.pk)
    span = roles_now(release.workflow_id).get(release.pk)
    role = span.role if span else ReleaseRole.TRAINED
    missing = canary_start.hindrance(policy, release, now=now) if role == ReleaseRole.SHADOW else ""
    waiting = selectors.release_change_asked(release.pk)
    return {
        "release": release,
        "policy": policy,
        "shown": ShownCanary(going) if going and role == ReleaseRole.CANARY else None,
        "last": selectors.last_canary_of(release.pk),
        "bake": selectors.bake_of(release.pk),
        "baked": selectors.bake_that_returned(release.pk),
        "in_shadow": role == ReleaseRole.SHADOW,
        "missing": missing,
        "settings": canary_start.canary_settings(release.workflow_id),
        "first_share": f"{number(STEPS[0] / 100, 'g')} %",
        "seen": changes.present_role(release),
        "waiting": waiting,
        "is_mine": waiting is not None and waiting.asked_by_id == actor.id,
        "may_raise": actor.has(*RAISERS),
        "may_lower": actor.has(*LOWERERS),
    }


@acts
def change(request: HttpRequest, actor: Actor, release_id: UUID) -> tuple[str, str]:
    """Start a canary, widen it, or promote a release; or ask for it where that takes two people."""
    release = release_for(actor, release_id)
    back = reverse("release", args=[release.pk])
    try:
        action = _action(request)
        asked = changes.change_release(
            release_id=release.pk,
            action=action,
            actor=actor,
            now=clock.now(),
            reason=request.POST.get("reason", ""),
            seen=request.POST.get("seen") or None,
        )
    except HitlError as refused:
        raise _refused(back, refused) from None
    if asked is not None:
        return back, gettext("Asked for. Another operator must approve it; until then nothing changes.")
    return back, str(_DONE[action] % {"name": release.name})


_DONE = {
    ReleaseAction.CANARY: gettext_lazy("%(name)s decides its first cases from the next one on."),
    ReleaseAction.WIDEN: gettext_lazy("%(name)s decides a larger share from the next case on."),
    ReleaseAction.PROMOTE: gettext_lazy("%(name)s is the champion from the next case on."),
}


def _action(request: HttpRequest) -> ReleaseAction:
    wanted = request.POST.get("action", "")
    try:
        return ReleaseAction(wanted)
    except ValueError:
        names = ", ".join(ReleaseAction)
        error = Problem(
            field="action",
            error=Words("is %(given)s, which is none", given=repr(wanted[:40])),
            fix=Words("Use one of %(names)s.", names=names),
        )
        raise Invalid([error]) from None


@acts
def move(request: HttpRequest, actor: Actor, release_id: UUID) -> tuple[str, str]:
    """Hold a canary, let it go on, or roll it back."""
    release = release_for(actor, release_id)
    back = reverse("release", args=[release.pk])
    fix = Words("Say why: it stays in the model's history and in the audit log.")
    reason = request.POST.get("reason", "").strip()
    if problem := reason_problem(reason, fix=fix):
        raise Refused(back, [shown(problem["fix"])])
    acts_by: dict[str, tuple[Callable[..., Canary], str]] = {
        "hold": (canaries.hold_canary, gettext("It stays at its share until somebody lets it go on.")),
        "resume": (canaries.resume_canary, gettext("It goes on by its rules.")),
        "roll-back": (
            canaries.roll_back_canary,
            gettext("The champion decides all cases from the next one on."),
        ),
    }
    wanted = request.POST.get("action", "")
    if wanted not in acts_by:
        raise Refused(back, [gettext("Use one of %(names)s.") % {"names": ", ".join(acts_by)}])
    going = selectors.canary_of(release.pk)
    if going is None:
        raise Refused(back, [gettext("It is no canary any more.")])
    act, words = acts_by[wanted]
    try:
        act(canary_id=going.pk, actor=actor, now=clock.now(), reason=reason)
    except HitlError as refused:
        raise _refused(back, refused) from None
    return back, words


@acts
def settle(request: HttpRequest, actor: Actor, release_id: UUID, change_id: UUID) -> tuple[str, str]:
    """Approve or decline what another operator asked for."""
    release = release_for(actor, release_id)
    back = reverse("release", args=[release.pk])
    approves = request.POST.get("answer") == "approve"
    act = changes.approve_change if approves else changes.decline_change
    try:
        act(change_id=change_id, actor=actor, now=clock.now())
    except HitlError as refused:
        raise _refused(back, refused) from None
    return back, gettext("Done: it holds from the next case on.") if approves else gettext(
        "Declined: nothing changes."
    )


def _refused(back: str, refused: HitlError) -> Refused:
    return Refused(back, in_words(refused) if isinstance(refused, Invalid) else refused)
