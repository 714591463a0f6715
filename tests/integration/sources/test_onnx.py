"""An ONNX file as a source: uploaded, tried and run by workers; refused where it asks for what it may not."""

import hashlib
import sys
from collections.abc import Iterator
from math import exp, log
from typing import Any
from uuid import UUID

import orjson
import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings
from django.urls import reverse

from cases.models import Workflow
from hitl.accounts.types import Role
from hitl.flow.intake import in_force, scoring
from hitl.flow.intake.submit import submit_cases
from hitl.flow.intake.types import Intake, Submission
from hitl.flow.setup.create import set_up_workflow
from hitl.shared.errors import Invalid
from models_store import artifacts
from models_store.models import Source, SourceScore
from models_store.services import onnx_files
from models_store.services.remote_terms import RemoteTerms
from models_store.services.sources import propose_source
from models_store.types import Door
from science.decision_terms import Reason
from tests.support.factories import LABELS, NOW, TESTER, person
from tests.support.onnx_models import onnx_file, onnx_python
from tests.support.source_rows import LABEL_MAP, fit_now, give_labels, overconfident

pytestmark = pytest.mark.django_db

NUMBERS = [{"name": "a", "kind": "number", "required": False}, {"name": "b", "kind": "number"}]
CLASSES = {"classes": ["FINE", "JUNK"]}
TEXT = [{"name": "body", "kind": "text"}]


@pytest.fixture(autouse=True)
def _installed() -> Iterator[None]:
    in_force.forget()
    with override_settings(ONNX_PYTHON=str(onnx_python())):
        yield
    assert not {"onnx", "onnxruntime"} & sys.modules.keys(), "no process of the service loads them"


def known_numbers(*, turned: bool = False) -> list[dict[str, Any]]:
    labels = ["spam", "ham"] if turned else ["ham", "spam"]
    return [
        {"label": labels[i % 2], "content": {"a": -1.0 if i % 2 == 0 else 1.0, "b": 0.0}} for i in range(20)
    ]


def known_texts() -> list[dict[str, Any]]:
    return [{"label": ["ham", "spam"][i % 2], "content": {"body": ["no", "yes"][i % 2]}} for i in range(20)]


def registered(
    file: bytes, known: list[dict[str, Any]], *, fields: list[dict[str, Any]] = NUMBERS, **told: Any
) -> Source:
    """Return a source that a worker has tried."""
    workflow = set_up_workflow(slug="onnx", name="Mail", fields=fields, labels=LABELS, actor=TESTER, now=NOW)
    source = propose_source(
        workflow_id=workflow.pk, model="mine", version="1", label_map=LABEL_MAP, known_answers=known,
        actor=TESTER, now=NOW,
        remote=RemoteTerms(door=Door.ONNX, address="", file=file, options=CLASSES, **told),
    )  # fmt: skip
    scoring.fetch_scores(source_id=source.pk, now=NOW)
    source.refresh_from_db()
    return source


def submit(workflow: Workflow, contents: list[dict[str, Any]]) -> list[UUID]:
    results = submit_cases(
        Intake(workflow.slug, [Submission(one) for one in contents], None, NOW, is_batch=True)
    )
    return [UUID(one.case["id"]) for one in results if one.case]


def test_it_is_tried_run_and_calibrated_like_any_other() -> None:
    # Hidden, since the gate judges groups of cases by fields that are shown, and which 75 of 300 do badly is
    # chance: folds are drawn by the labels' ids.
    hidden = [field | {"show": False} for field in NUMBERS]
    source = registered(onnx_file("numbers"), known_numbers(), fields=hidden)
    assert (source.tried, source.is_in_use, source.trouble_words) == ({"n": 20, "right": 20}, True, "")
    spam, truth = overconfident(300)
    logits = [min(max(x, -12), 12) for x in (_logit(p) for p in spam.tolist())]
    cases = submit(source.workflow, [{"a": x / 2, "b": 0.0} for x in logits])
    assert scoring.sweep_scores(now=NOW) == 1, "one without an address is asked as well"
    assert scoring.fetch_scores(source_id=source.pk, now=NOW) == 300
    said = {one.case_id: one.proba for one in SourceScore.objects.all()}
    junk = [(said[case] or [0, 0])[1] for case in cases]
    assert junk == pytest.approx([1 / (1 + exp(-x)) for x in logits], abs=1e-4)
    give_labels(source.workflow, dict(zip(cases, truth, strict=True)))
    run = fit_now(source)
    assert run.release is not None, run.reason


def _logit(p: float) -> float:
    return log(max(p, 1e-9) / max(1 - p, 1e-9))


def test_a_case_that_lacks_a_number_is_not_run_and_goes_to_a_person() -> None:
    source = registered(onnx_file("numbers"), known_numbers())
    without, whole = submit(source.workflow, [{"a": None, "b": 1.0}, {"a": 3.0, "b": 1.0}])
    scoring.fetch_scores(source_id=source.pk, now=NOW)
    assert SourceScore.objects.get(case_id=without).unusable == Reason.UNFIT_INPUT
    assert SourceScore.objects.get(case_id=whole).unusable == ""


