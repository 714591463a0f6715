"""The audit log as people read it: in sentences, by filters, with gaps that tell what is left out, a file."""

import csv
import io
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client, override_settings
from django.utils import translation
from django.utils.translation import gettext

from cases.services.workflows import group_by
from hitl.accounts.keys import create_key
from hitl.accounts.models import User
from hitl.accounts.types import Role, Scope
from hitl.audit import words_of_code
from hitl.audit.kinds import ABOUT
from hitl.audit.models import Entry
from hitl.audit.sentences import SENTENCES, has_sentence, sentence
from hitl.shared import clock
from hitl.shared.words import shown
from hitl.simulate.drills import FAULTS
from hitl.stop.services import start_everything, stop_everything
from models_store.types import Trigger
from monitoring.models import BudgetVerdict
from monitoring.types import Examined, SignKind, Verdict
from policy.services.alarms import declare_least
from policy.types import BakeOutcome, Degree, ReleaseAction, TrialOutcome
from science.fields import Kind
from tests.support.case_rows import workflow_of
from tests.support.factories import person
from tests.support.model_rows import credit_workflow, train_now
from tests.support.pages import as_read
from tests.support.policy_rows import workflow_with_policy

pytestmark = pytest.mark.django_db


def auditor() -> Client:
    client = Client()
    client.force_login(person(Role.AUDITOR))
    return client


def page(client: Client, **filters: Any) -> str:
    reply = client.get("/audit/", filters)
    assert reply.status_code == 200, reply.content
    return re.sub(r"<[^>]+>", "", as_read(reply.content.decode()))


def test_entries_are_said_in_sentences_with_what_they_are_about_and_why() -> None:
    ada = person(Role.ADMINISTRATOR, Role.OPERATOR, username="ada").as_actor()
    stop_everything(reason="The model went mad.", actor=ada, now=clock.now())
    start_everything(reason="It is well again.", actor=ada, now=clock.now() + timedelta(minutes=5))
    create_key(name="Intake", scopes=[Scope.SUBMIT, Scope.READ], actor=ada, now=clock.now())
    workflow = workflow_with_policy()
    declare_least(workflow.pk, rate=0.04, actor=ada, now=clock.now())
    text = page(auditor())
    assert "ada stopped everything" in text
    assert "The model went mad." in text
    assert "ada started automation again, stopped since" in text
    assert "ada made the API key with the scopes submit, read" in text
    assert "key Intake" in text
    assert "declared the least share of audits from 0 % to 4 %" in text
    assert workflow.name in text


def test_what_changed_stands_before_and_after() -> None:
    administrator = User.objects.create_superuser("root")
    ada = person(Role.REVIEWER, username="ada")
    client = Client()
    client.force_login(administrator)
    form = {"username": "ada", "roles": ["operator", "reviewer"], "is_active": "on", "email": ""}
    client.post(f"/admin/accounts/user/{ada.pk}/change/", form)
    assert Entry.objects.filter(action="account.changed").exists()
    html = auditor().get("/audit/").content.decode()
    assert "<del>reviewer</del>" in html
    assert "<ins>operator, reviewer</ins>" in html


def test_two_names_side_by_side_are_no_change_and_a_change_of_a_name_is_one() -> None:
    ada = person(Role.ADMINISTRATOR).as_actor()
    create_key(name="Intake", scopes=[Scope.SUBMIT, Scope.READ], actor=ada, now=clock.now())
    fields = [{"name": name, "kind": "category"} for name in ("customer", "station")]
    workflow = workflow_of("grouped", fields=fields, labels=["a", "b"])
    for field in ("customer", "station"):
        with transaction.atomic():
            group_by(workflow_id=workflow.pk, field=field, actor=ada, now=clock.now())
    html = auditor().get("/audit/").content.decode()
    assert html.count("<del>") == 2
    assert "<del>customer</del>" in html
    assert "<ins>station</ins>" in html


