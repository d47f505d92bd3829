"""Stands for a training program: the tests only upload it."""
