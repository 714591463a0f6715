"""Replay a labelled file as if it had come in as cases: through the same services, in fake time.

`reading` brings a file into shape, `drift` changes its world, `stream` plays it, `outcome` counts what became
of it beside a fixed cutoff (`naive`), `words` and `page` tell it. Everything happens in the database that is
connected: the command gives it one of its own.
"""
