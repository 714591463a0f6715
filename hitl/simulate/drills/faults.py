"""The faults: how the cases of a day, or the people who answer them, are other than on a calm one."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hitl.simulate.drills.settings import (
    FILES,
    FORMS,
    LETTERS,
    Content,
    Setting,
    letter,
    picture,
    recording,
    text,
)

OTHER_LANGUAGE = "le colis est arrivé ouvert merci de rembourser la somme très vite encore bonjour"

Change = Callable[[list[Content], np.random.Generator, int], list[Content]]
"""From a calm day's contents, the random numbers and how many days the fault has lasted to what comes in."""


@dataclass(frozen=True, slots=True)
class People:
    """How people answer: active seconds, hours until they do, and whether they repeat what is suggested."""

    seconds: float = 20.0
    hours: float = 1.0
    repeat: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """Where it is played, and what is other."""

    setting: Setting
    change: Change = lambda contents, rng, day: contents
    people: People = People()


def _each(change: Callable[[Content, np.random.Generator], Content], share: float = 1.0) -> Change:
    """Change each content, or a random share of them."""
    return lambda contents, rng, day: [
        {**one, **change(one, rng)} if share >= 1 or rng.random() < share else one for one in contents
    ]


def _creep(contents: list[Content], rng: np.random.Generator, day: int) -> list[Content]:
    return [{**one, "amount": one["amount"] * 1.15**day} for one in contents]


def _without_amount(contents: list[Content], rng: np.random.Generator, day: int) -> list[Content]:
    return [
        {name: value for name, value in one.items() if name != "amount"} if rng.random() < 0.5 else one
        for one in contents
    ]


def _sent_again(contents: list[Content], rng: np.random.Generator, day: int) -> list[Content]:
    kept = contents[: round(0.6 * len(contents))]
    return [*kept, *(kept[i] for i in rng.integers(0, len(kept), len(contents) - len(kept)))]


FAULTS: dict[str, Fault] = {
    "numbers_move": Fault(FORMS, _each(lambda one, rng: {"amount": one["amount"] * 2})),
    "numbers_creep": Fault(FORMS, _creep),
    "new_category": Fault(FORMS, _each(lambda one, rng: {"channel": "chat"}, share=0.3)),
    "field_missing": Fault(FORMS, _without_amount),
    "other_texts": Fault(FORMS, _each(lambda one, rng: {"message": text(rng, OTHER_LANGUAGE)}, share=0.5)),
    "sent_again": Fault(FORMS, _sent_again),
    "darker_pictures": Fault(FILES, _each(lambda one, rng: {"photo": picture(rng, light=0.6)})),
    "quieter_sound": Fault(FILES, _each(lambda one, rng: {"call": recording(rng, loudness=0.3)})),
    "scores_move": Fault(LETTERS, _each(lambda one, rng: letter(rng, unsure=0.5))),
    "other_labels": Fault(LETTERS, _each(lambda one, rng: letter(rng, accepted=0.1))),
    "kept_unread": Fault(LETTERS, people=People(repeat=True)),
    "answered_too_fast": Fault(LETTERS, people=People(seconds=4.0)),
    "answered_late": Fault(LETTERS, people=People(hours=24.0)),
}
