"""Look at the models elsewhere in use: whether they answer, and whether ONNX files can be run."""

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from hitl.doctor.findings import Finding, fine, look, wrong
from hitl.shared.words import shown
from models_store.models import Source
from models_store.types import Door

_PART = "models elsewhere"


def models_elsewhere() -> Iterator[Finding]:
    """Look at what the workers last heard; nobody is asked. Nothing where there is no such model."""
    used = Source.objects.filter(
        confirmed_at__isnull=False, retired_at=None, workflow__archived_at=None
    ).select_related("workflow")
    listened = [source for source in used if source.is_in_use]
    if any(source.door == Door.ONNX for source in listened) and not Path(settings.ONNX_PYTHON).exists():
        yield wrong(
            _PART,
            "nothing here can run the ONNX files in use: cases that need them go to people.",
            "Run `python3 manage.py onnx` on every machine that has workers.",
        )
    for source in listened:
        if source.trouble:
            yield look(
                _PART,
                f"{source.name} of {source.workflow.slug} did not answer last: {shown(source.trouble_words)}",
                "Its cases go to people until it answers. Look at its page.",
            )
    if listened and not any(source.trouble for source in listened):
        yield fine(_PART, f"{len(listened)} in use, and each answered last")
