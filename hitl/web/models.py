"""Sign-ins that failed, so that guessing is slow whichever process answers."""

from typing import Any, ClassVar

from django.db import models


class LoginAttempt(models.Model):
    """One row per sign-in attempt of the last minute that has not succeeded.

    `source` is a keyed hash of account and address: a password typed into the wrong field is not kept.
    """

    id = models.BigAutoField(primary_key=True)
    source = models.BinaryField(max_length=32)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(name="login_attempt_source", fields=["source", "at"]),
            models.Index(name="login_attempt_at", fields=["at"]),
        ]
