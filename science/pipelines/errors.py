"""Why nothing could be trained."""


class NotTrainable(ValueError):
    """These labels cannot teach a model yet; the message says plainly what is missing."""
