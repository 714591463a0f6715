"""The history of a workflow's models, from stored rows: who had which role when, and what came of it."""
