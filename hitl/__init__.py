"""The Django project: composes the apps and tells the story across them (`hitl.flow`)."""

__version__ = "0.1.0.dev0"
"""What is shown at the start, by `/health/live` and in the API's reference, and the tag of the image."""
