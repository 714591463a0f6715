"""Changes to training runs, releases and their roles. Begin at `training.py`."""
