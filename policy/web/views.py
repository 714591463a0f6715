"""The automation pages: what may be decided without a person, why, and what a change would do."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from cases.access import watched_workflow
from cases.models import Workflow
from hitl.accounts.automation import LOWERERS, RAISERS, require_raiser
from hitl.accounts.types import WATCHING
from hitl.shared import clock
from hitl.shared.actor import Actor
from hitl.shared.errors import HitlError, Invalid, NotFound, beside_its_field
from hitl.web.views import actor_of
from models_store.selectors import champion
from policy.errors import NoModel
from policy.models import CutoffSet, DegreeChange, Policy
from policy.services import breaker, cutoffs, degrees
from policy.services.certify import certify_release
from policy.services.promises import change_promise
from policy.types import CertificateStatus, ChangeStatus, Degree
from policy.web.automation_page import automation_page_of
from policy.web.forms import PromiseForm, read_cutoffs
from policy.web.guards import changes_policy, posted_id, seen_by


@login_required
@require_GET
def workflows(request: HttpRequest) -> HttpResponse:
    """List how much each workflow leaves to its model."""
    if not actor_of(request).has(*WATCHING):
        raise NotFound
    now = clock.now()
    found = Workflow.objects.filter(archived_at=None, policy__isnull=False).select_related("policy")
    return render(
        request, "policy/workflows.html", {"boards": [automation_page_of(one, now=now) for one in found]}
    )


@login_required
@require_GET
def automation(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one workflow's degree, promise, certificate and cutoffs."""
    actor = actor_of(request)
    automation = automation_page_of(watched_workflow(actor, slug), now=clock.now())
    roles = {"may_raise": actor.has(*RAISERS), "may_lower": actor.has(*LOWERERS)}
    return render(request, "policy/automation.html", {"automation": automation, "actor": actor, **roles})


@login_required
@require_http_methods(["GET", "POST"])
def promise(request: HttpRequest, slug: str) -> HttpResponse:
    """Show and change what is promised."""
    actor = actor_of(request)
    workflow = watched_workflow(actor, slug)
    require_raiser(actor)
    automation = automation_page_of(workflow, now=clock.now())
    form = (
        PromiseForm(request.POST) if request.method == "POST" else _promise_form(request, automation.policy)
    )
    if request.method == "POST" and form.is_valid():
        try:
            change_promise(
                workflow_id=workflow.id,
                promise=form.promise(),
                follows_certificates=form.cleaned_data["follows_certificates"],
                actor=actor,
                now=clock.now(),
                seen=seen_by(request),
            )
        except Invalid as refused:
            for error in refused.facts["errors"]:
                form.add_error(error["field"], beside_its_field(error))
        except HitlError as refused:
            form.add_error(None, refused.message)
        else:
            messages.success(
                request, gettext("The promise is changed. People decide what no certificate covers.")
            )
            return redirect("automation", slug=slug)
    status = 422 if form.errors else 200
    return render(request, "policy/promise.html", {"automation": automation, "form": form}, status=status)


def _promise_form(request: HttpRequest, policy: Policy) -> PromiseForm:
    """Fill in what is promised now, but for a target that the promise page was asked to try."""
    form = PromiseForm.of(policy)
    try:
        target = float(request.GET.get("target", ""))
    except ValueError:
        return form
    if 0 < target < 1:
        form.initial["target"] = target
    return form


@changes_policy
def change_degree(request: HttpRequest, workflow: Workflow, actor: Actor) -> str:
    """Lower the degree at once, or raise it with a reason."""
    change = degrees.set_degree(
        workflow_id=workflow.id,
        degree=request.POST.get("degree", ""),
        label=request.POST.get("label", ""),
        reason=request.POST.get("reason", ""),
        actor=actor,
        now=clock.now(),
        seen=seen_by(request),
    )
    if change.status == ChangeStatus.ASKED:
        return gettext("%(degree)s is asked for. Another operator must approve it.") % {
            "degree": Degree(change.after).label
        }
    return gettext("%(degree)s holds from the next case on.") % {"degree": Degree(change.after).label}