def test_a_workflow_shows_what_is_about_it_and_what_belongs_to_it_and_nothing_else() -> None:
    credit = credit_workflow(300)
    train_now(credit)
    other = workflow_of(
        "another", fields=[{"name": "body", "kind": "text"}], labels=["a", "b"], name="Another one"
    )
    client = auditor()
    mine = page(client, workflow=credit.slug, by="everybody")
    assert "registered the model" in mine  # by the service, about the model
    assert "made the workflow" in mine
    assert other.name not in mine.split("No. ", 1)[1]
    assert "registered the model" not in page(client, workflow=credit.slug)
    assert "registered the model" not in page(client, workflow=other.slug, by="everybody")


def test_what_the_service_wrote_is_folded_and_counted_where_people_are_asked_for() -> None:
    ada = person(Role.ADMINISTRATOR).as_actor()
    create_key(name="First", scopes=[Scope.READ], actor=ada, now=clock.now())
    train_now(credit_workflow(300))
    between = Entry.objects.filter(actor_kind="system").count()
    create_key(name="Second", scopes=[Scope.READ], actor=ada, now=clock.now())
    text = page(auditor())
    assert f"{between} entries of the service" in text
    assert text.index("key Second") < text.index("entries of the service") < text.index("key First")
    assert "registered the model" not in text
    whole = page(auditor(), by="everybody")
    assert whole.count("No. ") == min(50, Entry.objects.count())


def test_filters_by_kind_name_and_day_hold_together() -> None:
    ada, ben = person(Role.ADMINISTRATOR, username="ada"), person(Role.ADMINISTRATOR, username="ben")
    for who in (ada, ben):
        create_key(name=f"Of {who.username}", scopes=[Scope.READ], actor=who.as_actor(), now=clock.now())
    client = auditor()
    today = clock.now().date()
    assert "Of ada" in page(client, person="ada", kind="key", day_from=today, day_to=today)
    assert "Of ben" not in page(client, person="ada", kind="key")
    assert "No such entry" in page(client, kind="recall")
    assert "No such entry" in page(client, day_to=today - timedelta(days=1))
    for bad in ({"by": "nobody"}, {"workflow": "none"}, {"before": "x"}, {"day_from": "yesterday"}):
        assert client.get("/audit/", bad).status_code == 422, bad


def test_pages_are_cut_by_number_and_nothing_is_shown_twice_or_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hitl.flow.reading.audit_log.PAGE", 3)
    ada = person(Role.ADMINISTRATOR).as_actor()
    for n in range(7):
        create_key(name=f"Key{n}", scopes=[Scope.READ], actor=ada, now=clock.now())
    client, seen, before = auditor(), [], ""
    for _ in range(9):
        reply = client.get("/audit/", {"kind": "key", **({"before": before} if before else {})})
        shown = reply.context["page"]
        seen += [line.subject.words for line in shown.lines]
        if not (before := shown.before):
            break
    assert seen == [f"key Key{n}" for n in reversed(range(7))]


def test_the_file_has_every_entry_that_passes_and_taking_it_is_recorded() -> None:
    train_now(credit_workflow(300))
    client = auditor()
    reply = client.get("/audit/export/jsonl/")  # the page folds the service's own; a file has no gaps
    rows = [json.loads(line) for line in reply.getvalue().splitlines()]
    assert [row["number"] for row in rows] == list(
        Entry.objects.order_by("number").values_list("number", flat=True)
    )
    assert rows[-1]["said"] == "exported the audit log as jsonl"  # who took it is in the log first
    assert json.loads(rows[-1]["detail"])["filters"] == {}
    reply = client.get("/audit/export/csv/", {"kind": "workflow", "by": "everybody"})
    table = list(csv.DictReader(io.StringIO(reply.getvalue().decode())))
    assert {row["action"] for row in table} == {"workflow.created"}
    assert {row["workflow"] or row["about"] for row in table} == {"Credit applications"}
    assert client.get("/audit/export/xlsx/").status_code == 422


def test_it_is_for_auditors_and_administrators() -> None:
    for role in set(Role.values) - {Role.AUDITOR, Role.ADMINISTRATOR}:
        client = Client()
        client.force_login(person(role))
        for address in ("/audit/", "/audit/export/csv/"):
            assert client.get(address).status_code == 403, (role, address)


