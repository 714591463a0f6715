"""`python3 manage.py openapi`: write the API's reference where the documentation keeps it."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from hitl.flow.doors.api.reference import document

REFERENCE = settings.BASE_DIR / "docs" / "reference" / "openapi.json"


class Command(BaseCommand):
    help = "Write docs/reference/openapi.json anew, after a change of the API."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        REFERENCE.write_bytes(document() + b"\n")
        self.stdout.write(f"Wrote {REFERENCE.relative_to(settings.BASE_DIR)}.")
