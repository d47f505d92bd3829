"""The machine of the user: its terminal, files and processes."""
