"""Choices of monitoring."""

from django.db import models


class SignKind(models.TextChoices):
    """What an early sign speaks of."""

    SCORE_DRIFT = "score_drift", "The model's scores differ from what they were"
    DISAGREEMENT = "disagreement", "Reviewers contradict the model more often than predicted"


class CountFamily(models.TextChoices):
    """What is counted."""

    INPUT = "input", "Inputs"
    OUTPUT = "output", "Outputs"
    PEOPLE = "people", "People"
