"""The error budget: what was delivered in a period, proved by our own draws.

    plan (before it begins) -> open -> feed (every run of the watch) -> close (signed, for ever)

The mathematics is `science.guarantee.budget*`, told in `docs/explanation/error-budget.md`; here are periods,
rows and what follows.
"""
