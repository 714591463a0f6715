"""Ranges that many settings of a proof share; NaN lies in none of them."""


def check_inside(**settings: float) -> None:
    """Check that each lies in (0, 1): a target or a doubt of 0 or 1 proves nothing.

    Raises:
        ValueError: one does not; it is named.
    """
    for name, value in settings.items():
        if not 0 < value < 1:
            raise ValueError(f"{name} must lie in (0, 1), not {value}.")


def check_rates(**settings: float) -> None:
    """Check that each lies in (0, 1]: who is never audited is never known.

    Raises:
        ValueError: one does not; it is named.
    """
    for name, value in settings.items():
        if not 0 < value <= 1:
            raise ValueError(f"{name} must lie in (0, 1], not {value}.")


def check_shares(**settings: float) -> None:
    """Check that each lies in [0, 1): a share that may be nothing but not all.

    Raises:
        ValueError: one does not; it is named.
    """
    for name, value in settings.items():
        if not 0 <= value < 1:
            raise ValueError(f"{name} must lie in [0, 1), not {value}.")


def check_count(name: str, value: float, *, least: int = 1) -> None:
    """Check that it is a whole number of at least `least`.

    Raises:
        ValueError: it is not; it is named.
    """
    if not (value >= least and value % 1 == 0):  # an infinite one leaves NaN
        raise ValueError(f"{name} must be a whole number, at least {least}, not {value}.")


def check_next(before: int | None, taken: int) -> None:
    """Check that a block is the next one: neither taken already nor after a gap.

    Args:
        before: how many the caller says came before the block; None says nothing.
        taken: how many were taken in.

    Raises:
        ValueError: they differ.
    """
    if before is not None and before != taken:
        raise ValueError(f"before must be {taken}, what was taken in, not {before}: once each, in order.")
