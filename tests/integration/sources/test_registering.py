"""Registering a model elsewhere: who may, what its label map is tried on, and what its pages say."""

import json
import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from cases.models import Workflow
from hitl.accounts.automation import PersonNeeded
from hitl.accounts.types import Role, Scope
from hitl.audit.models import Entry
from hitl.flow.intake import in_force
from hitl.shared.errors import Invalid, NotAllowed
from models_store.errors import LabelMapRefused, SourceTaken
from models_store.models import Source, SourceScore, TrainingRun
from models_store.services.sources import confirm_source
from models_store.source_figures import WORDS
from science.decision_terms import OF_SOURCES, Reason
from tests.support.factories import NOW, client_key, person
from tests.support.pages import as_read
from tests.support.source_rows import (
    LABEL_MAP,
    MODEL,
    VERSION,
    deciding,
    known_answers,
    listening,
    people_answered,
    scores,
    sent,
    source_of,
    submit_scored,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    in_force.forget()


def test_a_label_map_that_is_turned_round_is_refused_and_the_right_one_named() -> None:
    workflow = listening()
    turned = {"JUNK": "ham", "FINE": "spam"}
    with pytest.raises(LabelMapRefused) as refused:
        source_of(workflow, version="2", label_map=turned)
    assert "2 of 20 known answers are right; 18 would be under another" in refused.value.message
    assert "JUNK → spam, FINE → ham" in refused.value.message
    assert Source.objects.filter(version="2").count() == 0


NOT_KNOWN: dict[str, tuple[dict[str, Any], str]] = {
    "too few": ({"known_answers": known_answers(19)}, "are 19"),
    "one label only": (
        {"known_answers": [{"label": "spam", "probabilities": sent(0.9)}] * 20},
        "hold fewer than 2 of ham",
    ),
    "a label of nobody": (
        {"known_answers": [*known_answers(), {"label": "eggs", "probabilities": sent(0.5)}]},
        "is no label that the map leads to",
    ),
    "what would be no score": (
        {"known_answers": [*known_answers(), {"label": "ham", "probabilities": {"JUNK": 1.0}}]},
        "would go to a person: scores_lack_label",
    ),
    "no object": ({"known_answers": [*known_answers(), 7]}, "is no label that the map leads to"),
    "a map to nowhere": ({"label_map": {"JUNK": "eggs", "FINE": "ham"}}, "names 'eggs', which is none"),
    "a map to one label": ({"label_map": {"JUNK": "ham", "FINE": "ham"}}, "leads to fewer than two labels"),
    "a map of no texts": ({"label_map": {"JUNK": 1, "FINE": "ham"}}, "names labels by what is no text"),
    "no version": ({"version": "  "}, "is no name"),
}


@pytest.mark.parametrize("what", NOT_KNOWN)
def test_what_does_not_fit_is_named_with_its_fix_and_nothing_is_registered(what: str) -> None:
    workflow = listening()
    told, error = NOT_KNOWN[what]
    with pytest.raises(Invalid) as refused:
        source_of(workflow, **({"version": "2"} | told))
    assert any(error in problem["error"] and problem["fix"] for problem in refused.value.facts["errors"])
    assert Source.objects.count() == 1


def test_a_version_is_registered_once() -> None:
    workflow = listening()
    with pytest.raises(SourceTaken):
        source_of(workflow)


def test_a_key_proposes_and_only_a_person_who_signed_in_lets_it_be_heard() -> None:
    workflow = listening()
    key = client_key(scopes=(Scope.MANAGE,)).as_actor()
    source = source_of(workflow, version="2", actor=key)
    submit_scored(workflow, [scores(0.9, version="2")], first=10)
    assert not SourceScore.objects.filter(source=source).exists()
    with pytest.raises(PersonNeeded):
        confirm_source(source_id=source.pk, actor=key, now=NOW)
    for role in (Role.REVIEWER, Role.LEAD, Role.AUDITOR):
        with pytest.raises(NotAllowed):
            confirm_source(source_id=source.pk, actor=person(role).as_actor(), now=NOW)
    confirm_source(source_id=source.pk, actor=person(Role.ADMINISTRATOR).as_actor(), now=NOW)
    submit_scored(workflow, [scores(0.9, version="2")], first=11)
    assert SourceScore.objects.filter(source=source).count() == 1
    entries = Entry.objects.filter(action__startswith="source.").order_by("number")
    actions = list(entries.values_list("action", flat=True))
    assert actions == ["source.proposed", "source.proposed", "source.confirmed"]


def test_a_key_without_the_scope_proposes_nothing() -> None:
    workflow = listening()
    with pytest.raises(NotAllowed):
        source_of(workflow, version="2", actor=client_key(scopes=(Scope.SUBMIT,)).as_actor())


def test_every_reason_has_words() -> None:
    assert set(WORDS) == {Reason.UNFIT_INPUT, *OF_SOURCES}


def seen(answer: Any) -> str:
    """Return the words of a page, without its elements."""
    words = unescape(re.sub(r"<[^<>]+>", " ", as_read(answer.content.decode())))
    return " ".join(words.split()).replace(" ,", ",")


def signed_in(*roles: str) -> Client:
    client = Client()
    client.force_login(person(*roles))
    return client


def form(**told: str) -> dict[str, str]:
    lines = "\n".join(json.dumps(one) for one in known_answers())
    labels = "\n".join(f"{sent_} = {label}" for sent_, label in LABEL_MAP.items())
    return {
        "door": "score_in",
        "model": MODEL,
        "version": "2",
        "label_map": labels,
        "known_answers": lines,
    } | told


def test_an_administrator_registers_on_the_page_and_sees_what_comes() -> None:
    workflow = listening()
    client = signed_in(Role.ADMINISTRATOR)
    answer = client.post(reverse("sources", args=[workflow.slug]), form(), follow=True)
    source = Source.objects.get(version="2")
    assert answer.redirect_chain == [(reverse("source", args=[source.pk]), 302)]
    text = seen(answer)
    assert f"{MODEL} 2 is registered. Its scores are kept from the next case on." in text
    assert "18 of 20 right when it was tried" in text
    assert "JUNK → spam" in text
    bad = {**scores(0.5, version="2"), "probabilities": {"JUNK": 0.9, "FINE": 0.9}}
    submit_scored(workflow, [scores(0.9, version="2"), bad], first=20)
    text = seen(client.get(reverse("source", args=[source.pk])))
    assert "the probabilities do not add up to 1 scores_sum 1" in text
    assert "Cases with its scores 1" in text
    assert "No usable score 1" in text


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"label_map": "JUNK = ham\nFINE = spam"}, "18 would be under another: JUNK → spam, FINE → ham"),
        ({"label_map": "JUNK spam"}, "“JUNK spam” is no pair"),
        ({"label_map": "JUNK = ham\nJUNK = spam"}, "“JUNK” stands there twice"),
        ({"known_answers": "{"}, "Line 1 is not valid JSON"),
        ({"known_answers": '{"label": "ham"}'}, "known_answers are 1. Send 20 to 2,000 cases"),
        ({"version": VERSION}, "This version of the model is registered already."),
        ({"model": ""}, "This field is required."),
    ],
)
def test_the_page_says_what_does_not_fit_and_keeps_what_was_typed(told: dict[str, str], words: str) -> None:
    workflow = listening()
    answer = signed_in(Role.ADMINISTRATOR).post(reverse("sources", args=[workflow.slug]), form(**told))
    assert answer.status_code == 422
    assert words in seen(answer)
    assert f'value="{form(**told)["version"]}"' in answer.content.decode()
    assert Source.objects.count() == 1


