"""Check the audit log, also against heads that were kept outside this service."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError

from hitl.audit.verify import verify

_FIX = "Write NUMBER:DIGEST, the digest in 64 hexadecimal digits, as the checkpoint says it."


class Command(BaseCommand):
    """`manage.py verify_audit [--head NUMBER:DIGEST] [--heads FILE]`: exit 1 where the log is broken."""

    help = "Check every entry of the audit log, its end, its checkpoints and heads that were kept elsewhere."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take heads that were kept elsewhere."""
        parser.add_argument(
            "--head",
            action="append",
            default=[],
            metavar="NUMBER:DIGEST",
            help="a head that was kept elsewhere",
        )
        parser.add_argument(
            "--heads",
            type=Path,
            metavar="FILE",
            help="a file of them, a JSON object a line, as they were shipped",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Say what was found."""
        shipped: dict[int, bytes] = {}
        for number, digest in [*map(_head, options["head"]), *_lines(options["heads"])]:
            if shipped.setdefault(number, digest) != digest:
                raise CommandError(
                    f"There are two heads of entry {number:,}: at least one is not this log's."
                )
        verdict = verify(shipped=shipped)
        if not verdict.holds:
            raise CommandError(
                f"The chain is broken at entry {verdict.broken_at:,}: {verdict.reason}. "
                f"The {verdict.entries:,} before it are unchanged."
            )
        self.stdout.write(
            f"All {verdict.entries:,} entries are unchanged; {verdict.checkpoints:,} signed checkpoints and "
            f"{verdict.shipped:,} heads from elsewhere match."
        )


def _head(text: str) -> tuple[int, bytes]:
    number, _, digest = text.partition(":")
    return _checked(number, digest, f"--head {text[:80]!r}")


def _checked(number: Any, digest: Any, what: str) -> tuple[int, bytes]:
    try:
        found = int(number), bytes.fromhex(digest)
    except (TypeError, ValueError):
        raise CommandError(f"{what} is not a head. {_FIX}") from None
    if found[0] < 1 or len(found[1]) != 32:
        raise CommandError(f"{what} is not a head. {_FIX}")
    return found


def _lines(path: Path | None) -> list[tuple[int, bytes]]:
    if path is None:
        return []
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise CommandError(f"--heads {path} cannot be read: {error.strerror or error}.") from error
    found = []
    for place, line in enumerate(lines, start=1):
        try:
            head = orjson.loads(line)
            number, digest = head["number"], head["digest"]
        except (orjson.JSONDecodeError, TypeError, KeyError):
            raise CommandError(
                f"Line {place} of {path} is no head: a JSON object with number and digest."
            ) from None
        found.append(_checked(number, digest, f"Line {place} of {path}"))
    return found