def test_what_is_gone_or_of_another_version_is_still_said() -> None:
    train_now(credit_workflow(300))
    gone = person(Role.REVIEWER, username="gone")
    User.objects.filter(pk=gone.pk).delete()
    assert sentence("of.long_ago", {}) == "of long ago"
    assert sentence("degree.changed", {}) == "changed the degree from something unknown to something unknown"
    assert not has_sentence("degree.changed", {})
    assert not has_sentence("of.long_ago", {})


def test_sentences_say_values_as_people_do() -> None:
    said = {
        ("audits.changed", '{"audit_rate": [0.02, 0.24], "blind_rate": [0.1, 0.1]}'):
            "changed what it asks about, audits from 2 % to 24 %",
        ("degree.changed", '{"before": "human_only", "after": "full", "label": null}'):
            "changed the degree from human only to full",
        ("answer.amended", '{"before": null, "after": "spam"}'): "changed the answer to spam",
        ("backlog.rescored", '{"looked": 1200, "decided": 0, "suggested": 3}'):
            "looked again at 1,200 waiting cases and decided 0",
        ("breaker.reset", '{"tripped_at": "not a time"}'):
            "let the rule decide again, stopped since not a time",
    }  # fmt: skip
    for (action, detail), words in said.items():
        assert sentence(action, json.loads(detail)) == words
    assert all(text == text.strip() and not text.endswith(".") for text in SENTENCES.values())


def test_a_page_says_them_in_the_readers_language_and_a_file_in_english() -> None:
    ada = person(Role.ADMINISTRATOR, username="ada").as_actor()
    create_key(name="Intake", scopes=[Scope.SUBMIT, Scope.READ], actor=ada, now=clock.now())
    client, german = auditor(), {"Accept-Language": "de"}
    with override_settings(LANGUAGES=[("en", "English"), ("de", "Deutsch")]):
        html = re.sub(r"<[^>]+>", "", as_read(client.get("/audit/", headers=german).content.decode()))
        reply = client.get("/audit/export/jsonl/", {"kind": "key"}, headers=german)
    assert "ada legte den API-Schlüssel an, mit den Rechten einreichen, lesen" in html
    assert "Schlüssel Intake" in html
    row = json.loads(reply.getvalue().splitlines()[0])
    assert (row["said"], row["about"]) == ("made the API key with the scopes submit, read", "key Intake")


def test_a_sentence_is_english_until_it_is_shown() -> None:
    with translation.override("de"):
        said = sentence("degree.changed", {"before": "human_only", "after": "full", "label": None})
        assert said == "changed the degree from human only to full"
        assert shown(said) == "änderte den Grad von „nur Menschen“ zu „voll“"
        shares = sentence("audits.declared", {"audit_least": [0, 0.0425]})
        assert shown(shares) == "legte den Mindestanteil der Blindprüfungen fest: von 0 % auf 4,25 %"
        assert shown(sentence("of.long_ago", {})) == "of long ago"


@pytest.mark.parametrize("action", SENTENCES)
def test_a_translation_has_the_places_of_its_sentence(action: str) -> None:
    def places(text: str) -> list[str]:
        return sorted(re.findall(r"{[^}]*}", text))

    english = SENTENCES[action]
    with translation.override("de"):
        german = gettext(english)
    assert places(german) == places(english)
    optional = [sorted(places(part) for part in re.findall(r"\[.*?\]", text)) for text in (english, german)]
    assert optional[0] == optional[1]


def test_words_of_the_code_have_translations_by_their_sort() -> None:
    names = {measure.name for kind in Kind for measure in kind.traits.measured.each}
    known = {
        words_of_code.MEASURES: names | {*Examined},
        words_of_code.DEGREES: set(Degree.values),
        words_of_code.VERDICTS: set(Verdict.values),
        words_of_code.PERIODS: set(BudgetVerdict.values),
        words_of_code.ENDINGS: {*BakeOutcome.values, *TrialOutcome.values},
        words_of_code.CHANGES: set(ReleaseAction.values),
        words_of_code.SIGNS: set(SignKind.values),
        words_of_code.TRIGGERS: set(Trigger.values),
        words_of_code.DRILLS: set(FAULTS),
        words_of_code.SCOPES: set(Scope.values),
    }
    for words, codes in known.items():
        assert {code.replace("_", " ") for code in codes} <= {str(word) for word in words}
    assert {action.partition(".")[0] for action in SENTENCES} == set(ABOUT)
