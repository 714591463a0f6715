"""What Django's admin finds by itself: the admin pages of the flow."""

from hitl.flow.doors import admin as _admin  # noqa: F401 - loading it registers them
