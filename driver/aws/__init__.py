"""AWS: clients, one adapter for each service, errors, and the one place that polls."""
