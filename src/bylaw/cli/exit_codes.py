"""The exit codes of commands that are no errors of their own."""

UNDETERMINED = 3
"""Something cannot be told, because a record does not say enough."""
