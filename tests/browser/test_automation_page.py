"""The automation page in a real browser: what a cutoff would do, before it is saved; down by one click."""

import numpy as np
import pytest
from playwright.sync_api import expect

from cases.models import Case, Label, Workflow
from hitl.accounts.models import User
from hitl.accounts.types import Role
from hitl.shared import clock
from hitl.shared.actor import system
from models_store.selectors import Evaluation, Unsettled
from policy.in_force.rules import rule_for
from policy.models import CutoffSet, Policy
from policy.proof import samples
from policy.services.breaker import trip_breaker
from policy.services.certify import certify_release
from science.decision_terms import Basis
from tests.support.factories import NOW, person
from tests.support.inserting import insert
from tests.support.policy_rows import champion_of, workflow_with_policy

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def operator() -> User:
    """The only operator there is."""
    return person(Role.OPERATOR, username="ann")


@pytest.fixture
def labelled(monkeypatch):
    """Return a function that makes a workflow whose model was evaluated on many labels."""
    kept: dict[object, Evaluation] = {}
    monkeypatch.setattr(samples, "evaluation_of", kept.get)

    def make(n: int = 2400, **policy) -> Workflow:
        workflow = workflow_with_policy(**({"degree": "partial"} | policy))
        release = champion_of(workflow)
        shared = {"workflow": workflow, "schema_version": 1}
        cases = insert(
            Case(
                content={"body": "x"},
                content_sha256=bytes(32),
                status="decided",
                answer="ham",
                received_at=NOW,
                changed_at=NOW,
                **shared,
            )
            for _ in range(n)
        )
        labels = insert(
            Label(case=case, label="ham", purpose="import", is_blind=False, at=NOW, **shared)
            for case in cases
        )
        rng = np.random.default_rng(3)
        scores = 1 - (1 - (0.5 + rng.beta(4, 1, n) / 2)) ** 2 / 2
        predicted = np.arange(n) % 2
        wrong = rng.random(n) < 0.15 * np.sqrt(1 - scores)
        truth = np.where(wrong, 1 - predicted, predicted)
        ids = [label.id for label in labels]
        nothing = np.empty(0, dtype=np.intp)
        kept[release.id] = Evaluation(
            labels=release.labels,
            label_ids=ids,
            scores=scores,
            predicted=predicted,
            truth=truth,
            is_blind=np.ones(n, dtype=bool),
            purpose=["import"] * n,
            groups=np.arange(n),
            unsettled=Unsettled([], np.empty(0), nothing, nothing),
        )
        certify_release(release_id=release.id, actor=system("certification"), now=clock.now())
        return workflow

    return make


def path(workflow: Workflow) -> str:
    return f"/automation/{workflow.slug}/"


def test_the_page_is_accessible_and_fits_where_each_label_has_its_promise(visit, operator, labelled):
    visitor = visit(operator)
    visitor.open(path(labelled(scope="per_label")))
    visitor.look("automation-per-label")


def test_a_workflow_without_a_model_says_that_people_decide(visit, operator):
    visitor = visit(operator)
    page = visitor.open(path(workflow_with_policy()))
    expect(page.get_by_text("The workflow has no model.")).to_be_visible()
    assert visitor.is_accessible()


def test_the_keyboard_moves_the_cutoff_and_the_page_says_what_it_would_do(visit, operator, labelled):
    workflow = labelled()
    page = visit(operator).open(path(workflow))
    said = page.locator("[data-said]")
    before = said.inner_text()
    assert "of 2,400 labelled cases" in before
    page.get_by_label("Slide").focus()
    for _ in range(30):
        page.keyboard.press("ArrowLeft")
    after = said.inner_text()
    assert after != before
    assert "95 % interval" in after
    assert (
        float(page.get_by_role("spinbutton", name="Cutoff").input_value())
        < rule_for(workflow.id).rule.cutoffs["ham"]
    )
    expect(page.locator("[data-verdict]")).to_contain_text("switches the promise off")


def test_dragging_on_the_curve_moves_the_cutoff(visit, operator, labelled):
    page = visit(operator).open(path(labelled()))
    before = page.get_by_role("spinbutton", name="Cutoff").input_value()
    curve = page.locator("[data-curve=error] .u-over")
    curve.scroll_into_view_if_needed()
    box = curve.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + 20, steps=5)
    page.mouse.up()
    assert float(page.get_by_role("spinbutton", name="Cutoff").input_value()) < float(before)


def test_a_tested_cutoff_is_saved_exactly_and_the_promise_holds(visit, operator, labelled):
    workflow = labelled()
    page = visit(operator).open(path(workflow))
    page.get_by_label("Slide").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-verdict]")).to_contain_text("the promise holds")
    chosen = float(page.get_by_role("spinbutton", name="Cutoff").input_value())
    page.get_by_role("textbox", name="Reason").fill("A little stricter.")
    page.get_by_role("button", name="Save cutoffs").click()
    expect(page.get_by_text("the certificate covers them")).to_be_visible()
    rule = rule_for(workflow.id).rule
    assert rule.cutoffs == {"ham": chosen, "spam": chosen}
    assert rule.basis is Basis.PROVISIONAL


