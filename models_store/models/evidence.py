"""Why a model says what it says, and which cases are like a case."""

from typing import Any, ClassVar

from django.db import models

from cases.models import Case
from models_store.models.releases import Release


class StoredExplanation(models.Model):
    """One row per case and release whose explanation has been computed: a cache, safe to empty."""

    id = models.BigAutoField(primary_key=True)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")
    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="+", db_index=False)
    target = models.CharField(max_length=100)
    contrast = models.CharField(max_length=100)
    body = models.JSONField(help_text="highlight/1")
    computed_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "evidence"
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(name="one_evidence", fields=["case", "release", "target", "contrast"]),
        ]


class PrecedentIndex(models.Model):
    """One row per release whose training cases can be asked for those most alike a new one.

    The file lies in the artifact store beside the model's; it holds vectors, never what a case says.
    """

    release = models.OneToOneField(
        Release, primary_key=True, on_delete=models.CASCADE, related_name="precedent_index"
    )
    sha256 = models.CharField(max_length=64)
    size_bytes = models.IntegerField()
    signature = models.BinaryField(max_length=32)
    n_cases = models.IntegerField()
    made_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "precedent indexes"
