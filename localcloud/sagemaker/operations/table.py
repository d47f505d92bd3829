"""The operations on jobs, hosting and the model registry, by their names in the service model."""

from collections.abc import Mapping
from functools import partial

from localcloud.sagemaker.jobs.job import Kind
from localcloud.sagemaker.operations import (
    endpoint_configs,
    endpoint_descriptions,
    endpoints,
    model_package_groups,
    model_packages,
    models,
    processing_jobs,
    training_jobs,
    transform_jobs,
    tuning_jobs,
)
from localcloud.sagemaker.operations.call import Operation
from localcloud.sagemaker.operations.jobs import describe_job, list_jobs, stop_job

OPERATIONS: Mapping[str, Operation] = {
    "BatchDescribeModelPackage": model_packages.batch_describe_model_packages,
    "CreateEndpoint": endpoints.create_endpoint,
    "CreateEndpointConfig": endpoint_configs.create_endpoint_config,
    "CreateHyperParameterTuningJob": tuning_jobs.create_tuning_job,
    "CreateModel": models.create_model,
    "CreateModelPackage": model_packages.create_model_package,
    "CreateModelPackageGroup": model_package_groups.create_model_package_group,
    "CreateProcessingJob": processing_jobs.create_processing_job,
    "CreateTrainingJob": training_jobs.create_training_job,
    "CreateTransformJob": transform_jobs.create_transform_job,
    "DeleteEndpoint": endpoints.delete_endpoint,
    "DeleteEndpointConfig": endpoint_configs.delete_endpoint_config,
    "DeleteHyperParameterTuningJob": tuning_jobs.delete_tuning_job,
    "DeleteModel": models.delete_model,
    "DeleteModelPackage": model_packages.delete_model_package,
    "DeleteModelPackageGroup": model_package_groups.delete_model_package_group,
    "DescribeEndpoint": endpoint_descriptions.describe_endpoint,
    "DescribeEndpointConfig": endpoint_configs.describe_endpoint_config,
    "DescribeHyperParameterTuningJob": tuning_jobs.describe_tuning_job,
    "DescribeModel": models.describe_model,
    "DescribeModelPackage": model_packages.describe_model_package,
    "DescribeModelPackageGroup": model_package_groups.describe_model_package_group,
    "DescribeProcessingJob": partial(describe_job, Kind.PROCESSING, processing_jobs.describe),
    "DescribeTrainingJob": partial(describe_job, Kind.TRAINING, training_jobs.describe),
    "DescribeTransformJob": partial(describe_job, Kind.TRANSFORM, transform_jobs.describe),
    "ListEndpointConfigs": endpoint_configs.list_endpoint_configs,
    "ListEndpoints": endpoint_descriptions.list_endpoints,
    "ListHyperParameterTuningJobs": tuning_jobs.list_tuning_jobs,
    "ListModelPackageGroups": model_package_groups.list_model_package_groups,
    "ListModelPackages": model_packages.list_model_packages,
    "ListModels": models.list_models,
    "ListProcessingJobs": partial(list_jobs, Kind.PROCESSING, order="Ascending"),
    "ListTrainingJobs": training_jobs.list_training_jobs,
    "ListTrainingJobsForHyperParameterTuningJob": tuning_jobs.list_training_jobs,
    "ListTransformJobs": partial(list_jobs, Kind.TRANSFORM, size=10),
    "StopHyperParameterTuningJob": tuning_jobs.stop_tuning_job,
    "StopProcessingJob": partial(stop_job, Kind.PROCESSING),
    "StopTrainingJob": partial(stop_job, Kind.TRAINING),
    "StopTransformJob": partial(stop_job, Kind.TRANSFORM),
    "UpdateEndpoint": endpoints.update_endpoint,
    "UpdateEndpointWeightsAndCapacities": endpoints.update_endpoint_weights_and_capacities,
    "UpdateModelPackage": model_packages.update_model_package,
}
