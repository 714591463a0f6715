"""What is read across the apps: the case list, the timeline of a case, and who may see what of it."""
