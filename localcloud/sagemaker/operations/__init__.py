"""The operations of SageMaker's API, a file for each kind of resource."""
