"""Changes to degrees, cutoffs, certificates and the breaker. Begin at `certify.py`."""
