"""Run one management command with what it needs. `manage.py` comes here once the packages are there."""

import os
import signal
import sys
from types import FrameType

from hitl import __version__
from hitl.runtime.bootstrap import CHECKS
from hitl.runtime.errors import CannotStart
from hitl.runtime.paths import data_directory
from hitl.runtime.services import services

SERVING = {"up", "demo"}
"""Commands that run the whole service; one at a time on a data directory."""

WITHOUT_SERVICES = {
    "help", "version", *CHECKS, "makemessages", "compilemessages", "startapp", "startproject", "findstatic",
    "diffsettings", "bench", "simulate", "sql", "translations",
}  # fmt: skip
"""Commands that ask neither the database nor the broker (`test`, `bench` and `simulate` start their own)."""

PLACEHOLDERS = {
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "HITL_SECRET_KEY": "of a command that needs none and signs nothing",
}


def main(argv: list[str]) -> int:
    """Run the command; the exit code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hitl.settings")
    command = argv[1] if len(argv) > 1 and not argv[1].startswith("-") else "help"
    if command == "demo" and "--drift" in argv:  # its weeks lie in the past: no place for other rows
        os.environ.setdefault("HITL_DATA_DIR", str(data_directory() / "drift"))
    asks_for_help = bool({"--help", "-h", "--version"} & set(argv[1:]))
    if argv[1:] in (["version"], ["--version"]):
        print(__version__)
        return 0
    try:
        if command in WITHOUT_SERVICES or asks_for_help:
            for name, value in PLACEHOLDERS.items():
                os.environ.setdefault(name, value)
            signal.signal(signal.SIGTERM, _leave)  # whatever it starts is stopped
            if command in CHECKS:
                _execute_alone(argv)
            else:
                _execute(argv)
        else:
            signal.signal(signal.SIGTERM, _leave)
            with services(command, serving=command in SERVING):
                _execute(argv)
    except CannotStart as problem:
        print(problem, file=sys.stderr)
        return problem.exit_code
    except KeyboardInterrupt:
        return 130
    return 0


def _execute(argv: list[str]) -> None:
    from django.core.management import execute_from_command_line
    from django.db import ProgrammingError

    try:
        execute_from_command_line(argv)
    except ProgrammingError:
        from hitl.health import migrations_behind

        if not (behind := migrations_behind()):
            raise
        raise CannotStart(
            f"{behind} migrations are not applied to this database. Run `python3 manage.py migrate` first."
        ) from None


def _execute_alone(argv: list[str]) -> None:
    """Run a command without the set-up of Django, which takes seconds and which a check does not need."""
    from django.core.management import load_command_class

    command = load_command_class("hitl", argv[1])
    command.handle(**vars(command.create_parser(argv[0], argv[1]).parse_args(argv[2:])))


def _leave(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)  # unwinds, so that what was started is stopped
