"""Every reason for which nothing is estimated can be said in another language."""

import numpy as np
from django.utils import translation

from reviews.lead.too_few import PATTERNS, because
from science.agreement.alpha import krippendorff_alpha
from science.agreement.rubber_stamp import rubber_stamp_index
from science.agreement.shares import TooFew, share


def test_every_reason_is_in_the_catalogues() -> None:
    rng = np.random.default_rng(1)
    found = [
        share(1, 4, least=5),
        krippendorff_alpha(np.array([[2, 0]]), rng=rng),
        krippendorff_alpha(np.array([[2, 0]] * 50), rng=rng),
        rubber_stamp_index(shown_agreed=1, shown_n=1, blind_agreed=1, blind_n=9),
        rubber_stamp_index(shown_agreed=1, shown_n=9, blind_agreed=1, blind_n=1),
    ]
    few = [one for one in found if isinstance(one, TooFew)]
    assert {one.pattern for one in few} == set(PATTERNS)
    assert because(few[0]) == few[0].why == "4 of the 5 observations that an estimate needs"
    with translation.override("de"):
        assert because(few[0]) == "4 der 5 Beobachtungen, die eine Schätzung braucht"
