"""Deployments: where their files lie, their targets, their groups, what they cost."""
