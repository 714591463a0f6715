"""The demo's stub of a language model: scripted, too sure, heard, and calibrated by people's answers."""

import numpy as np
import pytest

from hitl.demo.elsewhere import LABEL_MAP, register_stub, scores_of
from hitl.demo.worlds import SpamMail
from hitl.flow.intake import in_force
from hitl.flow.intake.submit import submit_cases
from hitl.flow.intake.types import Intake, Submission
from models_store.models import Source, SourceScore
from science.serving import read_source_answer
from tests.support.factories import NOW
from tests.support.spam import mail_workflow

EXAMPLES = SpamMail().history()[:1_000]


def test_it_is_far_too_sure_and_says_the_same_each_time() -> None:
    said = [
        read_source_answer(scores_of(one)["probabilities"], LABEL_MAP, ["ham", "spam"]).proba
        for one in EXAMPLES
    ]
    assert None not in said
    proba = np.array(said)
    right = np.array([one.truth for one in EXAMPLES]) == np.array(["ham", "spam"])[proba.argmax(1)]
    assert 0.86 < right.mean() < 0.93
    assert proba.max(1).mean() > right.mean() + 0.05
    assert (~right[proba.max(1) >= 0.9]).mean() > 0.05, "a raw cutoff of .9 breaks a promise of 5 %"
    assert scores_of(EXAMPLES[0]) == scores_of(EXAMPLES[0])


@pytest.mark.django_db
def test_the_workflow_of_the_mails_hears_it_beside_its_own_model() -> None:
    workflow = mail_workflow()
    assert register_stub(workflow, now=NOW)
    assert not register_stub(workflow, now=NOW), "a demo that begins again finds it there"
    in_force.forget()
    example = SpamMail().history()[5]
    items = [Submission(example.content, scores=scores_of(example))]
    (result,) = submit_cases(Intake(workflow.slug, items, None, NOW))
    assert result.status == 201
    score = SourceScore.objects.get()
    assert (score.source, score.unusable) == (Source.objects.get(), "")
