"""What the lead's pages share: who may enter, and the workflow and time in their address."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy

from cases.models import SchemaVersion, Workflow
from hitl.accounts.models import User
from hitl.accounts.types import WATCHING
from hitl.shared import clock
from hitl.shared.errors import NotAllowed, NotFound
from hitl.web.views import person
from reviews.quality.window import SPANS, Window

USUAL = "week"
_TABS = (
    (gettext_lazy("Now"), "lead"),
    (gettext_lazy("People"), "lead-people"),
    (gettext_lazy("Agreement"), "lead-agreement"),
    (gettext_lazy("Highlights"), "lead-highlights"),
    (gettext_lazy("Teams"), "lead-teams"),
)


def reader(request: HttpRequest) -> User:
    """Return who asks, if they watch over the service.

    Raises:
        NotAllowed: they do not.
    """
    user = person(request)
    if not user.has_role(*WATCHING):
        raise NotAllowed("The team's numbers are for leads, operators, administrators and auditors.")
    return user


@dataclass(frozen=True, slots=True)
class Asked:
    """The workflow and the time that a page is about."""

    workflow: Workflow | None
    span: str
    workflows: list[Workflow]

    @classmethod
    def of(cls, request: HttpRequest) -> "Asked":
        """Read the address.

        Raises:
            NotFound: there is no such workflow or time.
        """
        workflows = list(Workflow.objects.order_by("name"))
        slug, span = request.GET.get("workflow", ""), request.GET.get("span", "") or USUAL
        workflow = next((w for w in workflows if w.slug == slug), None)
        if (slug and workflow is None) or span not in SPANS:
            raise NotFound("There is no such workflow or time.")
        return cls(workflow, span, workflows)

    def window(self, **of: Any) -> Window:
        """Return the window that ends now."""
        workflow_id = self.workflow.pk if self.workflow else None
        return Window.last(self.span, now=clock.now(), workflow_id=workflow_id, **of)

    @property
    def query(self) -> str:
        """The same choice in another address."""
        chosen = {"workflow": self.workflow.slug if self.workflow else "", "span": self.span}
        return urlencode({name: value for name, value in chosen.items() if value and value != USUAL})

    @property
    def span_words(self) -> str:
        """The time as people say it."""
        return str(SPANS[self.span][0])

    def context(self, request: HttpRequest) -> dict[str, Any]:
        """Return what `lead/frame.html` needs."""
        query = f"?{self.query}" if self.query else ""
        tabs = [
            {"words": words, "href": reverse(name) + query, "is_current": request.path == reverse(name)}
            for words, name in _TABS
        ]
        return {
            "asked": self,
            "spans": [(name, words) for name, (words, _) in SPANS.items()],
            "tabs": tabs,
            "query": query,
        }


def labels_of(workflows: list[Workflow]) -> dict[Any, list[str]]:
    """Return the labels of each workflow, in the order of its present schema."""
    schemas = SchemaVersion.objects.filter(workflow__in=workflows)
    named = {(schema.workflow_id, schema.number): schema.label_names for schema in schemas}
    return {workflow.pk: named.get((workflow.pk, workflow.schema_version), []) for workflow in workflows}


def cases_url(**filters: object) -> str:
    """Return the address of the case list with these filters, empty where this deployment has none."""
    try:
        address = reverse("cases")
    except NoReverseMatch:
        return ""
    return f"{address}?{urlencode({name: str(value) for name, value in filters.items() if value})}"
