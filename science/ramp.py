"""How much is automated while the promise is believed and not yet proved: a random quarter (ADR 0018)."""

# Largest share of accepted cases automated while the certificate is provisional; it does not grow with the
# evidence (ADR 0064). Pages and docs say it in words:
# tests/unit/science/guarantee/test_words_of_the_promise.py finds them.
PROVISIONAL_RAMP = 0.25


def ramp_of(*, is_provisional: bool) -> float:
    """Return the share of accepted cases that cutoffs may automate by what stands behind them, in (0, 1]."""
    return PROVISIONAL_RAMP if is_provisional else 1.0
