"""`python3 manage.py types`: the types of code and scripts; seconds, after the first time."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from hitl.runtime.verification import run_checks


class Command(BaseCommand):
    help = "Check the types of the code, and of the pages' scripts where npm is."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        sys.exit(run_checks(["types"]))
