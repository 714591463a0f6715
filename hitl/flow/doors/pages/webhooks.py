"""Pages of webhooks: who gets events, what arrived, what did not, and send it again."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cases.models import Workflow
from hitl.flow.doors.pages.guards import for_administrators, tell, unkept
from hitl.flow.setup.subscribe import resume, subscribe
from hitl.outbox import endpoints
from hitl.outbox.event_kinds import EVENT_KINDS
from hitl.outbox.models import Attempt, Delivery, Endpoint
from hitl.outbox.types import DeliveryStatus
from hitl.shared import clock
from hitl.shared.errors import HitlError, Invalid, NotFound, beside_its_field
from hitl.shared.given import whole_number
from hitl.shared.numbers import number as numbered
from hitl.shared.words import Words
from hitl.web.views import actor_of

SHOWN = 100


class EndpointForm(forms.Form):
    """A new subscriber."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=100, help_text=gettext_lazy("Who gets the events.")
    )
    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=500,
        widget=forms.URLInput(attrs={"placeholder": "https://example.org/hooks/hitl"}),
    )
    workflow = forms.ModelChoiceField(
        Workflow.objects.none(),
        label=gettext_lazy("Workflow"),
        required=False,
        empty_label=gettext_lazy("All workflows"),
    )
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Kinds"),
        choices=[(kind, kind) for kind in EVENT_KINDS],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None chosen means all of them."),
    )

    def __init__(self, data: object = None) -> None:
        super().__init__(data)  # type: ignore[arg-type]  # a QueryDict or nothing
        self.fields["workflow"].queryset = Workflow.objects.all()  # type: ignore[attr-defined]


@for_administrators
@require_http_methods(["GET", "POST"])
def webhooks(request: HttpRequest) -> HttpResponse:
    """List the endpoints; add one and show its signing secret."""
    form = EndpointForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        endpoint = _add(request, form)
        if endpoint is not None:
            return unkept(render(request, "webhooks/made.html", {"endpoint": endpoint}))
    names: dict[UUID | None, str] = dict(Workflow.objects.values_list("id", "name"))
    rows = [
        {"endpoint": one, "workflow": names.get(one.workflow_id), "failed": _failed(one).count()}
        for one in Endpoint.objects.order_by("disabled_at", "name")
    ]
    context = {"form": form, "rows": rows}
    return render(request, "webhooks/list.html", context, status=422 if form.errors else 200)


def _add(request: HttpRequest, form: EndpointForm) -> Endpoint | None:
    typed = form.cleaned_data
    try:
        return subscribe(
            name=typed["name"],
            url=typed["url"],
            kinds=typed["kinds"],
            workflow_id=typed["workflow"].id if typed["workflow"] else None,
            actor=actor_of(request),
            now=clock.now(),
        )
    except Invalid as refused:
        for problem in refused.facts["errors"]:
            form.add_error(problem["field"], beside_its_field(problem))
        return None


@for_administrators
@require_GET
def webhook(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    """Show one endpoint and its latest deliveries."""
    endpoint = _endpoint(endpoint_id)
    status = request.GET.get("status", "")
    deliveries = Delivery.objects.filter(endpoint=endpoint).select_related("event")
    if status in DeliveryStatus.values:
        deliveries = deliveries.filter(status=status)
    shown = list(deliveries.order_by("-id")[:SHOWN])
    last: dict[int, Attempt] = {}
    for attempt in Attempt.objects.filter(delivery__in=shown).order_by("id"):
        last[attempt.delivery_id] = attempt
    context: dict[str, Any] = {
        "endpoint": endpoint,
        "workflow": Workflow.objects.filter(pk__in=[endpoint.workflow_id]).first(),
        "rows": [(delivery, last.get(delivery.id)) for delivery in shown],
        "failed": _failed(endpoint).count(),
        "status": status,
        "tabs": _tabs(status),
    }
    return render(request, "webhooks/endpoint.html", context)


def _tabs(status: str) -> list[dict[str, Any]]:
    choices = [
        ("", gettext("All")),
        ("due", gettext("Due")),
        ("delivered", gettext("Delivered")),
        ("failed", gettext("Failed")),
        ("cancelled", gettext("Cancelled")),
    ]
    return [
        {"words": words, "href": f"?status={value}" if value else "?", "is_current": value == status}
        for value, words in choices
    ]


@for_administrators
@require_POST
def act(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    """Do what a button of the endpoint's page says."""
    now, actor, what = clock.now(), actor_of(request), request.POST.get("do", "")
    try:
        if what == "test":
            endpoints.send_test_event(endpoint_id=endpoint_id, now=now)
            messages.success(request, gettext("A test event is on its way."))
        elif what == "pause":
            endpoints.disable_endpoint(
                endpoint_id=endpoint_id,
                reason=Words("Paused by %(name)s.", name=actor.name),
                actor=actor,
                now=now,
            )
            messages.success(request, gettext("Paused: events wait until you resume."))
        elif what == "resume":
            resume(endpoint_id=endpoint_id, actor=actor, now=now)
            messages.success(request, gettext("Resumed: what waited is sent now."))
        elif what == "rotate":
            secret = endpoints.rotate_secret(endpoint_id=endpoint_id, actor=actor, now=now)
            context = {"endpoint": _endpoint(endpoint_id), "secret": secret}
            return unkept(render(request, "webhooks/made.html", context))
        elif what == "again":
            number = whole_number(request.POST.get("delivery", "")) or 0
            endpoints.send_again(delivery_id=number, endpoint_id=endpoint_id, now=now)
            messages.success(request, gettext("It is sent again."))
        elif what == "failures":
            count = endpoints.send_failures_again(endpoint_id=endpoint_id, now=now)
            messages.success(request, gettext("%(count)s are sent again.") % {"count": numbered(count)})
    except NotFound:
        raise
    except HitlError as refused:
        tell(request, refused)
    return redirect("webhook", endpoint_id=endpoint_id)


def _endpoint(endpoint_id: UUID) -> Endpoint:
    endpoint = Endpoint.objects.filter(pk=endpoint_id).first()
    if endpoint is None:
        raise NotFound("There is no such endpoint.")
    return endpoint


def _failed(endpoint: Endpoint) -> Any:
    return Delivery.objects.filter(endpoint=endpoint, status=DeliveryStatus.FAILED)
