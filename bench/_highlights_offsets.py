"""Places in texts: features and spans against scikit-learn's own analyzers, on strings nobody would send."""

from typing import Any

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer

from bench._evidence import data_set, served_model_of
from hitl.bench.rows import Row
from science.explain import NotInContent, explain, verify
from science.pipelines.candidates import TEXT
from science.serving.analyzer import Analyzer

TOKENS = r"(?u)\b\w\w+\b"  # scikit-learn's default
_ODD = "İßﬁ½éè ΣσςỠ\u0301\u200d\U0001f468\U0001f1e9\U0001f1ea नमस्ते 你好 ไทย \t\n  C++ don't"
_POOL = [*_ODD, *"abcdefgh  ", *map(chr, range(0xA0, 0x250)), *map(chr, range(0x1F600, 0x1F640))]


def offsets(n: int) -> list[Row]:
    """`n` new strings for each of 60 settings, and explanations of some of them."""
    rng = np.random.default_rng(3)
    settings: list[tuple[Any, tuple[int, int], bool, Any]] = [
        (unit, (low, high), lower, accents)
        for unit in ("word", "char", "char_wb")
        for low, high in ((1, 1), (1, 2), (2, 3), (3, 5), (1, 4))
        for lower in (True, False)
        for accents in (None, "unicode")
    ]
    wrong = tried = 0
    for unit, (low, high), lower, accents in settings:
        ours = Analyzer(unit, low, high, lower, accents, token_pattern=TOKENS)
        theirs = CountVectorizer(
            analyzer=unit, ngram_range=(low, high), lowercase=lower, strip_accents=accents
        ).build_analyzer()
        for text in (_string(rng) for _ in range(n)):
            spans = ours.spans(text)
            tried += 1
            wrong += [name for name, _, _ in spans] != theirs(text) or not all(
                0 <= start <= end <= len(text) for _, start, end in spans
            )
    return [
        Row(f"offsets: mismatches in {tried:,} strings, {len(settings)} settings", "", float(wrong), bar=0.0),
        _outside([_string(rng) for _ in range(10 * n)]),
    ]


def _string(rng: np.random.Generator) -> str:
    return "".join(rng.choice(_POOL, int(rng.integers(0, 60))))


def _outside(texts: list[str]) -> Row:
    """Explanations of such strings with a mark that does not quote its text."""
    sample = data_set("spamassassin", 3000)
    served = served_model_of(TEXT[2], sample.rows[:300], sample.labels[:300], sample.schema)
    wrong = 0
    for text in texts:
        row = {"subject": text[:20], "text": f"free {text} money"}
        try:
            verify(explain(served, row, top=50), row)
        except NotInContent:
            wrong += 1
    return Row(f"offsets: of {len(texts):,} explained, with a mark outside", "", float(wrong), bar=0.0)