def test_who_only_watches_is_offered_nothing_and_a_reviewer_finds_no_page() -> None:
    workflow = listening()
    source = Source.objects.get()
    pages = [reverse("sources", args=[workflow.slug]), reverse("source", args=[source.pk])]
    for page in pages:
        assert signed_in(Role.REVIEWER).get(page).status_code == 404
        text = seen(signed_in(Role.AUDITOR).get(page))
        for words in ("Register a version", "Fit its calibrator", "Retire"):
            assert words not in text
    auditor = signed_in(Role.AUDITOR)
    auditor.post(reverse("retire-source", args=[source.pk]), {"reason": "x"})
    auditor.post(reverse("fit-source", args=[source.pk]))
    auditor.post(pages[0], form())
    source.refresh_from_db()
    assert source.retired_at is None
    assert TrainingRun.objects.count() == 0
    assert Source.objects.count() == 1


def test_an_operator_fits_and_retires_on_its_page() -> None:
    workflow = listening()
    people_answered(workflow, 30)
    source = Source.objects.get()
    client = signed_in(Role.OPERATOR)
    answer = client.post(reverse("fit-source", args=[source.pk]), follow=True)
    run = TrainingRun.objects.get()
    assert answer.redirect_chain == [(reverse("training-run", args=[run.pk]), 302)]
    assert (run.source_id, run.trigger) == (source.pk, "hand")
    answer = client.post(reverse("retire-source", args=[source.pk]), {"reason": ""}, follow=True)
    assert "Say why: it stays in the audit log." in seen(answer)
    answer = client.post(reverse("retire-source", args=[source.pk]), {"reason": "Sold"}, follow=True)
    assert "cases that it was to decide go to people" in seen(answer)
    assert Entry.objects.get(action="source.retired").detail["reason"] == "Sold"


def test_its_model_card_says_where_the_scores_come_from_and_that_there_is_no_evidence() -> None:
    workflow: Workflow = deciding()
    release = workflow.releases.get()
    text = seen(signed_in(Role.OPERATOR).get(reverse("release", args=[release.pk])))
    assert f"Scores come from {MODEL} {VERSION}, a model elsewhere" in text
    assert "There is no evidence for what it says" in text
    assert "scores as they were sent" in text
    assert "calibrated on people's labels chosen" in text
    card = signed_in(Role.OPERATOR).get(reverse("model-card", args=[release.pk]))
    assert card.status_code == 200
