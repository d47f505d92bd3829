"""Deployments: their files, targets, groups and costs."""