def test_an_untested_cutoff_puts_the_promise_off_and_one_click_goes_back(visit, operator, labelled):
    workflow = labelled()
    page = visit(operator).open(path(workflow))
    page.get_by_role("spinbutton", name="Cutoff").fill("0.9")
    page.get_by_role("textbox", name="Reason").fill("A trial.")
    page.get_by_role("button", name="Save cutoffs").click()
    expect(page.get_by_text("The promise is off.", exact=True)).to_be_visible()
    assert rule_for(workflow.id).rule.basis is Basis.BY_HAND
    page.get_by_role("button", name="Go back to the certified cutoffs").click()
    expect(page.get_by_text("The promise is off.", exact=True)).to_have_count(0)
    assert rule_for(workflow.id).rule.basis is Basis.PROVISIONAL
    assert CutoffSet.objects.filter(workflow=workflow).count() == 3


def test_down_is_one_click_and_up_asks_for_a_reason(visit, operator, labelled):
    workflow = labelled()
    page = visit(operator).open(path(workflow))
    page.get_by_role("button", name="Assist", exact=True).click()
    expect(page.get_by_text("Assist holds from the next case on.")).to_be_visible()
    assert Policy.objects.get(workflow=workflow).degree == "assist"
    page.get_by_role("button", name="Partial", exact=True).click()
    dialog = page.get_by_role("dialog", name="Raise to Partial?")
    expect(dialog).to_contain_text("provisional certificate")
    dialog.get_by_label("Reason").fill("The week went well.")
    dialog.get_by_role("button", name="Automate above the cutoff").click()
    expect(page.get_by_text("Partial holds from the next case on.")).to_be_visible()
    assert Policy.objects.get(workflow=workflow).degree == "partial"


def test_what_the_evidence_does_not_carry_cannot_be_asked_for(visit, operator, labelled):
    page = visit(operator).open(path(labelled()))
    page.get_by_role("button", name="Full").click()
    dialog = page.get_by_role("dialog", name="Raise to Full?")
    expect(dialog).to_contain_text("The evidence is missing.")
    expect(dialog.get_by_label("Reason")).to_have_count(0)


def test_each_label_has_its_own_curves_where_each_has_its_promise(visit, operator, labelled):
    workflow = labelled(scope="per_label")
    page = visit(operator).open(path(workflow))
    page.get_by_role("group", name="Label").get_by_role("button", name="spam").click()
    page.get_by_label("Never decide “spam” without a person").check()
    page.get_by_role("textbox", name="Reason").fill("Spam is for people this week.")
    page.get_by_role("button", name="Save cutoffs").click()
    expect(page.get_by_text("the certificate covers them")).to_be_visible()
    assert set(rule_for(workflow.id).rule.cutoffs) == {"ham"}


def test_a_tripped_breaker_is_told_and_reset_with_a_reason(visit, operator, labelled):
    workflow = labelled()
    trip_breaker(
        workflow_id=workflow.id, reason="Odd since noon.", actor=operator.as_actor(), now=clock.now()
    )
    visitor = visit(operator)
    page = visitor.open(path(workflow))
    expect(page.get_by_role("alert")).to_contain_text("Odd since noon.")
    assert visitor.is_accessible()
    page.get_by_label("What was found and done").fill("The feed was repaired.")
    page.get_by_role("button", name="Reset the breaker").click()
    expect(page.get_by_text("The breaker is reset.")).to_be_visible()


def test_an_auditor_sees_everything_and_can_change_nothing(visit, labelled):
    page = visit(person(Role.AUDITOR)).open(path(labelled()))
    expect(page.get_by_role("heading", name="Certificate")).to_be_visible()
    for button in ("Save cutoffs", "Trip the breaker", "Certify now", "Withdraw"):
        expect(page.get_by_role("button", name=button)).to_have_count(0)
    expect(page.get_by_role("button", name="Assist", exact=True)).to_be_disabled()


def test_the_promise_is_changed_in_per_cent(visit, operator, labelled):
    workflow = labelled()
    visitor = visit(operator)
    page = visitor.open(path(workflow) + "promise/change/")
    assert visitor.is_accessible()
    page.get_by_label("At most this many wrong, %").fill("0.7")
    page.get_by_role("button", name="Promise this").click()
    expect(page.get_by_text("At most 0.7 % of the automatic decisions are wrong")).to_be_visible()
    assert Policy.objects.get(workflow=workflow).target == 0.007


def test_the_admin_shows_policy_and_leads_to_the_page(visit, labelled):
    labelled()
    visitor = visit(User.objects.create_superuser("root", password="correct horse battery"))
    for table in ("policy", "cutoffset", "certificate", "degreechange"):
        visitor.open(f"/admin/policy/{table}/")
    page = visitor.open("/admin/policy/cutoffset/add/")
    expect(page.get_by_role("heading", name="Automation")).to_be_visible()
    visitor.open(f"/admin/policy/cutoffset/{CutoffSet.objects.get().pk}/change/")
