"""SageMaker geospatial's Vector Enrichment Jobs, really geocoding, offline.

``api`` speaks the service's operations; ``store`` and ``jobs`` hold the state; ``runner`` carries a job
out with one ``worker`` process each, which joins a ``table`` with the ``gazetteer``.
"""
