"""AWS CLI v1, more of SageMaker: tuning, an asynchronous endpoint, versions, records; schedules and metrics.

The CLI has no invoke-endpoint-with-response-stream: it leaves out what answers with an event stream.
"""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.sdks.account import INSTANCE, METRICS, WINE
from tests.sdks.surroundings import Surroundings

if TYPE_CHECKING:
    from tests.sdks.commands import Aws


def tuning(aws: "Aws", name: str, training: dict[str, Any], folder: Path) -> dict[str, object]:
    """Tune what a training job has trained, from a file; then one that is stopped and deleted."""
    definition = {key: value for key, value in training.items() if key != "TrainingJobName"}
    definition["StaticHyperParameters"] = {"random-state": "1"}
    definition["AlgorithmSpecification"] = definition["AlgorithmSpecification"] | {
        "MetricDefinitions": METRICS
    }
    del definition["HyperParameters"]
    ranges = {"IntegerParameterRanges": [{"Name": "n-estimators", "MinValue": "2", "MaxValue": "20"}]}
    config: dict[str, Any] = {
        "Strategy": "Random",
        "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "accuracy"},
        "ResourceLimits": {"MaxNumberOfTrainingJobs": 2, "MaxParallelTrainingJobs": 2},
        "ParameterRanges": ranges,
    }
    request = folder / "tuning.json"
    request.write_text(json.dumps(definition), encoding="utf-8")
    create = f"sagemaker create-hyper-parameter-tuning-job --training-job-definition file://{request}"
    job = f"--hyper-parameter-tuning-job-name {name}"
    aws(f"{create} {job} --hyper-parameter-tuning-job-config", json.dumps(config))
    status = aws.until(
        f"sagemaker describe-hyper-parameter-tuning-job {job}",
        "HyperParameterTuningJobStatus",
        "Completed",
        "Failed",
    )
    trained = aws(
        f"sagemaker list-training-jobs-for-hyper-parameter-tuning-job {job} --sort-by "
        "FinalObjectiveMetricValue --sort-order Descending"
    )["TrainingJobSummaries"]
    config["ResourceLimits"] = {"MaxNumberOfTrainingJobs": 700, "MaxParallelTrainingJobs": 1}
    config["ParameterRanges"]["IntegerParameterRanges"][0]["MaxValue"] = "2000"
    second = f"--hyper-parameter-tuning-job-name {name}-2"
    aws(f"{create} {second} --hyper-parameter-tuning-job-config", json.dumps(config))
    aws(f"sagemaker stop-hyper-parameter-tuning-job {second}")
    stopped = aws.until(
        f"sagemaker describe-hyper-parameter-tuning-job {second}", "HyperParameterTuningJobStatus", "Stopped"
    )
    aws(f"sagemaker delete-hyper-parameter-tuning-job {second}")
    config["ResourceLimits"]["MaxParallelTrainingJobs"] = 11
    return {
        "status": status,
        "objectives": [item["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] for item in trained],
        "stopped": stopped,
        "limited": aws(
            f"{create} {second} --hyper-parameter-tuning-job-config", json.dumps(config), fails=True
        ),
    }


def late(aws: "Aws", place: Surroundings, folder: Path) -> dict[str, object]:
    """Ask an asynchronous endpoint of the model there is: for a prediction, and for one that it refuses."""
    name, endpoint = place.name, f"{place.name}-late"
    variant = f"VariantName=a,ModelName={name},InitialInstanceCount=1,InstanceType={INSTANCE}"
    output = {"S3OutputPath": f"{place.folder}/out", "S3FailurePath": f"{place.folder}/failed"}
    aws(
        f"sagemaker create-endpoint-config --endpoint-config-name {endpoint} --production-variants {variant} "
        "--async-inference-config",
        json.dumps({"OutputConfig": output}),
    )
    aws(f"sagemaker create-endpoint --endpoint-name {endpoint} --endpoint-config-name {endpoint}")
    aws.until(
        f"sagemaker describe-endpoint --endpoint-name {endpoint}", "EndpointStatus", "InService", "Failed"
    )
    row = ",".join(WINE.read_text(encoding="utf-8").splitlines()[1].split(",")[:-1])
    found: dict[str, object] = {}
    for kind, text, place_of_answer in (("good", row, "OutputLocation"), ("bad", "a,b", "FailureLocation")):
        (folder / kind).write_text(text, encoding="utf-8")
        aws(f"s3 cp {folder / kind} {place.folder}/{kind}")
        answer = aws(
            f"sagemaker-runtime invoke-endpoint-async --endpoint-name {endpoint} --content-type text/csv "
            f"--input-location {place.folder}/{kind}"
        )[place_of_answer]
        bucket, _, key = answer.removeprefix("s3://").partition("/")
        aws.until(f"s3api list-objects-v2 --bucket {bucket} --prefix {key}", "length(Contents)", "1")
        aws(f"s3 cp {answer} {folder / 'answer'}")
        found[kind] = (folder / "answer").read_text(encoding="utf-8")
    aws(f"sagemaker delete-endpoint --endpoint-name {endpoint}")
    return found


def versions(aws: "Aws", pipeline: str, executions: tuple[str, str]) -> dict[str, object]:
    """Change a pipeline, start a part of it, and one without the execution that it takes results from."""
    listed = aws(f"sagemaker list-pipeline-versions --pipeline-name {pipeline}")["PipelineVersionSummaries"]
    start = f"sagemaker start-pipeline-execution --pipeline-name {pipeline} --client-request-token"
    selected = "SelectedSteps=[{StepName=f}]"
    part = aws(f"{start} {'2' * 32} --selective-execution-config {selected}")["PipelineExecutionArn"]
    described = aws(f"sagemaker describe-pipeline-execution --pipeline-execution-arn {part}")
    nothing = f"{executions[0].rpartition('/')[0]}/{'0' * 12}"
    refused = [
        aws(
            f"{start} {number * 32} --selective-execution-config "
            f"SourcePipelineExecutionArn={source},{selected}",
            fails=True,
        )
        for number, source in (("3", nothing), ("4", executions[1]))
    ]
    return {
        "versions": [item["PipelineVersionId"] for item in listed],
        "selected": described["SelectiveExecutionConfig"],
        "refused": refused,
    }


def records(aws: "Aws", place: Surroundings) -> dict[str, object]:
    """Keep what nothing runs: a code repository, a domain."""
    name = place.name
    aws(
        f"sagemaker create-code-repository --code-repository-name {name} "
        "--git-config RepositoryUrl=https://github.com/example/code.git"
    )
    domain = aws(
        f"sagemaker create-domain --domain-name {name} --auth-mode IAM --vpc-id vpc-1 --subnet-ids subnet-1 "
        f"--default-user-settings ExecutionRole={place.role}"
    )["DomainArn"].rpartition("/")[2]
    found = aws(f"sagemaker list-code-repositories --name-contains {name}")["CodeRepositorySummaryList"]
    aws(f"sagemaker delete-domain --domain-id {domain}")
    aws(f"sagemaker delete-code-repository --code-repository-name {name}")
    return {"repositories": len(found), "domain": domain}


def schedules(aws: "Aws", place: Surroundings) -> dict[str, object]:
    """Send a message every minute; the first one comes at once."""
    name = f"{place.name}-clock"
    url = aws(f"sqs create-queue --queue-name {name}")["QueueUrl"]
    arn = aws(f"sqs get-queue-attributes --queue-url {url} --attribute-names QueueArn")["Attributes"][
        "QueueArn"
    ]
    target = {"Arn": arn, "RoleArn": place.role, "Input": "tick"}
    aws(
        f"scheduler create-schedule --name {name} --flexible-time-window Mode=OFF --schedule-expression",
        "rate(1 minute)",
        "--target",
        json.dumps(target),
    )
    received = aws(f"sqs receive-message --queue-url {url} --wait-time-seconds 20")["Messages"]
    listed = aws(f"scheduler list-schedules --name-prefix {name}")["Schedules"]
    aws(f"scheduler delete-schedule --name {name}")
    aws(f"sqs delete-queue --queue-url {url}")
    return {"message": received[0]["Body"], "listed": [item["State"] for item in listed]}


def measured(aws: "Aws", endpoint: str) -> dict[str, object]:
    """Read how often an endpoint was asked; put a metric of one's own."""
    aws(f"cloudwatch put-metric-data --namespace {endpoint} --metric-name rows --value 3 --unit Count")
    dimensions = f"Name=EndpointName,Value={endpoint} Name=VariantName,Value=a"
    query = (
        "cloudwatch get-metric-statistics --namespace AWS/SageMaker --metric-name Invocations --period 60 "
        f"--statistics Sum --dimensions {dimensions}"
    )
    span = [time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + add)) for add in (-3600, 120)]
    points = aws(f"{query} --start-time {span[0]} --end-time {span[1]}")["Datapoints"]
    own = aws(f"cloudwatch list-metrics --namespace {endpoint}")["Metrics"]
    return {"asked": sum(point["Sum"] for point in points), "own": [item["MetricName"] for item in own]}
