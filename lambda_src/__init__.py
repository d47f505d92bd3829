"""The functions, one folder each, and in `shared` what they have in common."""
