"""The local cloud: the services of AWS that LocalStack lacks, really executed on this machine.

``sagemaker`` and ``geospatial`` are the services, written against the small ports of `ports`;
``localstack`` is the only room that knows LocalStack and gives them those ports.
"""

__version__ = "0.1.0"
