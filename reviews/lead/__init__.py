"""The lead's pages: who is on, what waits, how well people answer, how far they agree; and everybody's own
numbers."""
