"""Who sees the pages of models, who acts on them, and what is told when something cannot be done."""

import pytest
from django.test import Client
from django.urls import reverse

from hitl.accounts.types import Role
from models_store.models import Release, TrainingRun, TrainingSettings
from models_store.selectors import champion
from models_store.types import RunStatus
from tests.support.factories import person
from tests.support.model_rows import requested
from tests.support.spam import mail_workflow

pytestmark = pytest.mark.django_db


def signed_in(*roles: str) -> Client:
    client = Client()
    client.force_login(person(*roles))
    return client


def addresses() -> list[str]:
    """Return every page there is, of a workflow with a champion and a queued run."""
    workflow = mail_workflow()
    run = requested(workflow)
    return [
        reverse("models"),
        reverse("models", args=[workflow.slug]),
        reverse("release", args=[Release.objects.get().pk]),
        reverse("model-card", args=[Release.objects.get().pk]),
        reverse("training-run", args=[run.pk]),
        reverse("training-run-live", args=[run.pk]),
    ]


def told(response: object) -> str:
    return " ".join(str(message) for message in response.context["messages"])  # type: ignore[attr-defined]


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.ADMINISTRATOR, Role.AUDITOR, Role.LEAD])
def test_who_watches_sees_every_page(role: str) -> None:
    client = signed_in(role)
    assert [client.get(address).status_code for address in addresses()] == [200] * 6


def test_reviewers_find_nothing_and_strangers_sign_in_first() -> None:
    pages = addresses()
    reviewer = signed_in(Role.REVIEWER, Role.ADJUDICATOR)
    assert [reviewer.get(address).status_code for address in pages] == [404] * 6
    assert {Client().get(address).status_code for address in pages} == {302}


def test_only_operators_are_offered_to_act_and_others_who_try_change_nothing() -> None:
    pages = addresses()
    run = TrainingRun.objects.get()
    release = Release.objects.get()
    for role in (Role.AUDITOR, Role.LEAD, Role.ADMINISTRATOR):
        client = signed_in(role)
        seen = "".join(client.get(address).content.decode() for address in pages)
        assert "Train now" not in seen
        assert "Cancel the run" not in seen
        for name, args in (
            ("cancel-training", [run.pk]),
            ("release-change-role", [release.pk]),
            ("train-model", ["spam-mail"]),
            ("training-settings", ["spam-mail"]),
        ):
            data = {"reason": "x", "action": "promote", "min_new_labels": 1, "every_hours": 1}
            data |= {"shadow_share": 100, "disagreements_a_day": 10}
            answer = client.post(reverse(name, args=args), data, follow=True)
            if role == Role.AUDITOR:
                assert answer.status_code == 403, name
            else:
                assert "for operators" in told(answer), name
    run.refresh_from_db()
    assert run.status == RunStatus.QUEUED
    assert not TrainingSettings.objects.exists()


def test_pages_that_change_something_are_not_opened_by_a_link() -> None:
    workflow = mail_workflow()
    client = signed_in(Role.OPERATOR)
    assert client.get(reverse("train-model", args=[workflow.slug])).status_code == 405
    assert not TrainingRun.objects.exists()


def test_asking_twice_leads_to_the_run_that_is_under_way() -> None:
    workflow = mail_workflow()
    client = signed_in(Role.OPERATOR)
    first = client.post(reverse("train-model", args=[workflow.slug]), follow=True)
    again = client.post(reverse("train-model", args=[workflow.slug]), follow=True)
    page = reverse("training-run", args=[TrainingRun.objects.get().pk])
    assert [first.redirect_chain[-1][0], again.redirect_chain[-1][0]] == [page, page]
    assert "queued or running" in told(again)


def test_a_promotion_without_a_reason_and_one_of_a_damaged_file_are_refused_in_words() -> None:
    workflow = mail_workflow()
    release = Release.objects.get()
    client = signed_in(Role.OPERATOR)
    address = reverse("release-change-role", args=[release.pk])
    assert "Say why" in told(client.post(address, {"reason": " ", "action": "promote"}, follow=True))
    Release.objects.update(signature=bytes(32))
    refused = told(client.post(address, {"reason": "It is better.", "action": "promote"}, follow=True))
    assert "signature is not this service" in refused
    assert champion(workflow.id) == release


def test_training_settings_out_of_bounds_are_refused_and_names_the_field() -> None:
    workflow = mail_workflow()
    client = signed_in(Role.OPERATOR)
    answer = client.post(
        reverse("training-settings", args=[workflow.slug]),
        {"min_new_labels": 0, "every_hours": 24},
        follow=True,
    )
    assert "New labels" in told(answer)
    assert not TrainingSettings.objects.exists()


