"""Accounts, sign-ins, exports and looks at personal fields leave an entry in the audit log."""

from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from hitl.accounts.models import User
from hitl.accounts.types import Role
from hitl.audit.models import Entry
from hitl.audit.verify import verify
from hitl.runtime.first_run import first_run
from hitl.web.throttle import FAILURES
from tests.api.conftest import client_with
from tests.support.case_rows import waiting_case, workflow_of
from tests.support.factories import person
from tests.support.policy_rows import workflow_with_policy

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
WITH_PERSONAL = [{"name": "body", "kind": "text"}, {"name": "born", "kind": "text", "personal": True}]


def noted(action: str) -> list[dict[str, Any]]:
    """Return what the log says of an action, oldest first."""
    rows = Entry.objects.filter(action=action).order_by("number")
    return list(rows.values("actor_name", "about_id", "detail"))


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def root(client: Client) -> User:
    user = User.objects.create_superuser("root", password=PASSWORD)
    client.force_login(user)
    return user


def test_an_account_made_changed_and_removed_in_the_administration(client: Client, root: User) -> None:
    form = {"username": "ada", "password1": PASSWORD, "password2": PASSWORD, "roles": ["reviewer"]}
    client.post("/admin/accounts/user/add/", form)
    ada = User.objects.get(username="ada")
    assert [(one["actor_name"], one["about_id"]) for one in noted("account.created")] == [
        ("root", str(ada.pk))
    ]
    change = {
        "username": "ada",
        "roles": ["operator", "reviewer"],
        "is_active": "on",
        "email": "a@example.org",
    }
    client.post(f"/admin/accounts/user/{ada.pk}/change/", change)
    (changed,) = noted("account.changed")
    assert changed["detail"] == {
        "before": {"roles": ["reviewer"]},
        "after": {"roles": ["operator", "reviewer"]},
        "changed": ["email"],
    }
    new = {"password1": PASSWORD + "s", "password2": PASSWORD + "s", "usable_password": "true"}
    client.post(f"/admin/accounts/user/{ada.pk}/password/", new)
    assert noted("account.changed")[1]["detail"]["changed"] == ["password"]
    client.post(f"/admin/accounts/user/{ada.pk}/delete/", {"post": "yes"})
    assert noted("account.removed")[0]["detail"]["before"]["username"] == "ada"
    assert "a@example.org" not in str(list(Entry.objects.values("detail")))
    assert verify().holds


def test_what_people_change_of_their_own_account() -> None:
    user = person(username="ada", password=PASSWORD)
    client = signed_in(user)
    client.post("/profile/", {"first_name": "Ada", "last_name": "", "email": ""})
    new = PASSWORD + " staple"
    client.post("/profile/password/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new})
    assert [one["detail"]["changed"] for one in noted("account.changed")] == [["first_name"], ["password"]]
    client.post("/profile/", {"first_name": "Ada", "last_name": "", "email": ""})
    assert len(noted("account.changed")) == 2, "nothing has changed"


def test_accounts_made_at_the_shell_and_at_the_first_start(monkeypatch: pytest.MonkeyPatch) -> None:
    first_run(lambda line: None)
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", "--noinput", "--username", "eve", "--email", "e@example.org", verbosity=0)
    assert [one["actor_name"] for one in noted("account.created")] == ["first start", "shell"]


def sign_in(name: str, password: str = PASSWORD, **where: str) -> None:
    Client(**where).post("/login/", {"username": name, "password": password})


def test_sign_ins_that_work_fail_and_are_throttled() -> None:
    user = person(username="ada", password=PASSWORD)
    sign_in("ada")
    (done,) = noted("sign_in.done")
    assert (done["actor_name"], done["about_id"]) == ("ada", str(user.pk))
    for _ in range(FAILURES + 3):
        sign_in("ada", "wrong")
    assert len(noted("sign_in.failed")) == FAILURES
    assert len(noted("sign_in.throttled")) == 1
    sources = {one["detail"]["source"] for one in noted("sign_in.failed")}
    assert sources == {done["detail"]["source"]}
    assert "127.0.0.1" not in str(list(Entry.objects.values("detail")))


def test_a_name_that_nobody_has_may_be_a_password_and_is_not_written_down() -> None:
    sign_in("hunter2 my password")
    (failed,) = noted("sign_in.failed")
    assert (failed["about_id"], failed["detail"]["is_known"]) == ("", False)
    assert "hunter2" not in str(list(Entry.objects.values()))


def test_whoever_guesses_at_many_names_fills_a_few_lines_a_minute() -> None:
    for i in range(FAILURES * 3):
        sign_in(f"nobody{i}")
    assert len(noted("sign_in.failed")) == FAILURES
    sign_in("nobody", REMOTE_ADDR="192.0.2.7")
    assert len(noted("sign_in.failed")) == FAILURES + 1


def test_exports_by_a_person_and_by_a_key() -> None:
    workflow = workflow_with_policy()
    signed_in(person(Role.ADMINISTRATOR, username="ann")).get(f"/workflows/{workflow.slug}/export/")
    client_with("read").send("GET", f"/workflows/{workflow.slug}/export?what=labels&format=jsonl")
    person_, key = noted("export.taken")
    assert (person_["actor_name"], person_["about_id"]) == ("ann", str(workflow.pk))
    assert person_["detail"] == {"what": "cases", "format": "csv", "shows_personal": True}
    assert key["detail"] == {"what": "labels", "format": "jsonl", "shows_personal": False}
    signed_in(person(Role.ADMINISTRATOR)).get(f"/workflows/{workflow.slug}/export/?format=odt")
    assert len(noted("export.taken")) == 2, "nothing was taken"


def test_a_look_at_personal_fields_once_and_only_where_there_are_any() -> None:
    workflow = workflow_of("people", fields=WITH_PERSONAL, labels=["yes", "no"])
    case = waiting_case(workflow, {"body": "x", "born": "1815-12-10"})
    other = waiting_case(workflow, {"body": "x"})
    client = signed_in(person(Role.LEAD, username="lea"))
    for _ in range(3):
        client.get(f"/cases/{case.pk}/")
    client.get(f"/cases/{other.pk}/")
    client.get("/cases/")
    (seen,) = noted("personal.seen")
    assert (seen["actor_name"], seen["about_id"], seen["detail"]) == (
        "lea",
        str(case.pk),
        {"fields": ["born"]},
    )
    signed_in(person(Role.AUDITOR)).get(f"/cases/{case.pk}/")
    assert len(noted("personal.seen")) == 2
