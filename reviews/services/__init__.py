"""Changes to tasks, answers, rules and teams. Begin at `queue.py`."""
