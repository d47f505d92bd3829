"""Speed and memory, each measured beside its reference in one run: ``python -m benchmarks``."""
