"""Proposed terms of alarms, and what operators do with them."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext

from cases.access import watched_workflow
from cases.models import Workflow
from hitl.shared import clock
from hitl.shared.actor import Actor
from hitl.shared.errors import HitlError, in_words
from hitl.shared.words import Words
from hitl.web.format import percent
from models_store.web.actions import Refused, acts
from monitoring.alarms.proposals import Proposal, proposal_for, proposals
from monitoring.alarms.routes import set_route
from monitoring.alarms.set_rule import end_alarm_rule, set_alarm_rule
from monitoring.drift.metrics import words_of
from monitoring.types import CountFamily, MetricKey, Reference
from monitoring.web.shown import metric_address

REMOVED = "none"  # said in place of a smallest difference: it is to raise no alarm any more


@dataclass(frozen=True)
class ShownProposal:
    """A proposal in words."""

    proposal: Proposal
    words: str
    href: str

    @property
    def least_effect(self) -> str:
        """What is proposed, as it was seen."""
        return seen_of(self.proposal)

    @property
    def change(self) -> str:
        """What would be different."""
        before = percent(self.proposal.contract.least_effect)
        if self.proposal.least_effect is None:
            return gettext("No alarm any more: its alarms have never helped. It is read and shown on.")
        return gettext("Differences from %(least)s on, not from %(before)s.") % {
            "least": percent(self.proposal.least_effect),
            "before": before,
        }

    @property
    def effect(self) -> str:
        """What that would have done."""
        return effect_of(self.proposal)

    @property
    def named(self) -> list[tuple[str, str]]:
        """What names its metric in a form."""
        return [*self.proposal.key._asdict().items(), ("reference", self.proposal.reference.value)]


def shown_proposals(workflow: Workflow) -> list[ShownProposal]:
    """Return what is proposed for a workflow's alarms."""
    return [
        ShownProposal(
            one,
            gettext("%(metric)s, against %(reference)s")
            % {"metric": words_of(one.key), "reference": one.reference.label},
            metric_address(workflow.slug, one.key, one.reference),
        )
        for one in proposals(workflow.pk)
    ]


def seen_of(proposal: Proposal) -> str:
    """Return what is proposed, as a form sends it back."""
    return REMOVED if proposal.least_effect is None else str(proposal.least_effect)


def effect_of(proposal: Proposal) -> str:
    """Say what the proposed terms would have done on the windows read here."""
    present, tried = proposal.present, proposal.tried
    found = {
        "n": proposal.n_windows,
        "since": f"{proposal.since:%Y-%m-%d}",
        "tried": _times(tried.fired),
        "present": _times(present.fired),
    }
    if not present.incidents:
        return Words(
            "In %(n)s windows since %(since)s it would have risen %(tried)s instead of %(present)s; nothing"
            " was really wrong in them.",
            **found,
        )
    return Words(
        "In %(n)s windows since %(since)s it would have risen %(tried)s instead of %(present)s, and caught"
        " %(caught)s of %(real)s real ones.",
        **found,
        caught=tried.caught,
        real=present.incidents,
    )


@acts
def change_rule(request: HttpRequest, actor: Actor, slug: str) -> tuple[str, str]:
    """Accept what is proposed for an alarm, or go back to the usual terms."""
    workflow, now = watched_workflow(actor, slug), clock.now()
    back = reverse("monitoring", args=[slug])
    key, reference = _named(request.POST, back)
    wanted = request.POST.get("action", "")
    try:
        if wanted == "usual":
            reason = Words("Back to the usual terms.")
            end_alarm_rule(
                workflow_id=workflow.pk, key=key, reference=reference, reason=reason, actor=actor, now=now
            )
            return metric_address(slug, key, reference), gettext(
                "The usual terms hold from the next check on."
            )
        if wanted == "accept":
            proposal = proposal_for(workflow.pk, key, reference)
            if proposal is None or seen_of(proposal) != request.POST.get("seen"):
                raise Refused(back, [gettext("This is not proposed any more. Look again.")])
            set_alarm_rule(
                workflow_id=workflow.pk,
                key=key,
                reference=reference,
                least_effect=proposal.least_effect or proposal.contract.least_effect,
                is_watched=proposal.least_effect is not None,
                reason=effect_of(proposal),
                back_test=proposal.to_json(),
                actor=actor,
                now=now,
            )
            return metric_address(slug, key, reference), gettext("The new terms hold from the next check on.")
    except HitlError as refused:
        raise Refused(back, in_words(refused)) from None
    raise Refused(back, [gettext("Use one of accept, usual.")])


@acts
def change_route(request: HttpRequest, actor: Actor, slug: str) -> tuple[str, str]:
    """Say who owns the workflow's alarms, and to whom they are mailed."""
    workflow, back = watched_workflow(actor, slug), reverse("monitoring", args=[slug])
    addresses = request.POST.get("mail_to", "").replace("\n", ",").split(",")
    try:
        set_route(
            workflow=workflow,
            owner=request.POST.get("owner", ""),
            mail_to=addresses,
            actor=actor,
            now=clock.now(),
        )
    except HitlError as refused:
        raise Refused(back, in_words(refused)) from None
    return back, gettext("Saved: who is told of alarms.")


def _named(given: Mapping[str, str], back: str) -> tuple[MetricKey, Reference]:
    key = MetricKey(*(str(given.get(name, "")) for name in MetricKey._fields))
    reference = given.get("reference", "")
    if key.family not in CountFamily.values or reference not in Reference.values:
        raise Refused(back, [gettext("There is no such metric.")])
    return key, Reference(reference)


def _times(n: int) -> str:
    return Words.counted("once", "%(n)s times", n)
