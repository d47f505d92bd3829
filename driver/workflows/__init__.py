"""Workflows: what they take, how their executions unfold, and how Python code uses them."""
