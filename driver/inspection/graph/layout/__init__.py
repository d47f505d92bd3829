"""Layout: which node of a graph is drawn where."""