def test_text_is_read_under_a_locale_that_every_machine_has() -> None:
    source = registered(onnx_file("text"), known_texts(), fields=TEXT)
    assert source.tried == {"n": 20, "right": 20}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("foreign", "asks for operators of 'com.example'"),
        ("outside", "its weights are in another file"),
        ("huge", "Failed to allocate memory"),
        ("text", "its input body takes tensor(string)"),
    ],
)
def test_a_file_that_asks_for_what_it_may_not_is_refused_by_the_worker(name: str, words: str) -> None:
    source = registered(onnx_file(name), known_numbers())
    assert source.retired_at is not None
    assert words in source.trouble_words


def test_a_file_that_takes_too_long_is_ended_and_refused() -> None:
    source = registered(onnx_file("endless"), known_numbers(), seconds=1.0)
    assert source.retired_at is not None
    assert "crashed, or took more than" in source.trouble_words or "no answer within" in source.trouble_words


def test_what_is_no_such_file_and_a_locale_that_is_missing_are_said_in_words() -> None:
    assert "DecodeError" in registered(b"<html>", known_numbers()).trouble_words
    Source.objects.all().delete()
    Workflow.objects.filter(slug="onnx").update(slug="before")
    source = registered(onnx_file("text_elsewhere"), known_texts(), fields=TEXT)
    assert source.trouble_words.startswith("it needs the locale xx_XX.UTF-8, which this machine lacks")


def test_a_turned_label_map_is_refused() -> None:
    source = registered(onnx_file("numbers"), known_numbers(turned=True))
    assert "0 of 20 known answers are right; 20 would be under another" in source.trouble_words


def test_a_worker_without_the_runtime_says_so_and_tries_again() -> None:
    with override_settings(ONNX_PYTHON="/nowhere/python"):
        source = registered(onnx_file("numbers"), known_numbers())
    assert (source.retired_at, source.trouble) == (None, Reason.SOURCE_UNREACHABLE)
    assert "manage.py onnx" in source.trouble_words
    Source.objects.update(busy_until=None)
    scoring.fetch_scores(source_id=source.pk, now=NOW)
    assert Source.objects.get().tried == {"n": 20, "right": 20}


def test_a_file_changed_behind_the_service_is_not_run() -> None:
    source = registered(onnx_file("numbers"), known_numbers())
    Source.objects.update(file_sha256="0" * 64)
    (case,) = submit(source.workflow, [{"a": 1.0, "b": 1.0}])
    scoring.fetch_scores(source_id=source.pk, now=NOW)
    assert SourceScore.objects.get(case_id=case).unusable == Reason.SCORING
    assert "signature" in Source.objects.get().trouble_words


@pytest.mark.parametrize(
    ("file", "words"), [(b"", "is missing"), (b"x" * (onnx_files.MAX_BYTES + 1), "too large")]
)
def test_a_file_of_no_or_of_too_many_bytes_is_refused_at_once(file: bytes, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        registered(file, known_numbers())
    assert words in str(refused.value.facts["errors"])


def test_a_proposal_that_is_refused_leaves_no_file() -> None:
    workflow = set_up_workflow(slug="onnx", name="Mail", fields=NUMBERS, labels=LABELS, actor=TESTER, now=NOW)
    file = onnx_file("numbers") + bytes(7)  # that no other test has stored
    name = artifacts.path_of(hashlib.sha256(file).hexdigest())

    def propose(known: list[dict[str, Any]]) -> None:
        propose_source(
            workflow_id=workflow.pk, model="mine", version="1", label_map=LABEL_MAP, known_answers=known,
            actor=TESTER, now=NOW,
            remote=RemoteTerms(door=Door.ONNX, address="", file=file, options=CLASSES),
        )  # fmt: skip

    with pytest.raises(Invalid):
        propose(known_numbers()[:3])
    assert not storages["artifacts"].exists(name)
    propose(known_numbers())
    assert storages["artifacts"].exists(name)


def test_it_is_uploaded_on_the_page(client: Client) -> None:
    workflow = set_up_workflow(slug="onnx", name="Mail", fields=NUMBERS, labels=LABELS, actor=TESTER, now=NOW)
    client.force_login(person(*Role.values))
    lines = "\n".join(orjson.dumps(one).decode() for one in known_numbers())
    form = {
        "model": "mine", "version": "page", "label_map": "FINE = ham\nJUNK = spam", "known_answers": lines,
        "door": "onnx", "file": SimpleUploadedFile("model.onnx", onnx_file("numbers")),
    }  # fmt: skip
    page = client.post(reverse("sources", args=[workflow.slug]), form)
    assert page.status_code == 302, page.content.decode()
    source = Source.objects.get()
    scoring.fetch_scores(source_id=source.pk, now=NOW)
    shown = client.get(reverse("source", args=[source.pk])).content.decode()
    assert f"{source.file_sha256[:16]}…" in shown
    assert "20 of 20 right" in " ".join(shown.split())


def test_the_page_of_one_that_no_worker_has_tried_yet_says_so(client: Client) -> None:
    with override_settings(ONNX_PYTHON="/nowhere/python"):
        source = registered(onnx_file("numbers"), known_numbers())
    client.force_login(person(*Role.values))
    page = client.get(reverse("source", args=[source.pk]))
    assert page.status_code == 200
    assert "a worker tries it on them" in page.content.decode()
