"""The model registry: model packages, versioned in groups, and their approval.

`operations.OPERATIONS` is what the service offers; `packages` tells hosting what a package consists of.
"""
