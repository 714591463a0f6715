"""What happened: workflows, cases, media and labels. Begin at `models.py`."""
