"""Changes to workflows, schemas, cases and media. Begin at `workflows.py`."""
