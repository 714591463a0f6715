"""The desk: the page where people answer, and what it asks for while they do."""
