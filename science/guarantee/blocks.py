"""Audits are used in the order of decisions, up to the first that is still open.

Only audits that disagree wait for adjudication, so how long an answer takes depends on the loss. Feeding
answers as
they come in would show the agreements first: a certifier at 5 % was then false in 8 % of runs with
disagreements 100 audits late, in 41 % with 300. A block is closed when every audit in it is final: answered
and adjudicated, past its undo window, or overdue.
"""

import numpy as np

BLOCK_SIZE = 10


def closed_prefix(final: np.ndarray, block_size: int = BLOCK_SIZE) -> int:
    """How many of the oldest audits may be used as evidence now.

    Args:
        final: whether each audit, in decision order, is final; shape (n_audits,).

    >>> closed_prefix(np.array([True, True, True, False, True, True]), block_size=2)
    2
    """
    open_ones = np.flatnonzero(~np.asarray(final, dtype=bool))
    leading = int(open_ones[0]) if open_ones.size else len(final)
    return leading - leading % block_size
