"""State machines that train, process, transform, save and deploy: the optimized integration of SageMaker."""

import json
from pathlib import Path
from statistics import median

import pytest

from tests.integration.images import (
    IMAGE,
    NO_IMAGE,
    endpoint_config,
    finished_training,
    model,
    predict,
    processing,
    put_data,
    read,
    read_archive,
    settled_endpoint,
    train,
    training,
    transform,
)
from tests.integration.machines import Machine, Run, Stopwatch, catch, caught, machine
from tests.integration.processes import programs
from tests.integration.wire import ROLE, Cloud, Document, eventually, refused, unique

pytestmark = pytest.mark.integration
STATE = "work"


def task(action: str, parameters: Document, **fields: object) -> Document:
    return {
        "Type": "Task",
        "Resource": f"arn:aws:states:::sagemaker:{action}",
        "Parameters": parameters,
        **fields,
    }


def start(cloud: Cloud, action: str, parameters: Document, **fields: object) -> Run:
    return machine(cloud, (STATE, task(action, parameters, **fields))).start()


@pytest.fixture(scope="module")
def data(cloud: Cloud) -> str:
    return put_data(cloud, "1,2", "3,4")


def test_a_training_task_gives_the_job_as_aws_describes_it(cloud: Cloud, data: str) -> None:
    request = training(data, epochs="3")
    run = start(cloud, "createTrainingJob.sync", request)
    output = run.output()
    assert output["TrainingJobStatus"] == "Completed"
    assert output["ResourceConfig"]["VolumeSizeInGB"] == 1
    assert [metric["MetricName"] for metric in output["FinalMetricDataList"]] == ["accuracy"]
    assert read_archive(cloud, output["ModelArtifacts"]["S3ModelArtifacts"], "data.csv") == "1,2\n3,4"
    assert isinstance(output["CreationTime"], int)
    assert output["Tags"] == {
        "MANAGED_BY_AWS": "STARTED_BY_STEP_FUNCTIONS",
        "AWS_STEP_FUNCTIONS_EXECUTION_ARN": run.arn,
    }
    listed = cloud.sagemaker.list_tags(ResourceArn=output["TrainingJobArn"])["Tags"]
    assert {"Key": "MANAGED_BY_AWS", "Value": "STARTED_BY_STEP_FUNCTIONS"} in listed
    [submitted] = run.events("TaskSubmitted")
    assert submitted["taskSubmittedEventDetails"]["resource"] == "createTrainingJob.sync"


def test_a_task_without_sync_does_not_wait(cloud: Cloud, data: str) -> None:
    request = training(data, seconds="60")
    output = start(cloud, "createTrainingJob", request).output()
    name = request["TrainingJobName"]
    assert output == {"TrainingJobArn": f"arn:aws:sagemaker:us-west-2:000000000000:training-job/{name}"}
    described = cloud.sagemaker.describe_training_job(TrainingJobName=name)
    assert described["TrainingJobStatus"] == "InProgress"
    cloud.sagemaker.stop_training_job(TrainingJobName=name)


def test_processing_and_transform_tasks_wait_for_their_results(cloud: Cloud) -> None:
    source = put_data(cloud, "abc", "def")
    output = start(cloud, "createProcessingJob.sync", processing(source)).output()
    assert output["ProcessingJobStatus"] == "Completed"
    assert read(cloud, f"{source.replace('/data/', '/output')}/part.csv") == b"first\ncba\nfed"
    source = put_data(cloud, "1", "2")
    output = start(cloud, "createTransformJob.sync", transform(model(cloud, "m"), source)).output()
    assert output["TransformJobStatus"] == "Completed"
    lines = read(cloud, f"{source.replace('/data/', '/output')}/part.csv.out").decode().split()
    assert len(lines) > 1
    assert '"m"' in lines[1]


