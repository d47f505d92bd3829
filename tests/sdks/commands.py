"""AWS CLI v1: a hundred commands as people type them, with files, queries, waiters and pages."""

import contextlib
import io
import json
import os
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

from awscli.clidriver import create_clidriver

from tests.sdks import commands_learning
from tests.sdks.account import IMAGE, INSTANCE, WINE, run
from tests.sdks.surroundings import Surroundings, prepare

FUNCTION = """
def handler(event, context):
    return {"doubled": 2 * event["number"]}
"""
PASS = {"StartAt": "a", "States": {"a": {"Type": "Pass", "Result": {"done": True}, "End": True}}}


class Aws:
    """The command line: each command is one run of the CLI's own `main`; models are read once for all."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self._models = create_clidriver().session.get_component("data_loader")

    def __call__(self, line: str, *more: str, fails: bool = False) -> Any:
        """Run a command of words, and arguments with spaces; give what it prints, read where it is JSON."""
        words = [*line.split(), *more]
        if words[0] == "sqs":  # CLI v1 takes no address of it from the surroundings, as v2 does.
            words += ["--endpoint-url", os.environ["AWS_ENDPOINT_URL"]]
        pipe, errors = io.BytesIO(), io.StringIO()
        with (
            io.TextIOWrapper(pipe, "utf-8", write_through=True) as printed,
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(errors),
        ):
            driver = create_clidriver()
            driver.session.register_component("data_loader", self._models)
            code = driver.main(words)
            printed.flush()
            text = pipe.getvalue().decode()
        self.done.append(" ".join(words[:2]))
        if fails:
            assert code != 0, text
            return errors.getvalue().strip()
        assert code == 0, f"{' '.join(words)}: {code}\n{text}{errors.getvalue()}"
        try:
            return json.loads(text)
        except ValueError:
            return text.strip()

    def until(self, line: str, query: str, *wanted: str) -> str:
        """Ask again until the answer is one of these: the CLI's own waiters sleep a minute or two."""
        for _ in range(240):
            answer = str(self(line, "--query", query))
            if answer in wanted:
                return answer
            time.sleep(0.5)
        raise AssertionError(f"{line}: {answer}")


def objects(aws: Aws, name: str, folder: Path) -> dict[str, object]:
    """S3: high-level commands and single operations."""
    bucket = f"{name}-cli"
    for number in range(5):
        (folder / f"{number}.txt").write_text(str(number) * 10, encoding="utf-8")
    aws(f"s3 mb s3://{bucket}")
    aws(f"s3api wait bucket-exists --bucket {bucket}")
    aws(f"s3 cp {folder} s3://{bucket}/in/ --recursive")
    aws(f"s3 sync s3://{bucket}/in {folder / 'out'}")
    aws(f"s3 mv s3://{bucket}/in/4.txt s3://{bucket}/moved.txt")
    aws(f"s3api wait object-exists --bucket {bucket} --key moved.txt")
    first = aws(f"s3api list-objects-v2 --bucket {bucket} --prefix in/ --page-size 1 --max-items 3")
    token = first["NextToken"]
    rest = aws(f"s3api list-objects-v2 --bucket {bucket} --prefix in/ --starting-token {token}")
    kms = aws(
        f"s3api put-object --bucket {bucket} --key secret --body {WINE} --server-side-encryption aws:kms"
    )
    aws(f"s3api put-object-tagging --bucket {bucket} --key secret --tagging TagSet=[{{Key=a,Value=b}}]")
    tags = aws(f"s3api get-object-tagging --bucket {bucket} --key secret")
    head = aws(f"s3api head-object --bucket {bucket} --key secret")
    aws(f"s3api put-bucket-versioning --bucket {bucket} --versioning-configuration Status=Enabled")
    listed = aws(f"s3 ls s3://{bucket}/in/")
    signed = aws(f"s3 presign s3://{bucket}/secret")
    missing = aws(f"s3api head-object --bucket {bucket} --key nothing", fails=True)
    aws(f"s3api delete-objects --bucket {bucket} --delete Objects=[{{Key=moved.txt}}]")
    aws(f"s3 rb s3://{bucket}", fails=True)
    return {
        "pages": [len(first["Contents"]), len(rest["Contents"])],
        "encryption": [kms["ServerSideEncryption"], head["ServerSideEncryption"]],
        "tags": tags["TagSet"],
        "listed": len(listed.splitlines()),
        "signed": signed.startswith("http://"),
        "missing": missing,
        "synchronized": len(list((folder / "out").iterdir())),
    }


