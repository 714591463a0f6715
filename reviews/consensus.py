"""When a case is settled: given the answers so far, settle it or ask another person (ADR 0028). Pure.

Only people vote. In an audit the model's label is what is judged, or the labels of several models that would
decide differently. One person who agrees with all of them settles it, unless another has said otherwise.
Otherwise a second is asked, and a third if those two differ. Two equal answers stand. If all three differ,
two of them contradict the model, and the last answer that does stands. A share of the agreeing audits gets a
second read, to find what one person misses: there the first answer settles nothing.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from cases.types import Purpose


@dataclass(frozen=True, slots=True)
class Settled:
    """The case is settled: its label is `label`."""

    label: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Somebody who has not answered this case must be asked, for this purpose."""

    purpose: Purpose


SECOND, THIRD = Ask(Purpose.SECOND), Ask(Purpose.ADJUDICATION)


def next_step(
    answers: Sequence[str], *, required: int, judged: Collection[str] | None = None, read_twice: bool = False
) -> Settled | Ask:
    """Say what follows from the answers given so far, at least one, oldest first.

    `required` people must agree on a case under review; if they do not, an adjudicator's answer stands.
    `judged` are the models' labels when the answers audit them; then `required` plays no part, and with
    `read_twice` one who agrees is not enough.

    >>> next_step(["spam"], required=1)
    Settled(label='spam')
    >>> next_step(["ham"], required=1, judged=["spam"]).purpose.value
    'second'
    >>> next_step(["spam"], required=1, judged=["spam"], read_twice=True).purpose.value
    'second'
    """
    if not answers:
        raise ValueError("nobody has answered yet")
    if judged is not None:
        return _audited(answers, judged, read_twice)
    if len(answers) < required:
        return SECOND
    if len(set(answers[:required])) == 1:
        return Settled(answers[0])
    return Settled(answers[required]) if len(answers) > required else THIRD


def _audited(answers: Sequence[str], judged: Collection[str], read_twice: bool) -> Settled | Ask:
    first = answers[0]
    if len(answers) == 1:
        agrees = all(label == first for label in judged)
        return Settled(first) if agrees and not read_twice else SECOND
    second = answers[1]
    if second == first:
        return Settled(first)
    if len(answers) == 2:
        return THIRD
    third = answers[2]
    if third in (first, second):
        return Settled(third)
    against = [label for label in (first, second, third) if label not in judged]
    return Settled(against[-1] if against else third)
