"""Which runs of characters count as one word, in any script.

scikit-learn's default finds nothing in Hindi (vowel signs are marks, not letters) and drops emoji,
"C++", "5" and "$". Here a token is

1. a run of letters, digits and marks, joined across apostrophes, with trailing "+" and "#";
2. a run of "!", "?", "$", "%" or another ASCII sign that carries tone or money;
3. one character of a script written without spaces (Chinese, Japanese, Thai, Lao, Khmer, Burmese)
   with its marks, so that pairs of tokens are its usual character bigrams;
4. one flag, one emoji with its modifiers and joiners, or one other symbol.

A token never ends inside a grapheme cluster that begins in it (modifiers are taken along).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable


def _char_class(is_member: Callable[[str], bool], ranges: tuple[tuple[int, int], ...]) -> str:
    """The members of some code point ranges as the inside of a regular expression's class."""
    out: list[str] = []
    for low, high in ranges:
        start = None
        for point in range(low, high + 2):
            inside = point <= high and is_member(chr(point))
            if inside and start is None:
                start = point
            elif not inside and start is not None:
                out.append(f"\\U{start:08x}-\\U{point - 1:08x}")
                start = None
    return "".join(out)


# Marks and symbols live in these parts of Unicode; walking all 17 planes would cost a web process 0.3 s.
_POPULATED = ((0xA2, 0x2E7F), (0x3000, 0x33FF), (0xA490, 0xABFF), (0xFB00, 0xFFFD), (0x10100, 0x1FAFF))
_MARKS = _char_class(lambda c: unicodedata.category(c)[0] == "M", _POPULATED) + "\U000e0100-\U000e01ef"
_SYMBOLS = _char_class(lambda c: unicodedata.category(c) in ("So", "Sc", "Sm", "Sk"), _POPULATED)
_EXTEND = f"[{_MARKS}\u200d\u200c\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]"
_UNSPACED = (
    "\u0e01-\u0e30\u0e32\u0e33\u0e40-\u0e46\u0e81-\u0eb0\u0eb2\u0eb3\u0ebd-\u0ec6\u1000-\u102a\u1780-\u17b3"
    "\u3041-\u3096\u30a1-\u30fa\u30fc\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
# Asking "is it ASCII?" first keeps plain text away from the long classes; possessive, so never quadratic.
_BEYOND = "(?=[^\\x00-\\x7f])"
_RUN = f"(?:[0-9A-Za-z_]++|{_BEYOND}(?:[^\\W{_UNSPACED}]|[{_MARKS}\u200d\u200c]))++"

# The most common kinds first: alternatives exclude each other, so the order changes only the speed.
TOKEN_PATTERN = "|".join(
    [
        f"{_RUN}(?:['\u2019]{_RUN})*[+#]*",
        "[!?]+|[$%#@&*+<=>|~^]+",
        f"{_BEYOND}[{_UNSPACED}]{_EXTEND}*",
        f"{_BEYOND}[\U0001f1e6-\U0001f1ff]{{2}}{_EXTEND}*",
        f"{_BEYOND}[{_SYMBOLS}]{_EXTEND}*(?:(?<=\u200d)[{_SYMBOLS}]{_EXTEND}*)*",
    ]
)
# What TOKEN_PATTERN finds in ASCII text, at half the cost (a test holds the two together).
ASCII_TOKEN_PATTERN = "|".join(["[0-9A-Za-z_]++(?:'[0-9A-Za-z_]++)*[+#]*", "[!?]+", "[$%#@&*+<=>|~^]+"])
