"""The time machine: a past window under another setting, from stored scores. It only reads."""
