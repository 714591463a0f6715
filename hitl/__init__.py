"""The Django project: composes the apps and tells the story across them (`hitl.flow`)."""
