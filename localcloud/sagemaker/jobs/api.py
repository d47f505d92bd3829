"""The operations on jobs, by their names in the service model."""

from collections.abc import Mapping

from localcloud.sagemaker.call import Operation
from localcloud.sagemaker.jobs import processing, searching, training, transform

OPERATIONS: Mapping[str, Operation] = {
    "CreateProcessingJob": processing.create_processing_job,
    "CreateTrainingJob": training.create_training_job,
    "CreateTransformJob": transform.create_transform_job,
    "DescribeProcessingJob": processing.describe_processing_job,
    "DescribeTrainingJob": training.describe_training_job,
    "DescribeTransformJob": transform.describe_transform_job,
    "ListProcessingJobs": processing.list_processing_jobs,
    "ListTrainingJobs": training.list_training_jobs,
    "ListTransformJobs": transform.list_transform_jobs,
    "Search": searching.search,
    "StopProcessingJob": processing.stop_processing_job,
    "StopTrainingJob": training.stop_training_job,
    "StopTransformJob": transform.stop_transform_job,
}
