"""What people say: the queue, the desk, the lead's pages. Begin at `services/queue.py`."""
