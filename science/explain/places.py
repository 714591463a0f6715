"""Places in a text as people and browsers see them: whole characters, UTF-16 units."""

from __future__ import annotations

import unicodedata
from functools import cached_property

from science.explain.types import Locator

_JOINER = "\u200d"


class Places:
    """Turns code point ranges of one text into locators."""

    def __init__(self, part: str, text: str) -> None:
        self.part, self.text = part, text

    def locate(self, start: int, end: int) -> Locator:
        """The locator of a range, widened so that it cuts no character as people see them."""
        if not self._is_plain:
            while self._inside_a_cluster(start):
                start -= 1
            while self._inside_a_cluster(end):
                end += 1
        return {
            "part": self.part,
            "start": start,
            "end": end,
            "start16": self._utf16(start),
            "end16": self._utf16(end),
            "quote": self.text[start:end],
        }

    @cached_property
    def _is_plain(self) -> bool:
        """Whether every character of the text is shown as one."""
        return self.text.isascii() and "\r" not in self.text

    @cached_property
    def _beyond(self) -> list[int] | None:
        """For each position how many characters before it take two UTF-16 units; None when none do."""
        if self.text.isascii() or max(self.text, default="") <= "\uffff":
            return None
        counts = [0]
        for char in self.text:
            counts.append(counts[-1] + (char > "\uffff"))
        return counts

    def _utf16(self, position: int) -> int:
        return position if self._beyond is None else position + self._beyond[position]

    def _inside_a_cluster(self, i: int) -> bool:
        """Whether a cut before position `i` would part what is shown as one character.

        The rules of Unicode's extended grapheme clusters (UAX 29) that matter for marks, emoji,
        flags, Hangul syllables and line ends.
        """
        if i <= 0 or i >= len(self.text):
            return False
        before, after = self.text[i - 1], self.text[i]
        if after < "\u0300" and before != _JOINER:
            return before == "\r" and after == "\n"
        if _extends(after) or before == _JOINER:
            return True
        if _is_flag_half(after) and _is_flag_half(before):
            run = i
            while run > 0 and _is_flag_half(self.text[run - 1]):
                run -= 1
            return (i - run) % 2 == 1
        return _is_hangul_join(before, after)


def _extends(char: str) -> bool:
    return (
        unicodedata.category(char) in ("Mn", "Me", "Mc")
        or char in "\u200c\u200d\u0e33\u0eb3"
        or "\U0001f3fb" <= char <= "\U0001f3ff"
        or "\U000e0020" <= char <= "\U000e007f"
    )


def _is_flag_half(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _is_hangul_join(before: str, after: str) -> bool:
    leading = "\u1100" <= before <= "\u115f"
    if leading:
        return "\u1100" <= after <= "\u11a7" or "\uac00" <= after <= "\ud7a3"
    return (
        "\u1160" <= before <= "\u11ff" or "\uac00" <= before <= "\ud7a3"
    ) and "\u1160" <= after <= "\u11ff"
