"""A stub of a language model: a script that knows the truth, errs now and then, and is five times too sure.

It shows an operator what a promise would be worth on such scores: they come with the mails, people's answers
calibrate them, and then it stands in shadow beside the spam model.
"""

import hashlib
from datetime import datetime
from typing import Any

import numpy as np

from cases.models import Workflow
from hitl.demo.people import ACTOR
from hitl.demo.worlds import Example, SpamMail
from hitl.shared.errors import HitlError
from models_store.services.sources import propose_source

MODEL, VERSION = "language-model stub", "a script, five times too sure"
TEMPERATURE = 0.2
LEAN, SPREAD = 2.0, 1.6  # of the log-odds of the truth: wrong in about one case of ten
LABEL_MAP = {"junk": "spam", "fine": "ham"}
KNOWN = 40


def scores_of(example: Example) -> dict[str, Any]:
    """Return what the stub says of a mail: the same each time, and far too sure."""
    digest = hashlib.sha256(example.reference.encode()).digest()
    dice = np.random.default_rng(int.from_bytes(digest[:8]))
    towards_truth = dice.normal(LEAN, SPREAD)
    logit = towards_truth if example.truth == "spam" else -towards_truth
    junk = float(1 / (1 + np.exp(-logit / TEMPERATURE)))
    return {"model": MODEL, "version": VERSION, "probabilities": {"junk": junk, "fine": 1 - junk}}


def register_stub(workflow: Workflow, *, now: datetime) -> bool:
    """Let the workflow of the mails listen to the stub; False where it does already."""
    known = [
        {"label": one.truth, "probabilities": scores_of(one)["probabilities"]}
        for one in SpamMail().history()[:KNOWN]
    ]
    try:
        propose_source(
            workflow_id=workflow.pk,
            model=MODEL,
            version=VERSION,
            label_map=LABEL_MAP,
            known_answers=known,
            actor=ACTOR,
            now=now,
        )
    except HitlError:
        return False
    return True
