"""Which model: training runs, the gate, releases, artifacts, scoring. Begin at `models.py`."""
