"""Choices of monitoring."""

from collections.abc import Mapping

from django.db import models


class SignKind(models.TextChoices):
    """What an early sign speaks of."""

    INPUT_DRIFT = "input_drift", "Cases differ from those the model learned from"
    SCORE_DRIFT = "score_drift", "The model's scores differ from what they were"
    CONCEPT_DRIFT = "concept_drift", "More is wrong than the model's confidence predicts"
    DISAGREEMENT = "disagreement", "Reviewers contradict the model more often than predicted"
    UNUSUAL_ENTITIES = "unusual_entities", "Cases come from those the model has not met"
    REVIEWERS_CHANGED = "reviewers_changed", "Known answers are answered otherwise than before"
    SKEW = "skew", "A score computed again is not the one that was served"


class SignMay(models.TextChoices):
    """What may follow from an early sign; nothing else does."""

    RAISE_AUDITS = "raise_audits", "audit and ask blind more often"
    RETRAIN = "retrain", "ask for a new model"
    PAUSE_CANARY = "pause_canary", "keep a canary's share where it is"


MAY: Mapping[SignKind, frozenset[SignMay]] = {
    SignKind.INPUT_DRIFT: frozenset(SignMay),
    SignKind.SCORE_DRIFT: frozenset(SignMay),
    SignKind.CONCEPT_DRIFT: frozenset(SignMay),
    SignKind.DISAGREEMENT: frozenset(SignMay),
    SignKind.UNUSUAL_ENTITIES: frozenset(SignMay),
    # A new model would learn from the answers that are in doubt.
    SignKind.REVIEWERS_CHANGED: frozenset({SignMay.RAISE_AUDITS, SignMay.PAUSE_CANARY}),
    # Training again mends no machine that computes wrongly.
    SignKind.SKEW: frozenset({SignMay.RAISE_AUDITS, SignMay.PAUSE_CANARY}),
}


class CountFamily(models.TextChoices):
    """What is counted."""

    INPUT = "input", "Inputs"
    OUTPUT = "output", "Outputs"
    PEOPLE = "people", "People"
