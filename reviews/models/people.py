"""Who reviews together, and what each person can do."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy

from hitl.shared.words import Words


class Team(models.Model):
    """One row per group of people who review; its skills are those of all its members."""

    name = models.CharField(max_length=100, unique=True)
    skills = ArrayField(models.CharField(max_length=50), default=list, blank=True)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="teams", blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name


class PersonSkills(models.Model):
    """One row per person with skills of their own, besides those of their teams."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.PROTECT, related_name="review_skills"
    )
    skills = ArrayField(models.CharField(max_length=50), default=list, blank=True)

    class Meta:
        verbose_name_plural = gettext_lazy("skills of people")

    def __str__(self) -> str:
        return Words("skills of %(person)s", person=self.person)
