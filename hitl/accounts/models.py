"""People and API keys."""

import hashlib
import secrets
from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy

from hitl.accounts.types import Role, Scope
from hitl.shared.actor import Actor
from hitl.shared.ids import new_id

KEY_PREFIX = "hitl_"


class User(AbstractUser):
    """One row per person."""

    roles = ArrayField(
        models.CharField(max_length=20, choices=Role),
        default=list,
        blank=True,
        help_text=gettext_lazy("What this person may do."),
    )
    preferences = models.JSONField(
        default=dict,
        db_default=models.Value({}, output_field=models.JSONField()),
        blank=True,
        editable=False,
        help_text=gettext_lazy("Keys and comfort of the desk."),
    )

    class Meta:
        verbose_name = gettext_lazy("person")
        verbose_name_plural = gettext_lazy("people")

    def as_actor(self) -> Actor:
        """Return the person as the author of a change."""
        roles = frozenset(Role.values) if self.is_superuser else frozenset(self.roles)
        return Actor(kind="user", id=str(self.pk), name=self.get_username(), roles=roles)

    def has_role(self, *roles: str) -> bool:
        """Tell whether the person holds any of the roles."""
        return self.is_superuser or not set(roles).isdisjoint(self.roles)


class ApiKey(models.Model):
    """One row per API key; the secret itself is shown once and only its hash is kept.

    `version` rises with every change: the write statement of intake compares it, so that a revoked
    key is refused from the next case on in every process.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=100, help_text=gettext_lazy("Who or what uses this key."))
    prefix = models.CharField(
        max_length=16, editable=False, help_text=gettext_lazy("The first characters, to recognise it.")
    )
    secret_hash = models.BinaryField(max_length=32, unique=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=10, choices=Scope), default=list)
    is_for_all_workflows = models.BooleanField(default=False)
    version = models.IntegerField(default=1, editable=False)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = gettext_lazy("API key")
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(name="apikey_has_a_scope", condition=~models.Q(scopes=[])),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def scope_words(self) -> list[str]:
        """What it may do, for people."""
        return [str(Scope(scope).label) for scope in self.scopes]

    def is_live(self, now: datetime) -> bool:
        """Tell whether the key may still be used."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)


def new_secret() -> str:
    """Return the text of a new key: 256 bits, recognisable by its prefix to secret scanners."""
    return KEY_PREFIX + secrets.token_urlsafe(32)


def secret_digest(secret: str) -> bytes:
    """Hash a key's secret. A plain SHA-256 serves: the secret is random, 256 bits, and not guessable."""
    return hashlib.sha256(secret.encode()).digest()