@changes_policy
def settle_degree(request: HttpRequest, workflow: Workflow, actor: Actor) -> str:
    """Approve or decline a change of degree that waits."""
    change_id = posted_id(request)
    if not DegreeChange.objects.filter(pk=change_id, workflow=workflow).exists():
        raise NotFound
    if request.POST.get("answer") == "approve":
        change = degrees.approve_degree(change_id=change_id, actor=actor, now=clock.now())
        return gettext("%(degree)s holds from the next case on.") % {"degree": Degree(change.after).label}
    degrees.decline_degree(change_id=change_id, actor=actor, now=clock.now())
    return gettext("The change is declined.")


@changes_policy
def set_cutoffs(request: HttpRequest, workflow: Workflow, actor: Actor) -> str:
    """Set cutoffs by hand."""
    release = champion(workflow.id)
    if release is None:
        raise NoModel
    chosen = cutoffs.set_cutoffs_by_hand(
        workflow_id=workflow.id,
        cutoffs=read_cutoffs(request.POST, labels=release.labels, scope=workflow.policy.scope),
        reason=request.POST.get("reason", ""),
        actor=actor,
        now=clock.now(),
        seen=seen_by(request),
    )
    if chosen.is_proposed:
        return gettext("The cutoffs are proposed. Another operator must approve them.")
    if chosen.certificate_id:
        return gettext("The cutoffs are in force, and the certificate covers them.")
    return gettext("The cutoffs are in force. The promise is off until certified ones are used again.")


@changes_policy
def settle_cutoffs(request: HttpRequest, workflow: Workflow, actor: Actor) -> str:
    """Approve proposed cutoffs, or withdraw some."""
    cutoff_set_id = posted_id(request)
    if not CutoffSet.objects.filter(pk=cutoff_set_id, workflow=workflow).exists():
        raise NotFound
    if request.POST.get("answer") == "approve":
        cutoffs.approve(cutoff_set_id=cutoff_set_id, actor=actor, now=clock.now())
        return gettext("The cutoffs are in force. The promise is off until certified ones are used again.")
    reason = request.POST.get("reason", "")
    cutoffs.withdraw(cutoff_set_id=cutoff_set_id, reason=reason, actor=actor, now=clock.now())
    return gettext("The cutoffs are withdrawn.")


@changes_policy
def use_certified(request: HttpRequest, workflow: Workflow, actor: Actor) -> str:
    """Go back to the certified cutoffs."""
    cutoffs.use_certified(workflow_id=workflow.id, actor=actor, now=clock.now(), seen=seen_by(request))
    return gettext("The certified cutoffs are in force.")


@changes_policy
def certify(request: HttpRequest, workflow: Workflow, actor: Actor) -> str:
    """Certify the champion for the present promise, now."""
    require_raiser(actor)
    release = champion(workflow.id)
    if release is None:
        raise NoModel
    certificate = certify_release(release_id=release.id, actor=actor, now=clock.now())
    if certificate is None:
        return gettext("There are no labels to certify with: nothing was imported or answered blind.")
    if certificate.status == CertificateStatus.REFUSED:
        return gettext("The promise could not be proved. The certificate says what is missing.")
    return gettext("The promise is proved, as far as the certificate says.")


@changes_policy
def trip_breaker(request: HttpRequest, workflow: Workflow, actor: Actor) -> str:
    """Send everything to people."""
    reason = request.POST.get("reason", "")
    breaker.trip_breaker(workflow_id=workflow.id, reason=reason, actor=actor, now=clock.now())
    return gettext("The breaker is tripped. People decide everything from the next case on.")


@changes_policy
def reset_breaker(request: HttpRequest, workflow: Workflow, actor: Actor) -> str:
    """Let the rule decide again."""
    reason, seen = request.POST.get("reason", ""), seen_by(request)
    breaker.reset_breaker(workflow_id=workflow.id, reason=reason, actor=actor, now=clock.now(), seen=seen)
    return gettext("The breaker is reset.")
