"""Manifests: YAML files that people write, read safely and checked against a JSON Schema, with lines."""
