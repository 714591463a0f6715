"""From a sample that was read: how many of the rest may be wrong.

After `read` members of a set, drawn at random and all found right, the number of wrong ones among the rest
has an exact upper bound from the hypergeometric distribution: with k wrong in the set of N, a draw of n
misses them all with chance C(N - k, n) / C(N, n). Source: W. G. Cochran, "Sampling Techniques", 3rd ed.,
1977, section 3.6 (confidence limits without replacement).
"""

from math import comb


def most_wrong(read: int, rest: int, *, confidence: float = 0.95) -> int:
    """Return the most that may be wrong among the `rest`, with this confidence; of none read, all.

    The draw must have been random and its size not chosen after seeing what it holds.

    >>> most_wrong(5, 35)
    17
    >>> most_wrong(40, 0)
    0

    Raises:
        ValueError: a count is negative, or the confidence is not between 0 and 1.
    """
    if read < 0 or rest < 0 or not 0 < confidence < 1:
        raise ValueError("counts from 0 on, and a confidence between 0 and 1")
    ways, least = comb(read + rest, read), 1 - confidence
    wrong = rest
    while wrong and comb(read + rest - wrong, read) <= least * ways:
        wrong -= 1
    return wrong
