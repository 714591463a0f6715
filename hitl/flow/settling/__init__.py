"""What people's answers do to cases, and how it is undone. Begin at `settle`."""
