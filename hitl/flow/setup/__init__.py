"""Make a workflow across the apps: from a form, from a file, with a history."""
