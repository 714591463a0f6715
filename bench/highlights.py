"""Highlights: cost, exactness and faithfulness of the evidence shown to people, beside SHAP and LIME."""

import warnings
from collections.abc import Sequence

from threadpoolctl import threadpool_limits

from bench._highlights_bytes import same_bytes
from bench._highlights_flips import changes, words
from bench._highlights_media import images, recordings
from bench._highlights_offsets import offsets
from bench._highlights_precedents import precedents
from bench._highlights_tables import tables
from bench._highlights_text import text
from hitl.bench.rows import Row
from science.pipelines.candidates import TEXT

NEEDS_STAGE = False


def run(quick: bool) -> Sequence[Row]:
    """All bars of evidence, each beside what it is compared with."""
    n = 40 if quick else 200
    # Bars of texts, times the floor: 2 and 5 ms by words, 5 and 15 with characters (bench/README.md).
    with threadpool_limits(limits=1), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of peers
        return [
            *text("words", TEXT[0], n, bars=(2.6, 4.5), is_compared=True),
            *text("words and characters", TEXT[2], n, bars=(2.5, 5.2)),
            *offsets(60 if quick else 170),
            *tables(n),
            *images(20 if quick else 60),
            *recordings(20 if quick else 60),
            *precedents(10_000 if quick else 100_000, 2_000 if quick else 6_000),
            *changes(n),
            *words(n),
            *same_bytes(),
        ]
