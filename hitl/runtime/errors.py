"""What the person at the terminal can do something about."""


class CannotStart(Exception):
    """Something the command needs cannot be had. The message says what, why, and what to do."""

    exit_code = 1


class BadInput(CannotStart):
    """A file or an option does not fit. The message says which, why, and what to do."""

    exit_code = 2
