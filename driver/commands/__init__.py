"""The use cases, one module each: what a task does, told with adapters that the factory hands in."""
