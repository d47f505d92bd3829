"""A pipeline that has a job of each kind."""

from tests.integration.wire import Document


def four_jobs(bucket: str, image: str, role: str, model: str) -> Document:
    """Define a pipeline of a processing, a training, a transform and a tuning job."""
    data, output = f"s3://{bucket}/workflows/data/training/", f"s3://{bucket}/workflows/output/four/"
    rows = f"s3://{bucket}/workflows/data/proof-rows/"
    channel = {
        "ChannelName": "training",
        "ContentType": "text/csv",
        "DataSource": {
            "S3DataSource": {
                "S3DataType": "S3Prefix",
                "S3Uri": data,
                "S3DataDistributionType": "FullyReplicated",
            }
        },
    }
    training = {
        "AlgorithmSpecification": {
            "TrainingImage": image,
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": "accuracy", "Regex": "accuracy=([0-9.]+)"}],
        },
        "RoleArn": role,
        "InputDataConfig": [channel],
        "OutputDataConfig": {"S3OutputPath": output},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
    }
    trees = {"Name": "n-estimators", "MinValue": "2", "MaxValue": "6", "ScalingType": "Linear"}
    tuning = {
        "HyperParameterTuningJobConfig": {
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "accuracy"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 1},
            "ParameterRanges": {"IntegerParameterRanges": [trees]},
        },
        "TrainingJobDefinition": {**training, "StaticHyperParameters": {"max-depth": "2"}},
    }
    processing = {
        "RoleArn": role,
        "AppSpecification": {"ImageUri": image, "ContainerEntrypoint": ["python3", "-c", "print(1)"]},
        "ProcessingOutputConfig": {
            "Outputs": [
                {
                    "OutputName": "nothing",
                    "S3Output": {
                        "S3Uri": output,
                        "LocalPath": "/opt/ml/processing/output",
                        "S3UploadMode": "EndOfJob",
                    },
                }
            ]
        },
        "ProcessingResources": {
            "ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10}
        },
    }
    transform = {
        "ModelName": model,
        "TransformInput": {
            "ContentType": "text/csv",
            "SplitType": "Line",
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": rows}},
        },
        "TransformOutput": {"S3OutputPath": output},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }
    few = {**training, "HyperParameters": {"n-estimators": "3"}}
    jobs = {"Processing": processing, "Training": few, "Transform": transform, "Tuning": tuning}
    return {
        "Version": "2020-12-01",
        "Parameters": [{"Name": "parameter_run_id", "Type": "String", "DefaultValue": ""}],
        "Steps": [
            {"Name": kind.lower(), "Type": kind, "Arguments": arguments} for kind, arguments in jobs.items()
        ],
    }
