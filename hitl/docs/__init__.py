"""The documentation as pages of the service: the same Markdown files that stand in the repository."""