def messages(aws: Aws, name: str) -> dict[str, object]:
    """SQS, EventBridge, CloudWatch Logs, KMS, STS, IAM."""
    url = aws(f"sqs create-queue --queue-name {name} --attributes VisibilityTimeout=5")["QueueUrl"]
    aws(f"sqs send-message --queue-url {url} --message-body", "hello there")
    received = aws(f"sqs receive-message --queue-url {url} --wait-time-seconds 1")["Messages"][0]
    aws(f"sqs delete-message --queue-url {url} --receipt-handle {received['ReceiptHandle']}")
    arn = aws(f"sqs get-queue-attributes --queue-url {url} --attribute-names QueueArn")["Attributes"][
        "QueueArn"
    ]
    aws(f"events put-rule --name {name} --event-pattern", '{"source": ["mine"]}')
    aws(f"events put-targets --rule {name} --targets Id=1,Arn={arn}")
    targets = aws(f"events list-targets-by-rule --rule {name}")["Targets"]
    aws(f"events remove-targets --rule {name} --ids 1")
    aws(f"events delete-rule --name {name}")
    for number in range(3):
        aws(f"logs create-log-group --log-group-name /{name}/{number}")
    groups = aws(f"logs describe-log-groups --log-group-name-prefix /{name}/ --max-items 2")
    key = aws("kms create-key --description test")["KeyMetadata"]
    aws(f"kms create-alias --alias-name alias/{name} --target-key-id {key['KeyId']}")
    account = aws("sts get-caller-identity --query Account --output text")
    roles = aws("iam list-roles --page-size 1 --max-items 1")
    aws(f"sqs delete-queue --queue-url {url}")
    gone = aws(f"sqs get-queue-url --queue-name {name}", fails=True)
    return {
        "body": received["Body"],
        "targets": targets,
        "groups": [len(groups["logGroups"]), "NextToken" in groups],
        "key": key["Enabled"],
        "account": str(account),
        "roles": len(roles["Roles"]),
        "gone": gone,
    }


def workflows(aws: Aws, place: Surroundings, folder: Path) -> dict[str, object]:
    """Lambda and Step Functions."""
    package = folder / "function.zip"
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("index.py", FUNCTION)
    name = place.name
    aws(
        f"lambda create-function --function-name {name} --runtime python3.12 --handler index.handler "
        f"--role {place.role} --zip-file fileb://{package}"
    )
    aws(f"lambda wait function-active-v2 --function-name {name}")
    answer = folder / "answer.json"
    aws(f"lambda invoke --function-name {name} {answer} --payload", '{"number": 21}')
    definition = folder / "definition.json"
    definition.write_text(json.dumps(PASS), encoding="utf-8")
    machine = aws(
        f"stepfunctions create-state-machine --name {name} --role-arn {place.role} --definition file://{definition}"
    )["stateMachineArn"]
    arns = [
        aws(f"stepfunctions start-execution --state-machine-arn {machine} --name e{number}")["executionArn"]
        for number in range(3)
    ]
    status = aws.until(f"stepfunctions describe-execution --execution-arn {arns[0]}", "status", "SUCCEEDED")
    listing = f"stepfunctions list-executions --state-machine-arn {machine}"
    page = aws(f"{listing} --page-size 1 --max-items 2")
    history = aws(f"stepfunctions get-execution-history --execution-arn {arns[0]} --query events[].type")
    aws(f"stepfunctions delete-state-machine --state-machine-arn {machine}")
    aws(f"lambda delete-function --function-name {name}")
    return {
        "answer": json.loads(answer.read_text(encoding="utf-8")),
        "status": status,
        "page": [len(page["executions"]), "NextToken" in page],
        "history": history,
    }


