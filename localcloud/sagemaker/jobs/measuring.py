"""What CloudWatch is told of what training programs print.

Source: developer guide, "Use Amazon CloudWatch metrics for monitoring and analyzing training jobs"
(TrainingJobName).
"""

from collections.abc import Callable

from localcloud.ports import Datum, Metrics
from localcloud.sagemaker.jobs.job import JobInfo


def observed(metrics: Metrics, info: JobInfo) -> Callable[[str, float], None]:
    """Give what tells CloudWatch of each value that a training program prints."""
    dimensions = {"TrainingJobName": info.name}

    def tell(name: str, value: float) -> None:
        metrics.put("/aws/sagemaker/TrainingJobs", [Datum(name, value, dimensions, "None")])

    return tell
