"""Terraform: its program, its commands, its state, plans and events."""