def machine_learning(aws: Aws, place: Surroundings, folder: Path) -> dict[str, object]:
    """SageMaker: a job from a file, a pipeline, a model, an endpoint, waiters and pages."""
    name, request = place.name, folder / "request.json"
    source = {"S3DataType": "S3Prefix", "S3Uri": place.wine, "S3DataDistributionType": "FullyReplicated"}
    training = {
        "TrainingJobName": name,
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "HyperParameters": {"n-estimators": "5"},
        "RoleArn": place.role,
        "InputDataConfig": [{"ChannelName": "training", "DataSource": {"S3DataSource": source}}],
        "OutputDataConfig": {"S3OutputPath": f"{place.folder}/models"},
        "ResourceConfig": {"InstanceType": INSTANCE, "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
    }
    request.write_text(json.dumps(training), encoding="utf-8")
    aws(f"sagemaker create-training-job --cli-input-json file://{request}")
    job = f"sagemaker describe-training-job --training-job-name {name}"
    status = aws.until(job, "TrainingJobStatus", "Completed", "Failed")
    aws(f"sagemaker wait training-job-completed-or-stopped --training-job-name {name}")
    data = aws(f"{job} --query ModelArtifacts.S3ModelArtifacts --output text")
    aws(
        f"sagemaker create-model --model-name {name} --execution-role-arn {place.role} "
        f"--primary-container Image={IMAGE},ModelDataUrl={data}"
    )
    variant = f"VariantName=a,ModelName={name},InitialInstanceCount=1,InstanceType={INSTANCE}"
    aws(f"sagemaker create-endpoint-config --endpoint-config-name {name} --production-variants {variant}")
    aws(f"sagemaker create-endpoint --endpoint-name {name} --endpoint-config-name {name}")
    endpoint = f"--endpoint-name {name}"
    aws.until(f"sagemaker describe-endpoint {endpoint}", "EndpointStatus", "InService", "Failed")
    aws(f"sagemaker wait endpoint-in-service {endpoint}")
    features = ",".join(WINE.read_text(encoding="utf-8").splitlines()[1].split(",")[:-1])
    (folder / "body").write_text(features, encoding="utf-8")
    body, answer = f"fileb://{folder / 'body'}", folder / "prediction"
    aws(f"sagemaker-runtime invoke-endpoint {endpoint} --content-type text/csv --body {body} {answer}")
    measured = commands_learning.measured(aws, name)
    aws(f"sagemaker delete-endpoint {endpoint}")
    aws(f"sagemaker wait endpoint-deleted {endpoint}")
    for number in range(3):
        step = {"Name": "f", "Type": "Fail", "Arguments": {"ErrorMessage": "no"}}
        document = json.dumps({"Version": "2020-12-01", "Steps": [step]})
        aws(
            f"sagemaker create-pipeline --pipeline-name {name}-{number} --role-arn {place.role} "
            f"--client-request-token {name}-{number}-{'0' * 32} --pipeline-definition",
            document,
        )
    listing = f"sagemaker list-pipelines --pipeline-name-prefix {name}"
    page = aws(f"{listing} --page-size 1 --max-items 2")
    rest = aws(f"{listing} --starting-token {page['NextToken']}")
    arn = aws(
        f"sagemaker start-pipeline-execution --pipeline-name {name}-0 --client-request-token {'1' * 32}"
    )["PipelineExecutionArn"]
    execution = f"--pipeline-execution-arn {arn}"
    ended = aws.until(
        f"sagemaker describe-pipeline-execution {execution}", "PipelineExecutionStatus", "Failed", "Succeeded"
    )
    steps = aws(f"sagemaker list-pipeline-execution-steps {execution}")["PipelineExecutionSteps"]
    refused = aws(f"sagemaker describe-pipeline --pipeline-name {name}-nothing", fails=True)
    changed = document.replace('"no"', '"never"')
    aws(f"sagemaker update-pipeline --pipeline-name {name}-0 --pipeline-definition", changed)
    other = aws(
        f"sagemaker start-pipeline-execution --pipeline-name {name}-1 --client-request-token {'5' * 32}"
    )["PipelineExecutionArn"]
    return {
        "job": status,
        "prediction": json.loads(answer.read_text(encoding="utf-8")),
        "pages": [len(page["PipelineSummaries"]), len(rest["PipelineSummaries"])],
        "execution": ended,
        "steps": [step["FailureReason"] for step in steps],
        "refused": refused,
        "measured": measured,
        "tuning": commands_learning.tuning(aws, name, training, folder),
        "late": commands_learning.late(aws, place, folder),
        "versions": commands_learning.versions(aws, f"{name}-0", (arn, other)),
        "records": commands_learning.records(aws, place),
        "schedules": commands_learning.schedules(aws, place),
    }


def main() -> dict[str, object]:
    """Run all commands; say how many there were."""
    aws, place = Aws(), prepare("commands")
    with tempfile.TemporaryDirectory() as given:
        folder = Path(given)
        (folder / "data").mkdir()
        found = {
            "objects": objects(aws, place.name, folder / "data"),
            "messages": messages(aws, place.name),
            "workflows": workflows(aws, place, folder),
            "machine_learning": machine_learning(aws, place, folder),
        }
    return found | {"count": len(aws.done), "kinds": len(set(aws.done))}


if __name__ == "__main__":
    run(main)
