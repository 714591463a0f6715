"""Is it still true: the watch, the promise page, the tallies. Begin at `watch/run.py`."""
