"""What cannot be simulated: one sentence that names the option and the fix."""


class CannotSimulate(Exception):
    """The file or an option does not fit; the message says which, and what to do."""
