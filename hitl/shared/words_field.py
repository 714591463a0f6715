"""Columns for texts that pages say in the reader's language, whatever values stand in them (ADR 0092)."""

import json
from typing import Any

from django import forms
from django.db import models

from hitl.shared.words import again, kept


class WordsField(models.Field):  # type: ignore[type-arg]
    """A text: as a JSON string, or where it is `Words` with values, as its pattern and them.

    It is read back as what it was, which is a `str` either way.
    """

    empty_strings_allowed = True

    def db_type(self, connection: Any) -> str:
        """PostgreSQL's JSON."""
        return "jsonb"

    def get_prep_value(self, value: Any) -> str | None:
        """Return what the database is given."""
        return None if value is None else json.dumps(kept(value), ensure_ascii=False)

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        """Return what was kept."""
        return None if value is None else again(json.loads(value))

    def formfield(self, **options: Any) -> Any:
        """A form gives it as a text."""
        return super().formfield(**{"form_class": forms.CharField, **options})


class WordsJSONField(models.JSONField):
    """JSON in which some texts are `Words`: they are read back as such."""

    def get_prep_value(self, value: Any) -> Any:
        """Return what the database is given."""
        return super().get_prep_value(kept(value))

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        """Return what was kept."""
        return again(super().from_db_value(value, expression, connection))
