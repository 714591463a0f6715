"""Bare texts in scripts: literals that read like a sentence, outside `gettext` and `ngettext`."""

import re
from collections.abc import Iterator

from hitl.languages.bare import Bare

_WORDS = re.compile(r"[^\W\d_]{2,} [^\W\d_]|^.[A-Z][a-z]+")
_TOKEN = re.compile(
    r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|[\w$]+|[^\s\w]""",
    re.DOTALL,
)
_OF_BROWSERS = re.compile(r"Enter|Escape|AltGraph|Arrow|Content-Type")
"""Names of keys and headers: no person reads them there."""
_TRANSLATED = {"gettext", "ngettext"}
_NO_TEXT = {
    "Error",
    "querySelector",
    "querySelectorAll",
    "closest",
    "matches",
    "createElement",
    "getElementById",
}


def bare_in_script(source: str) -> list[Bare]:
    """Return the literals that look like texts for people."""
    return list(_found(source))


def _found(source: str) -> Iterator[Bare]:
    callers: list[str] = []
    last = ""
    for token in _TOKEN.finditer(source):
        text = token[0]
        if text == "(":
            callers.append(last)
        elif text == ")" and callers:
            callers.pop()
        elif text[0] in "\"'`" and len(text) > 1:
            caller = callers[-1] if callers else ""
            if caller not in _TRANSLATED | _NO_TEXT and _reads(text):
                yield Bare(source.count("\n", 0, token.start()) + 1, text, *token.span(), "script")
        last = text


def _reads(literal: str) -> bool:
    text = re.sub(r"\$\{[^}]*\}", "1", literal)
    if _OF_BROWSERS.fullmatch(text[1:-1]):
        return False
    return bool(_WORDS.search(text)) and not re.search(
        r"[<>{}=\[\];#]|var\(|px |^.use strict|data-|\.js", text
    )
