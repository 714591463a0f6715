"""`python3 manage.py onnx`: install what runs uploaded ONNX files."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from hitl.runtime.environment import ROOT
from hitl.runtime.installers import CannotInstall, set_up


class Command(BaseCommand):
    help = "Install what runs uploaded ONNX files, in an environment of its own. Once, where workers run."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        environment = Path(settings.ONNX_PYTHON).parent.parent
        environment.parent.mkdir(parents=True, exist_ok=True)
        try:
            set_up(ROOT / "requirements-onnx.txt", environment)
        except CannotInstall as problem:
            raise CommandError(str(problem)) from None
        self.stdout.write(f"{environment}: workers run uploaded ONNX files with it from now on.")
