"""The Team pages: who is active, what waits, how well people answer and agree, and one's own numbers."""
