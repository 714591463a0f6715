"""`python3 manage.py fix`: what can be put right without a person."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from hitl.runtime.verification import run_checks


class Command(BaseCommand):
    help = "Put right what needs no person: what `ruff` can fix, and the format."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        sys.exit(run_checks(["fix"]))
