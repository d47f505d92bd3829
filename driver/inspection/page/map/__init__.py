"""The map of a result: coasts, borders and points."""
