"""Cases, decisions and labels as rows of a file."""