@pytest.mark.parametrize(
    ("image", "hyperparameters", "reason"),
    [
        (IMAGE, {"reason": "no more memory"}, "AlgorithmError: no more memory, exit code: 3"),
        (NO_IMAGE, {}, "ClientError: Requested image"),
    ],
)
def test_a_job_that_fails_is_told_with_its_description(
    cloud: Cloud, data: str, image: str, hyperparameters: dict[str, str], reason: str
) -> None:
    request = training(data, image, **hyperparameters)
    work = task("createTrainingJob.sync", request, Catch=catch("States.TaskFailed"))
    output = machine(cloud, ("work", work), caught()).start().output()
    assert output["Error"] == "States.TaskFailed"
    cause = json.loads(output["Cause"])
    assert cause["TrainingJobName"] == request["TrainingJobName"]
    assert cause["TrainingJobStatus"] == "Failed"
    assert cause["FailureReason"].startswith(reason)


def test_a_retry_that_names_its_job_anew_succeeds_at_last(
    cloud: Cloud, data: str, shared_folder: Path
) -> None:
    request = training(data, attempts=str(shared_folder / "attempts"))
    name = request.pop("TrainingJobName")
    request["TrainingJobName.$"] = f"States.Format('{name}-{{}}', $$.State.RetryCount)"
    retry = [{"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 1, "BackoffRate": 1}]
    run = start(cloud, "createTrainingJob.sync", request, Retry=retry)
    assert run.output()["TrainingJobName"] == f"{name}-2"
    assert len(run.events("TaskFailed")) == 2


def test_a_name_that_is_taken_is_told_by_its_own_error(cloud: Cloud, data: str) -> None:
    taken = training(data, seconds="60")
    cloud.sagemaker.create_training_job(**taken)
    retry = [{"ErrorEquals": ["SageMaker.ResourceInUseException"], "IntervalSeconds": 1, "MaxAttempts": 1}]
    run = start(cloud, "createTrainingJob.sync", taken, Retry=retry)
    error, cause = run.failure()
    assert error == "SageMaker.ResourceInUseException"
    assert "(Service: AmazonSageMaker; Status Code: 400; Error Code: ResourceInUse; Request ID: " in cause
    assert len(run.events("TaskFailed")) == 2
    cloud.sagemaker.stop_training_job(TrainingJobName=taken["TrainingJobName"])


def test_what_sagemaker_refuses_otherwise_is_an_amazon_sagemaker_exception(cloud: Cloud, data: str) -> None:
    request = training(data) | {"RoleArn": "nobody"}
    error, cause = start(cloud, "createTrainingJob.sync", request).failure()
    assert error == "SageMaker.AmazonSageMakerException"
    assert "at 'roleArn' failed to satisfy constraint" in cause
    assert "Error Code: ValidationException" in cause


WRONG: list[tuple[str, object, str]] = [
    ("HyperParameters", {"epochs": 3}, "The value for the field 'epochs' must be a STRING"),
    ("S3Operations", {}, 'The field "S3Operations" is not supported by Step Functions'),
    ("trainingJobName", "x", 'The field "trainingJobName" is not supported by Step Functions'),
    (
        "ResourceConfig",
        {"InstanceCount": "1", "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1},
        "The value for the field 'InstanceCount' must be an INTEGER",
    ),
]


@pytest.mark.parametrize(("field", "value", "problem"), WRONG)
def test_parameters_that_cannot_be_used_are_refused_with_the_definition(
    cloud: Cloud, data: str, field: str, value: object, problem: str
) -> None:
    with refused("InvalidDefinition", f"{problem} at /States/{STATE}/Parameters"):
        start(cloud, "createTrainingJob.sync", training(data) | {field: value})


@pytest.mark.parametrize(("field", "value", "problem"), [WRONG[0], WRONG[3]])
def test_parameters_that_turn_out_to_be_unusable_fail_the_execution(
    cloud: Cloud, data: str, field: str, value: object, problem: str
) -> None:
    request = training(data) | {f"{field}.$": "$.value"}
    request.pop(field, None)
    run = machine(cloud, ("work", task("createTrainingJob.sync", request))).start({"value": value})
    error, cause = run.failure()
    assert error == "States.Runtime"
    assert cause.startswith("An error occurred while executing the state 'work' (entered at the event id #2)")
    assert cause.endswith(f"could not be used to start the Task: [{problem}]")


def test_a_task_in_jsonata_runs_a_job_to_its_end(cloud: Cloud, data: str) -> None:
    request = training(data, epochs="3")
    request["ResourceConfig"] |= {"VolumeSizeInGB": "{% $states.input.size %}"}
    work = task("createTrainingJob.sync", {}) | {
        "Arguments": request,
        "Assign": {"status": "{% $states.result.TrainingJobStatus %}"},
        "Output": "{% $states.result.ResourceConfig.VolumeSizeInGB %}",
        "Next": "tell",
    }
    del work["Parameters"]
    tell = {"Type": "Pass", "Output": {"status": "{% $status %}", "size": "{% $states.input %}"}}
    run = machine(cloud, ("work", work), ("tell", tell), QueryLanguage="JSONata").start({"size": 2})
    assert run.output() == {"status": "Completed", "size": 2}


@pytest.mark.parametrize(
    "action",
    [
        "deleteModel",
        "describeTrainingJob",
        "CreateModel",
        "createModel.sync",
        "createEndpoint.sync",
        "createTrainingJob.waitForTaskToken",
        "createLabelingJob.sync",
    ],
)
def test_what_the_integration_does_not_have_is_refused_at_creation(cloud: Cloud, action: str) -> None:
    with refused("InvalidDefinition", f"arn:aws:states:::sagemaker:{action}", "is not recognized"):
        machine(cloud, ("work", task(action, {})))


def test_tasks_end_as_soon_as_what_they_have_started(cloud: Cloud, data: str) -> None:
    """LocalStack alone looks every half second: on average it would be late by a quarter of a second."""
    request = training(data) | {"TrainingJobName.$": "$$.Execution.Name", "HyperParameters.$": "$.given"}
    del request["TrainingJobName"]
    child = machine(cloud, ("work", task("createTrainingJob.sync", request)))
    started = nested(child)
    started["Parameters"]["Input"] = {"given.$": "$.given"}
    parent = machine(cloud, ("child", started))
    late: list[tuple[float, float]] = []
    for tenths in range(7):
        run = parent.start({"given": {"seconds": str(tenths / 10)}})
        inner = Run(cloud, run.output()["ExecutionArn"])
        job = cloud.sagemaker.describe_training_job(TrainingJobName=inner.arn.rpartition(":")[2])
        after_job = inner.wait_for("TaskSucceeded")["timestamp"] - job["TrainingEndTime"]
        after_child = run.wait_for("TaskSucceeded")["timestamp"] - inner.describe()["stopDate"]
        late.append((after_job.total_seconds(), after_child.total_seconds()))
    assert median(after for after, _ in late) < 0.15, late
    assert median(after for _, after in late) < 0.15, late


@pytest.fixture
def started(shared_folder: Path) -> Path:
    """Where a training program says that it has started."""
    return shared_folder / "started"


def check_stopped(cloud: Cloud, request: Document, home: str) -> None:
    """The job was stopped, and its program ended."""
    job = finished_training(cloud, request["TrainingJobName"])
    assert job["TrainingJobStatus"] == "Stopped"
    assert programs(home) == []


def test_stopping_the_execution_stops_the_job(cloud: Cloud, data: str, started: Path) -> None:
    request = training(data, started=str(started), seconds="60")
    run = start(cloud, "createTrainingJob.sync", request)
    home = eventually(lambda: started.exists() and started.read_text())
    watch = Stopwatch.start()
    run.stop()
    assert run.describe()["status"] == "ABORTED"
    check_stopped(cloud, request, str(home))
    assert watch.seconds() < 5


def test_a_time_out_of_the_task_stops_the_job(cloud: Cloud, data: str, started: Path) -> None:
    request = training(data, started=str(started), seconds="60")
    run = start(cloud, "createTrainingJob.sync", request, TimeoutSeconds=3)
    home = eventually(lambda: started.exists() and started.read_text())
    assert run.failure()[0] == "States.Timeout"
    check_stopped(cloud, request, str(home))


def test_a_branch_that_fails_stops_the_job_of_the_other(cloud: Cloud, data: str, started: Path) -> None:
    request = training(data, started=str(started), seconds="60")
    work = {"StartAt": "work", "States": {"work": task("createTrainingJob.sync", request, End=True)}}
    wait: Document = {"Type": "Wait", "Seconds": 2, "Next": "fail"}
    fail: Document = {"Type": "Fail", "Error": "Enough"}
    give_up = {"StartAt": "wait", "States": {"wait": wait, "fail": fail}}
    run = machine(cloud, ("both", {"Type": "Parallel", "Branches": [work, give_up]})).start()
    home = eventually(lambda: started.exists() and started.read_text())
    assert run.failure()[0] == "Enough"
    check_stopped(cloud, request, str(home))


def test_many_jobs_at_once_each_end_their_own_task(cloud: Cloud, data: str) -> None:
    request = training(data)
    del request["TrainingJobName"]
    request |= {"TrainingJobName.$": "$.name", "HyperParameters.$": "$.given"}
    work = task("createTrainingJob.sync", request, End=True)
    work["Catch"] = [{"ErrorEquals": ["States.TaskFailed"], "ResultPath": "$.failed", "Next": "failed"}]
    work["ResultSelector"] = {"name.$": "$.TrainingJobName", "status.$": "$.TrainingJobStatus"}
    states = {"work": work, "failed": {"Type": "Pass", "OutputPath": "$.name", "End": True}}
    each: Document = {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 4}
    each |= {"ItemProcessor": {"StartAt": "work", "States": states}}
    items: list[Document] = [{"name": unique("training"), "given": {}} for _ in range(8)]
    items[3]["given"] = {"reason": "no good"}
    ended = machine(cloud, ("each", each)).start({"items": items}).end(60)
    results: list[object] = json.loads(ended["output"])
    names = [item["name"] for item in items]
    assert results[3] == names[3]
    assert [result for result in results if result != names[3]] == [
        {"name": name, "status": "Completed"} for name in names if name != names[3]
    ]


def test_a_job_that_is_stopped_fails_its_task(cloud: Cloud, data: str, started: Path) -> None:
    request = training(data, started=str(started), seconds="60")
    run = start(cloud, "createTrainingJob.sync", request)
    eventually(started.exists)
    cloud.sagemaker.stop_training_job(TrainingJobName=request["TrainingJobName"])
    error, cause = run.failure()
    assert (error, json.loads(cause)["TrainingJobStatus"]) == ("States.TaskFailed", "Stopped")


def test_a_model_is_saved_deployed_updated_and_deleted_by_tasks(cloud: Cloud, data: str) -> None:
    trained = train(cloud, training(data))["ModelArtifacts"]["S3ModelArtifacts"]
    name = unique("tasks")
    saved: Document = {"ModelName": name, "ExecutionRoleArn": ROLE}
    saved |= {"PrimaryContainer": {"Image": IMAGE, "ModelDataUrl": trained}}
    variant = {"VariantName": "all", "ModelName": name, "InitialInstanceCount": 1}
    configured = {
        "EndpointConfigName": name,
        "ProductionVariants": [variant | {"InstanceType": "ml.m5.large"}],
    }
    deployed = {"EndpointName": name, "EndpointConfigName": name}
    output = (
        machine(
            cloud,
            ("save", task("createModel", saved, Next="configure")),
            ("configure", task("createEndpointConfig", configured, Next="deploy")),
            ("deploy", task("createEndpoint", deployed, Next="describe")),
            ("describe", sdk("describeEndpoint", {"EndpointName": name})),
        )
        .start()
        .output()
    )
    assert output["EndpointStatus"] in {"Creating", "InService"}
    assert settled_endpoint(cloud, name) == "InService"
    assert predict(cloud, name, "5,6")["model"] == "1,2\n3,4"

    other = endpoint_config(cloud, model(cloud, "other"))
    updated = {"EndpointName": name, "EndpointConfigName": other}
    invoked = {"EndpointName": name, "ContentType": "text/csv", "Body": {"number": 7}}
    start(cloud, "updateEndpoint", updated).output()
    assert settled_endpoint(cloud, name) == "InService"
    invoke = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sagemakerruntime:invokeEndpoint"}
    answer = machine(cloud, ("invoke", {**invoke, "Parameters": invoked})).start().output()
    assert json.loads(answer["Body"]) | {"home": ""} == {
        "model": "other",
        "given": '{"number":7}',
        "home": "",
        "as": None,
    }
    machine(
        cloud,
        ("endpoint", sdk("deleteEndpoint", {"EndpointName": name}, Next="model")),
        ("model", sdk("deleteModel", {"ModelName": name})),
    ).start().output()
    with refused("ValidationException", "Could not find model"):
        cloud.sagemaker.describe_model(ModelName=name)


def test_what_is_not_there_has_the_sdks_error_name(cloud: Cloud) -> None:
    describe = sdk(
        "describeEndpoint", {"EndpointName": "nobody"}, Catch=catch("SageMaker.SageMakerException")
    )
    output = machine(cloud, ("describe", describe), caught()).start().output()
    assert "Could not find endpoint" in output["Cause"]


def sdk(action: str, parameters: Document, **fields: object) -> Document:
    resource = f"arn:aws:states:::aws-sdk:sagemaker:{action}"
    return {"Type": "Task", "Resource": resource, "Parameters": parameters, **fields}


def nested(child: Machine, pattern: str = ".sync:2") -> Document:
    return {
        "Type": "Task",
        "Resource": f"arn:aws:states:::states:startExecution{pattern}",
        "Parameters": {"StateMachineArn": child.arn, "Input": {"parent.$": "$$.Execution.Id"}},
    }


def test_a_nested_execution_is_waited_for(cloud: Cloud) -> None:
    child = machine(cloud, ("pass", {"Type": "Pass", "Result": {"is": "done"}}))
    assert machine(cloud, ("child", nested(child))).start().output()["Output"] == {"is": "done"}
    as_text = machine(cloud, ("child", nested(child, ".sync"))).start().output()["Output"]
    assert json.loads(as_text) == {"is": "done"}


def test_a_nested_execution_that_fails_is_told_with_its_description(cloud: Cloud) -> None:
    child = machine(cloud, ("fail", {"Type": "Fail", "Error": "Bad", "Cause": "luck"}))
    error, cause = machine(cloud, ("child", nested(child))).start().failure()
    told = json.loads(cause)
    assert (error, told["Status"], told["Error"]) == ("States.TaskFailed", "FAILED", "Bad")


def test_stopping_the_parent_stops_the_child_and_its_job(cloud: Cloud, data: str, started: Path) -> None:
    request = training(data, started=str(started), seconds="60")
    child = machine(cloud, ("work", task("createTrainingJob.sync", request)))
    run = machine(cloud, ("child", nested(child))).start()
    home = eventually(lambda: started.exists() and started.read_text())
    run.stop()
    [execution] = cloud.states.list_executions(stateMachineArn=child.arn)["executions"]
    eventually(lambda: Run(cloud, execution["executionArn"]).describe()["status"], "ABORTED".__eq__)
    check_stopped(cloud, request, str(home))
