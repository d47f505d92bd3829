"""Workflows: what they take, and how their executions unfold."""