def test_a_name_that_holds_script_is_shown_and_never_run() -> None:
    workflow = mail_workflow()
    run = requested(workflow)
    TrainingRun.objects.filter(pk=run.pk).update(
        status=RunStatus.FAILED, reason="<script>alert(1)</script>", finished_at=run.requested_at
    )
    page = signed_in(Role.OPERATOR).get(reverse("training-run", args=[run.pk])).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_a_workflow_or_run_that_is_not_there_answers_404() -> None:
    client = signed_in(Role.OPERATOR)
    nobody = "01900000-0000-7000-8000-000000000000"
    for name, args in (("models", ["none"]), ("release", [nobody]), ("training-run", [nobody])):
        assert client.get(reverse(name, args=args)).status_code == 404


def test_the_model_card_is_a_markdown_file_with_everything_the_page_says() -> None:
    mail_workflow()
    release = Release.objects.get()
    worst = {
        "field": "body", "slice": "body up to 551 characters", "n": 80, "wrong": 0.2, "low": 0.1, "high": 0.3,
        "majority_wrong": 0.4,
    }  # fmt: skip
    release.report |= {
        "slices": {"n": 300, "wrong": 0.1, "n_slices": 7, "worst": [worst]},
        "gate": [{"check": "slices", "passed": True, "words": "Of 7 slices."}],
        "data": {"n_labels": 300, "sha256": "ab" * 32, "label_mix": {"ham": 200, "spam": 100}},
    }
    release.save()
    client = signed_in(Role.AUDITOR)
    page = client.get(reverse("release", args=[release.pk])).content.decode()
    assert "body up to 551 characters" in page
    response = client.get(reverse("model-card", args=[release.pk]))
    assert response["Content-Type"] == "text/markdown; charset=utf-8"
    assert f'filename="{release.workflow.slug}-{release.name}.md"' in response["Content-Disposition"]
    text = response.content.decode()
    for heading in (
        "Measures", "Data", "Candidates and baselines", "Label by label", "Where it errs most", "Calibration",
        "Error against automation rate", "The gate", "Evidence", "What it is", "Limits",
    ):  # fmt: skip
        assert f"\n## {heading}\n" in text
    assert release.artifact_sha256 in text
    assert release.report["data"]["sha256"] in text
    assert "| body up to 551 characters | 80 | 20.0 % | 10.0 % | 30.0 % |" in text
    tables = [line for line in text.splitlines() if line.startswith("|")]
    assert all(line.endswith("|") for line in tables)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({}, "Adds up: within "),
        ({"method": "occlusion", "n_exact": 0}, "Adds up: not claimed: covering parts is an estimate"),
        (
            {"method": "two-ended-swap", "n_exact": 1, "n_rows": 30, "left_over": 0.25},
            "Adds up: in 1 of 30 cases; up to 0.2 log-odds are left over in the others",
        ),
        ({"ratio": 1.2}, "1.2 times as far as without three others, so every mark is called weak"),
    ],
)
def test_the_card_says_what_its_evidence_is_worth(changed: dict[str, object], says: str) -> None:
    mail_workflow()
    release = Release.objects.get()
    release.report["explanations"] |= changed
    release.save()
    client = signed_in(Role.AUDITOR)
    assert says in client.get(reverse("model-card", args=[release.pk])).content.decode()
    page = client.get(reverse("release", args=[release.pk])).content.decode()
    assert says.removeprefix("Adds up: ").split(" as ")[0] in page


def test_words_of_people_are_no_markup_in_the_card() -> None:
    mail_workflow()
    release = Release.objects.get()
    release.report["labels"] = {"<b>*a*|b</b>": {"n": 5, "recall": None, "precision": 0.5}}
    release.save()
    text = signed_in(Role.AUDITOR).get(reverse("model-card", args=[release.pk])).content.decode()
    assert "| &lt;b>\\*a\\*\\|b&lt;/b> | 5 | – | 50.0 % |" in text


def test_a_release_without_the_newer_numbers_has_a_card_as_well() -> None:
    mail_workflow()
    release = Release.objects.get()
    release.report, release.manifest = {}, {}
    release.save()
    client = signed_in(Role.AUDITOR)
    for name in ("release", "model-card"):
        assert client.get(reverse(name, args=[release.pk])).status_code == 200
