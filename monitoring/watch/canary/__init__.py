"""Canaries: what audits of both arms say, whether every case comes through, what follows. Begin at `run`."""
