"""Why the model said what it said: exact, kept, and absent rather than in anybody's way."""

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import Case, SchemaVersion
from cases.types import CaseStatus
from hitl.demo.phones import draw_screen
from hitl.demo.worlds import Example, PhoneScreens
from hitl.flow.setup.create import set_up_workflow
from hitl.shared.ids import new_id
from models_store import serving
from models_store.models import Release, StoredExplanation
from models_store.rows import rows_for
from models_store.selectors import champion
from models_store.services.evidence import MIN_RATIO, evidence_for
from tests.support.case_rows import stored
from tests.support.factories import NOW, TESTER
from tests.support.model_rows import labelled, train_now
from tests.support.spam import mail_workflow, mails

pytestmark = pytest.mark.django_db

PHONES = PhoneScreens()


def case_of(workflow: object, content: dict[str, object]) -> Case:
    return Case.objects.create(
        workflow=workflow,
        schema_version=1,
        content=content,
        content_sha256=bytes(32),
        status=CaseStatus.WAITING,
        received_at=NOW,
        changed_at=NOW,
    )


def test_highlights_quote_the_text_and_are_computed_once() -> None:
    workflow = mail_workflow()
    release = champion(workflow.id)
    assert release is not None
    content = mails()[3].content
    case = case_of(workflow, content)
    asked = {"case_id": case.id, "release_id": release.id, "target": "spam", "contrast": "ham"}
    body = evidence_for(**asked, now=NOW)
    assert (body["schema"], body["model"], body["target"]) == ("highlight/1", release.name, "spam")
    assert body["status"] in ("ok", "weak")
    assert body["highlights"]
    for highlight in body["highlights"]:
        where = highlight["where"]
        assert content[where["part"]][where["start"] : where["end"]] == where["quote"]
    assert StoredExplanation.objects.get().computed_at == NOW
    serving.forget()
    with CaptureQueriesContext(connection) as queries:
        assert evidence_for(**asked, now=NOW) == body
    assert len(queries) == 1


def test_evidence_that_hardly_matters_is_called_weak_and_says_how_little() -> None:
    workflow = mail_workflow()
    release = champion(workflow.id)
    assert release is not None
    case = case_of(workflow, mails()[3].content)
    asked = {"case_id": case.id, "release_id": release.id, "target": "spam", "contrast": "ham", "now": NOW}
    checked = release.report["explanations"]
    body = evidence_for(**asked)
    assert body["quality"] == {"ratio_to_random": checked["ratio"], "n": checked["n_rows"]}
    assert checked["ratio"] >= MIN_RATIO
    assert body["status"] == "ok"
    StoredExplanation.objects.all().delete()
    checked["ratio"] = MIN_RATIO - 0.1
    release.save()
    poor = evidence_for(**asked)
    assert poor["status"] == "weak"
    assert poor["highlights"] == body["highlights"]


def test_both_sides_of_a_question_are_kept_apart() -> None:
    workflow = mail_workflow()
    release = champion(workflow.id)
    assert release is not None
    case = case_of(workflow, mails()[3].content)
    one = evidence_for(case_id=case.id, release_id=release.id, target="spam", contrast="ham", now=NOW)
    other = evidence_for(case_id=case.id, release_id=release.id, target="ham", contrast="spam", now=NOW)
    assert {h["side"] for h in one["highlights"] if h["score"] > 0} <= {"for"}
    assert one["highlights"][0]["score"] == pytest.approx(-other["highlights"][0]["score"])
    assert StoredExplanation.objects.count() == 2


@pytest.mark.parametrize("trouble", ["label", "file", "case", "schema", "misfit"])
def test_what_cannot_be_explained_is_unavailable_and_not_kept(trouble: str) -> None:
    workflow = mail_workflow()
    release = champion(workflow.id)
    assert release is not None
    case = case_of(workflow, mails()[3].content)
    asked = {"case_id": case.id, "release_id": release.id, "target": "spam", "contrast": "ham"}
    serving.forget()
    if trouble == "label":
        asked["target"] = "phishing"
    elif trouble == "file":
        Release.objects.update(signature=bytes(32))
    elif trouble == "case":
        asked["case_id"] = new_id()
    elif trouble == "schema":
        fields = [{**field, "required": False} for field in SchemaVersion.objects.get().fields]
        SchemaVersion.objects.update(fields=fields)
    else:
        Case.objects.update(content={"subject": None, "body": None})
    assert evidence_for(**asked, now=NOW) == {
        "schema": "highlight/1", "status": "unavailable", "highlights": [],
    }  # fmt: skip
    assert not StoredExplanation.objects.exists()


def test_a_model_of_images_is_trained_from_stored_files_and_points_into_them() -> None:
    rng = np.random.default_rng(5)
    workflow = set_up_workflow(
        slug="phones", name="Phones", fields=PHONES.fields, labels=PHONES.labels, actor=TESTER, now=NOW
    )
    examples = []
    for i in range(60):
        screen = draw_screen(rng)
        asset = stored(screen.jpeg, "image/jpeg")
        examples.append(Example(f"phone-{i}", {"photo": {"asset": asset.sha256}}, screen.label))
    labelled(workflow, examples)
    run = train_now(workflow)
    assert run.release is not None, run.reason
    case = Case.objects.order_by("id")[0]
    body = evidence_for(
        case_id=case.id, release_id=run.release.id, target="scratched", contrast="clean", now=NOW
    )
    assert body["status"] in ("ok", "weak")
    assert all(h["where"]["asset"] == "photo" for h in body["highlights"])


def test_a_lost_image_is_unreadable_and_never_absent() -> None:
    schema = SchemaVersion(
        fields=[{"name": "photo", "kind": "image", "required": False}], labels=[{"name": "a"}, {"name": "b"}]
    ).schema
    lost, none = rows_for([{"photo": {"asset": "0" * 64}}, {"photo": None}], schema)
    assert isinstance(lost["photo"], bytes)
    assert lost["photo"]
    assert none["photo"] is None
    assert dict(none) == {"photo": None}
