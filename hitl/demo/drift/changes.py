"""Three worlds that change on a day: another light, younger callers, and a kind of spam nobody has seen."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, islice
from typing import Protocol

import numpy as np

from hitl.demo.phones import Shift as Light
from hitl.demo.phones import draw_screen
from hitl.demo.speech import LINES, USUAL, draw_call
from hitl.demo.speech import Shift as Line
from hitl.demo.worlds import SEED, Calls, Example, PhoneScreens, SpamMail, World

TARGET = 0.05
DIM = Light(brightness=0.5)
NEW_SPAM = 0.25  # share of the mails, once there is any


class ChangingWorld(World, Protocol):
    """A world of the demo, and what comes in after it has changed."""

    what: str
    a_day: int

    def changed_arrivals(self) -> Iterator[Example]:
        """Cases to come from then on, without end."""
        ...


class DimScreens(PhoneScreens):
    """A lamp above the camera fails: photos are half as bright."""

    slug, name = "dim-screens", "Phone screens"
    target, what, a_day = TARGET, "a lamp above the camera fails", 100

    def changed_arrivals(self) -> Iterator[Example]:
        rng = np.random.default_rng(SEED + 2)
        for i in count():
            screen = draw_screen(rng, shift=DIM)
            yield Example(f"dim-{i}", {"photo": screen.jpeg}, screen.label)


class YoungerCalls(Calls):
    """A campaign among students: voices are higher."""

    slug, name = "younger-calls", "Calls"
    target, what, a_day = TARGET, "callers are younger", 100

    def __init__(self) -> None:
        super().__init__(shift=USUAL)

    def history(self) -> list[Example]:
        rng = np.random.default_rng(SEED)
        return [_call(f"call-{i}", rng, USUAL) for i in range(self.history_size)]

    def arrivals(self) -> Iterator[Example]:
        rng = np.random.default_rng(SEED + 1)
        for i in count(self.history_size):
            yield _call(f"call-{i}", rng, USUAL)

    def changed_arrivals(self) -> Iterator[Example]:
        rng = np.random.default_rng(SEED + 2)
        for i in count():
            yield _call(f"young-{i}", rng, LINES["younger"])


def _call(reference: str, rng: np.random.Generator, line: Line) -> Example:
    call = draw_call(rng, shift=line)
    return Example(reference, {"recording": call.wav}, call.label)


class NewSpam(SpamMail):
    """Spam of today among the mail of 2002: it looks like an answer, and asks for a look at a parcel or a
    wallet."""

    slug, name = "new-spam", "Spam mail"
    target, what, a_day = TARGET, "a new kind of spam comes in", 140

    def changed_arrivals(self) -> Iterator[Example]:
        rng = np.random.default_rng(SEED + 3)
        for i, mail in enumerate(self.arrivals()):
            if rng.random() < NEW_SPAM:
                yield Example(f"new-{i}", _new_spam(rng), "spam")
            else:
                yield Example(f"{mail.reference}-later", mail.content, mail.truth)


_SUBJECTS = (
    "Re: your parcel", "Re: delivery tomorrow", "Re: the wallet", "Re: last week's invoice",
    "Re: meeting notes", "Re: your question on the list",
)  # fmt: skip
_OPENINGS = (
    "Hi,\n\nthanks for the quick answer on {day}.",
    "Hello again,\n\nas we said on {day}, here is the update.",
    "> I will have a look on {day}.\n\nGreat, please do.",
    "Hi all,\n\nfollowing up on the thread from {day}.",
)
_CALLS = (
    "The parcel {n} waits at the courier's depot; confirm the customs code on the tracking page.",
    "Your wallet {n} was chosen for the airdrop; connect it on the page so that the tokens are sent.",
    "The shared document {n} needs your sign-in once more before the team can see the changes.",
    "The courier could not reach you for {n}; choose a new slot and settle the handling difference.",
)
_ENDINGS = ("Regards,\n{name}", "Cheers,\n{name}", "-- \n{name}\nsent from the road", "Thanks\n{name}")
_NAMES = ("Tom", "Anna", "Justin", "Lucas", "Nina", "Ed", "Chris", "Helen")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")


def _new_spam(rng: np.random.Generator) -> dict[str, str]:
    def one(of: tuple[str, ...]) -> str:
        return of[int(rng.integers(len(of)))]

    n, name, day = f"{rng.integers(10_000, 99_999)}", one(_NAMES), one(_DAYS)
    parts = (one(_OPENINGS).format(day=day), one(_CALLS).format(n=n), one(_ENDINGS).format(name=name))
    return {"subject": one(_SUBJECTS), "body": "\n\n".join(parts)}


@dataclass(frozen=True, slots=True)
class Days:
    """A world's cases, day by day."""

    before: Iterator[Example]
    after: Iterator[Example]

    @classmethod
    def of(cls, world: ChangingWorld) -> "Days":
        """From the first case to come on."""
        return cls(world.arrivals(), world.changed_arrivals())

    def next(self, n: int, *, has_changed: bool) -> list[Example]:
        """The next cases."""
        return list(islice(self.after if has_changed else self.before, n))


def changing_worlds() -> tuple[ChangingWorld, ...]:
    """All of them."""
    return (NewSpam(), DimScreens(), YoungerCalls())
