"""What may be automated: degrees, cutoffs, certificates, the breaker. Begin at `in_force/rules.py`."""
