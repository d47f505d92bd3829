"""The operations on jobs, hosting and the model registry, by their names in the service model."""

from collections.abc import Mapping

from localcloud.sagemaker.operations import (
    endpoint_configs,
    endpoint_descriptions,
    endpoints,
    model_package_groups,
    model_packages,
    models,
    processing_jobs,
    search,
    training_jobs,
    transform_jobs,
)
from localcloud.sagemaker.operations.call import Operation

JOB_OPERATIONS: Mapping[str, Operation] = {
    "CreateProcessingJob": processing_jobs.create_processing_job,
    "CreateTrainingJob": training_jobs.create_training_job,
    "CreateTransformJob": transform_jobs.create_transform_job,
    "DescribeProcessingJob": processing_jobs.describe_processing_job,
    "DescribeTrainingJob": training_jobs.describe_training_job,
    "DescribeTransformJob": transform_jobs.describe_transform_job,
    "ListProcessingJobs": processing_jobs.list_processing_jobs,
    "ListTrainingJobs": training_jobs.list_training_jobs,
    "ListTransformJobs": transform_jobs.list_transform_jobs,
    "Search": search.search,
    "StopProcessingJob": processing_jobs.stop_processing_job,
    "StopTrainingJob": training_jobs.stop_training_job,
    "StopTransformJob": transform_jobs.stop_transform_job,
}

HOSTING_OPERATIONS: Mapping[str, Operation] = {
    "CreateEndpoint": endpoints.create_endpoint,
    "CreateEndpointConfig": endpoint_configs.create_endpoint_config,
    "CreateModel": models.create_model,
    "DeleteEndpoint": endpoints.delete_endpoint,
    "DeleteEndpointConfig": endpoint_configs.delete_endpoint_config,
    "DeleteModel": models.delete_model,
    "DescribeEndpoint": endpoint_descriptions.describe_endpoint,
    "DescribeEndpointConfig": endpoint_configs.describe_endpoint_config,
    "DescribeModel": models.describe_model,
    "ListEndpointConfigs": endpoint_configs.list_endpoint_configs,
    "ListEndpoints": endpoint_descriptions.list_endpoints,
    "ListModels": models.list_models,
    "UpdateEndpoint": endpoints.update_endpoint,
    "UpdateEndpointWeightsAndCapacities": endpoints.update_endpoint_weights_and_capacities,
}

REGISTRY_OPERATIONS: Mapping[str, Operation] = {
    "CreateModelPackage": model_packages.create_model_package,
    "CreateModelPackageGroup": model_package_groups.create_model_package_group,
    "DeleteModelPackage": model_packages.delete_model_package,
    "DeleteModelPackageGroup": model_package_groups.delete_model_package_group,
    "DescribeModelPackage": model_packages.describe_model_package,
    "DescribeModelPackageGroup": model_package_groups.describe_model_package_group,
    "ListModelPackageGroups": model_package_groups.list_model_package_groups,
    "ListModelPackages": model_packages.list_model_packages,
    "UpdateModelPackage": model_packages.update_model_package,
}
