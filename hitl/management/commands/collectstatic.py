"""`python3 manage.py collectstatic`: gather the pages' files, and compile their texts in other languages."""

from typing import Any

from django.conf import settings
from django.contrib.staticfiles.management.commands.collectstatic import Command as Usual

from hitl.languages.compiling import compile_catalogues


class Command(Usual):
    help = "Gather the pages' files, and compile their texts in other languages."

    def handle(self, **options: Any) -> str | None:
        if not options["dry_run"]:
            compile_catalogues(with_pseudo=settings.DEBUG)
        return super().handle(**options)
