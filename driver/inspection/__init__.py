"""What one execution was: its trace, its logs, its graph and its page."""
