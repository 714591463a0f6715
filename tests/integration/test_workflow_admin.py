"""Workflows in the admin: its forms call the services."""

import json
from typing import Any

import pytest
from django.test import Client

from cases.models import Workflow
from hitl.accounts.types import Role
from hitl.audit.models import Entry
from policy.models import Policy
from reviews.models import ReviewRules
from tests.support.factories import LABELS, TABLE_FIELDS, person

pytestmark = pytest.mark.django_db
ADD = "/admin/cases/workflow/add/"


@pytest.fixture
def admin() -> Client:
    """An administrator who may enter the admin."""
    client = Client()
    client.force_login(person(Role.ADMINISTRATOR, is_staff=True))
    return client


def form(**changes: Any) -> dict[str, str]:
    values: dict[str, Any] = {
        "slug": "credit", "name": "Credit", "description": "", "review_policy": "Be fair.\r\nAlways.",
        "case_fields": json.dumps(TABLE_FIELDS), "labels": json.dumps(LABELS),
        "degree": "partial", "target": "0.02", "confidence": "0.9",
    }  # fmt: skip
    return {name: str(value) for name, value in (values | changes).items() if value is not None}


def test_a_workflow_is_added_whole(admin: Client) -> None:
    assert admin.get(ADD).status_code == 200
    assert admin.post(ADD, form()).status_code == 302
    workflow = Workflow.objects.get()
    assert workflow.review_policy == "Be fair.\nAlways."
    assert Policy.objects.get(workflow=workflow).degree == "partial"
    assert ReviewRules.objects.filter(workflow=workflow).exists()
    assert Entry.objects.get(action="workflow.created").actor_kind == "user"


def test_fields_that_do_not_fit_are_said_beside_them(admin: Client) -> None:
    response = admin.post(
        ADD, form(case_fields='[{"name": "a", "kind": "telepathy"}]', labels='[{"name": "only"}]')
    )
    assert response.status_code == 200
    errors = response.context["adminform"].form.errors
    assert "kind must be one of" in errors["case_fields"][0]
    assert "at least two labels" in errors["labels"][0]
    assert admin.post(ADD, form(case_fields="not json")).status_code == 200
    assert not Workflow.objects.exists()


def test_a_change_makes_a_version_and_the_slug_stays(admin: Client) -> None:
    admin.post(ADD, form())
    workflow = Workflow.objects.get()
    url = f"/admin/cases/workflow/{workflow.pk}/change/"
    assert admin.get(url).status_code == 200
    fields = json.dumps([{"name": "income", "kind": "number"}])
    response = admin.post(url, form(slug="other", name="Loans", case_fields=fields, is_archived="on"))
    assert response.status_code == 302
    workflow.refresh_from_db()
    assert (workflow.slug, workflow.name, workflow.schema_version) == ("credit", "Loans", 2)
    assert workflow.archived_at is not None
    assert admin.post(f"/admin/cases/workflow/{workflow.pk}/delete/").status_code == 403


def test_nobody_else_sees_it(admin: Client) -> None:
    client = Client()
    client.force_login(person(Role.OPERATOR, is_staff=True))
    assert client.get(ADD).status_code == 403
    assert client.get("/admin/accounts/apikey/").status_code == 403
    assert admin.get("/admin/accounts/apikey/").status_code == 200
    assert admin.get("/admin/accounts/apikey/add/").status_code == 403
