"""How long full standing took, from what a replay's log tells."""

import numpy as np

from hitl.simulate.events import Event
from hitl.simulate.report_text import standing
from hitl.simulate.standing import standing_of
from science.guarantee.elond import Doubt
from science.guarantee.wait import labels_until_proved

BELIEVED = Event(0, "certificate.believed", "From held-out labels.")
PROVED = Event(600, "certificate.made", "On live labels.", is_proof=True, labels=437)
AGAIN = Event(900, "certificate.made", "On live labels.", is_proof=True, labels=50)
PROMISE = {"target": 0.05, "confidence": 0.95}
AUTOMATIC = np.arange(1000) % 4 == 0
AUTOMATIC[600:] = True
WRONG = np.arange(1000) % 100 == 0


def test_the_wait_ends_with_the_first_proof_on_live_labels() -> None:
    found = standing_of([BELIEVED, PROVED, AGAIN], AUTOMATIC, WRONG, **PROMISE)
    assert (found["proved_at"], found["labels"]) == (600, 437)
    before, since = found["before"], found["since"]
    assert (before["cases"], before["automated"], before["wrong_automated"]) == (600, 150, 6)
    assert (since["cases"], since["automated"], since["wrong_automated"]) == (400, 400, 4)
    assert found["labels_expected"] == labels_until_proved(0.05, Doubt().freeze(delta=0.05)[1].alpha)
    assert standing({"standing": found}) == (
        "After 600 cases, on 437 live labels (a model half as wrong as promised takes about 699)."
        " Until then 25 % of 600 cases automated, 4 % of it wrong."
        " Since then 100 % of 400 cases automated, 1 % of it wrong."
    )


def test_what_was_never_proved_is_said_to_be_so() -> None:
    found = standing_of([BELIEVED], AUTOMATIC & False, WRONG, **PROMISE)
    assert (found["proved_at"], found["labels"], found["since"]["cases"]) == (None, None, 0)
    assert standing({"standing": found}) == (
        "Not proved on live labels (a model half as wrong as promised takes about 699)."
        " 0 % of 1,000 cases automated."
    )
