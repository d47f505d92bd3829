"""The function behind the geospatial pipeline: its Lambda steps and its Callback steps."""
