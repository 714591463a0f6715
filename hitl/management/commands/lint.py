"""`python3 manage.py lint`: rules, format and import contracts, in seconds."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from hitl.runtime.verification import run_checks


class Command(BaseCommand):
    help = "Check rules, format and import contracts. Changes nothing."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        sys.exit(run_checks(["lint"]))
