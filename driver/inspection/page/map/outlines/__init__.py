"""Coasts and borders, as data: see README.md beside this file."""
