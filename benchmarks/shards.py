"""The geocoding processing job on several instances: how much faster than on one."""

from collections.abc import Iterator
from pathlib import Path

from benchmarks.geocoding import write_coordinates
from benchmarks.table import Goal, Row
from tests.integration.stack import Stack
from tests.integration.wire import eventually, unique

ROWS = 2_000_000
RUNS = 3
_INSTANCES = (1, 2, 4)
_BETWEEN_LOOKS = 1.0  # seconds
_ML = "/opt/ml/processing"


def measure(stack: Stack, folder: Path) -> Iterator[Row]:
    """Geocode two million rows as one object on one, two and four instances."""
    path, bucket = folder / "shards.csv", stack.output("bucket_name")
    write_coordinates(path, ROWS)
    stack.s3.upload_file(str(path), bucket, "samplefiles/shards/all.csv")
    # By turns: what else the machine does is shared.
    rounds = [[ROWS / _geocode(stack, count) for count in _INSTANCES] for _ in range(RUNS)]
    one, two, four = (list(speeds) for speeds in zip(*rounds, strict=True))
    reference = ("on one instance", one)
    yield Row("geocoding on two instances (rows/s)", two, reference, Goal(1.7, is_lower=True))
    yield Row("geocoding on four instances (rows/s)", four, reference)


def _geocode(stack: Stack, instances: int) -> float:
    """Run one job to its end; gives how many seconds it took by its own times.

    Each look at it takes processor time of the cloud and of this program, which two instances need.
    """
    bucket, name = stack.output("bucket_name"), unique("shards")
    source, target = f"s3://{bucket}/samplefiles/shards/all.csv", f"s3://{bucket}/outputfiles/{name}/"
    stack.sagemaker.create_processing_job(
        ProcessingJobName=name,
        RoleArn=stack.one_of("pipelines", "geocoding")["jobs_role_arn"],
        AppSpecification={
            "ImageUri": stack.output("image_uri"),
            "ContainerEntrypoint": ["python3", "geocode.py"],
        },
        ProcessingInputs=[
            {
                "InputName": "coordinates",
                "S3Input": {
                    "S3Uri": source,
                    "S3DataType": "S3Prefix",
                    "S3InputMode": "File",
                    "LocalPath": f"{_ML}/input",
                },
            }
        ],
        ProcessingOutputConfig={
            "Outputs": [
                {
                    "OutputName": "addresses",
                    "S3Output": {
                        "S3Uri": target,
                        "S3UploadMode": "EndOfJob",
                        "LocalPath": f"{_ML}/output",
                    },
                }
            ]
        },
        ProcessingResources={
            "ClusterConfig": {"InstanceCount": instances, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 10}
        },
    )
    job = eventually(
        lambda: stack.sagemaker.describe_processing_job(ProcessingJobName=name),
        lambda job: job["ProcessingJobStatus"] != "InProgress",
        seconds=600,
        pause=_BETWEEN_LOOKS,
    )
    assert job["ExitMessage"] == f"{ROWS} rows geocoded", job
    return (job["ProcessingEndTime"] - job["CreationTime"]).total_seconds()
