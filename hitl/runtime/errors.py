"""What the person at the terminal can do something about."""


class CannotStart(Exception):
    """Something the command needs cannot be had. The message says what, why, and what to do."""
