"""The pages of models elsewhere in a real browser: register one, see what came, in both schemes."""

import json

import pytest
from playwright.sync_api import expect

from hitl.accounts.types import Role
from models_store.models import Release, Source
from tests.support.factories import person
from tests.support.source_rows import deciding, known_answers, scores, submit_scored

pytestmark = pytest.mark.django_db(transaction=True)


def test_registered_on_the_page_and_read_in_every_way(visit) -> None:  # type: ignore[no-untyped-def]
    workflow = deciding()
    bad = {**scores(0.5), "probabilities": {"JUNK": 0.9, "FINE": 0.9}}
    submit_scored(workflow, [bad, {**scores(0.5), "probabilities": {}}], first=900)
    visitor = visit(person(Role.OPERATOR, Role.ADMINISTRATOR, username="ann"))
    page = visitor.open(f"/models/{workflow.slug}/sources/")
    page.get_by_label("Model", exact=True).fill("acme-spam")
    page.get_by_label("Version").fill("2026-04")
    page.get_by_label("Labels").fill("FINE = spam\nJUNK = ham")
    page.get_by_label("Known answers").fill("\n".join(json.dumps(one) for one in known_answers()))
    page.get_by_role("button", name="Try and register").click()
    expect(page.get_by_text("Labels are turned round")).to_be_visible()
    visitor.shoot("sources-refused")
    assert visitor.is_accessible()
    visitor.troubles = [t for t in visitor.troubles if "422" not in t]  # the browser notes the refusal
    page.get_by_label("Labels").fill("FINE = ham\nJUNK = spam")
    page.get_by_role("button", name="Try and register").click()
    expect(page.get_by_role("heading", name="acme-spam 2026-04")).to_be_visible()
    page.goto(page.url.rsplit("/models/", 1)[0] + f"/models/{workflow.slug}/sources/")
    page.get_by_label("How its scores come").select_option("onnx")
    page.get_by_label("Model", exact=True).fill("mine")
    page.get_by_label("Version").fill("1")
    page.get_by_label("Labels").fill("FINE = ham\nJUNK = spam")
    known = [{"label": one["label"], "content": {"body": "x"}} for one in known_answers()]
    page.get_by_label("Known answers").fill("\n".join(json.dumps(one) for one in known))
    page.get_by_text("A server that workers ask, or a file that they run").click()
    page.get_by_label("ONNX file").set_input_files(
        {"name": "m.onnx", "mimeType": "", "buffer": b"of a model"}
    )
    visitor.shoot("sources-file")
    page.get_by_role("button", name="Try and register").click()
    expect(page.get_by_role("heading", name="mine 1")).to_be_visible()
    expect(page.get_by_text("run by workers", exact=False).first).to_be_visible()
    pages = {
        "file": f"/models/sources/{Source.objects.get(model='mine').pk}/",
        "list": f"/models/{workflow.slug}/sources/",
        "source": f"/models/sources/{Source.objects.get(version='2026-03').pk}/",
        "release": f"/models/releases/{Release.objects.get().pk}/",
    }
    for name, path in pages.items():
        visitor.open(path)
        visitor.look(f"sources-{name}")
