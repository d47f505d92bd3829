"""Executions: started, followed, finished, listed, stopped."""
