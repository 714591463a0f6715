"""`python3 manage.py vectors`: make the table of what words mean, by which models read short texts."""

import subprocess
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from hitl.runtime.environment import ROOT, python_of
from hitl.runtime.installers import CannotInstall, set_up


class Command(BaseCommand):
    help = "Make the table of what words mean, by which models read short texts. Once; a minute or two."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        target = Path(settings.WORD_VECTORS)
        target.parent.mkdir(parents=True, exist_ok=True)
        environment = target.parent / "vectors-environment"  # nothing of the service needs these packages
        try:
            set_up(ROOT / "requirements-vectors.txt", environment)
        except CannotInstall as problem:
            raise CommandError(str(problem)) from None
        made = subprocess.run([python_of(environment), "-m", "science.distil", target], cwd=ROOT)
        if made.returncode:
            raise CommandError("The table could not be made; the reason is above. Nothing was changed.")
        size = target.stat().st_size
        self.stdout.write(f"{target}: {size / 1e6:.1f} MB. The next training tries it on short texts.")
