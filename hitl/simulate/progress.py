"""A bar on the terminal while a replay runs; a line now and then where nobody watches."""

import time
from typing import IO

_WIDTH = 30
_LINES = 4  # where it is no terminal


class Bar:
    """Shows how far a replay is, how much was automated, and how long it will take."""

    def __init__(self, out: IO[str]) -> None:
        self._out, self._is_live = out, out.isatty()
        self._began, self._shown, self._quarter = time.monotonic(), 0.0, 0

    def show(self, done: int, n: int, automated: int) -> None:
        """Say where it stands."""
        now = time.monotonic()
        words = f"{done:,} of {n:,} cases, {automated / done:.0%} automated" if done else f"0 of {n:,} cases"
        if not self._is_live:
            quarter = done * _LINES // n
            if quarter > self._quarter:
                self._quarter = quarter
                self._out.write(f"{words}\n")
            return
        if done < n and now - self._shown < 0.1:
            return
        self._shown = now
        left = (now - self._began) / done * (n - done) if done else 0.0
        full = round(_WIDTH * done / n)
        line = f"{'█' * full}{'░' * (_WIDTH - full)} {words}" + (f", {left:.0f} s to go" if done < n else "")
        self._out.write(f"\r\x1b[K{line}" + ("\n" if done == n else ""))
        self._out.flush()
