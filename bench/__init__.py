"""Benchmarks that anyone can run: `python3 manage.py bench NAME` (see README.md here)."""
