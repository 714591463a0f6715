"""Words that a model ignores because an operator named them.

They are blanked before anything is counted, in training and in serving alike, so that neither they nor the
n-grams in them can speak, and everything else keeps its place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from science.serving.errors import BadArtifact

MAX_WORDS = 200
MAX_LENGTH = 100


class Unread:
    """Blanks some words, whole and in any case, wherever a text has them.

    Raises:
        BadArtifact: too many of them, or one that is empty or too long.

    >>> Unread(["ref"])("Ref 7, refund, REF-8")
    '    7, refund,    -8'
    """

    def __init__(self, words: Sequence[str]) -> None:
        self.words = tuple(words)
        if len(self.words) > MAX_WORDS or not all(
            word.strip() and len(word) <= MAX_LENGTH for word in self.words
        ):
            raise BadArtifact("words to be left out: too many, or one that is empty or too long")
        longest_first = sorted(self.words, key=len, reverse=True)
        either = "|".join(map(re.escape, longest_first))
        self._pattern = re.compile(rf"(?<!\w)(?:{either})(?!\w)", re.IGNORECASE) if self.words else None

    def __call__(self, text: str) -> str:
        """Return the text with these words blanked, as long as it was."""
        if self._pattern is None:
            return text
        return self._pattern.sub(lambda found: " " * len(found[0]), text)
