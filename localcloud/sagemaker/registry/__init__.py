"""The model registry: what is kept of model packages, their versions in groups, and their approval."""
