"""Lambda functions as processes: their errors, their logs, their surroundings, and how all of it ends."""

import json
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import pytest

from tests.integration.processes import linux, listeners, processes
from tests.integration.stack import free_port
from tests.integration.wire import (
    ECHO,
    ROLE,
    Cloud,
    end,
    eventually,
    launch,
    launched,
    package,
    refused,
    unique,
)

pytestmark = pytest.mark.integration

USER_SHELL = {
    "AWS_PROFILE": "profile-of-the-user",
    "AWS_CONFIG_FILE": "/nowhere/aws-config-of-the-user",
    "HTTP_PROXY": "http://127.0.0.1:9/proxy-of-the-user",
    "HTTPS_PROXY": "http://127.0.0.1:9/proxy-of-the-user",
    "LAMBDA_REMOVE_CONTAINERS": "setting-of-the-user",
    "TOP_SECRET": "secret-of-the-user",
}

MISCHIEF = """
import os, signal, subprocess, sys, time

def handler(event, context):
    print("asked to", event["do"])
    match event["do"]:
        case "raise":
            raise ValueError("no good")
        case "exit":
            sys.exit(1)
        case "be killed":
            os.kill(os.getpid(), signal.SIGKILL)
        case "take too long":
            time.sleep(60)
        case "answer a set":
            return {1, 2}
        case "call AWS":
            import boto3
            return boto3.client("sts").get_caller_identity()["Account"]
        case "tell its context":
            return {
                "remaining": context.get_remaining_time_in_millis(),
                "context": {name: getattr(context, name) for name in (
                    "aws_request_id", "invoked_function_arn", "function_name", "function_version",
                    "memory_limit_in_mb", "log_group_name", "client_context",
                )},
                "identity": context.identity.cognito_identity_id,
                "trace": os.environ["_X_AMZN_TRACE_ID"],
            }
        case "tell its environment":
            return dict(os.environ)
        case "leave grandchildren":
            for session in (False, True):
                grandchild = subprocess.Popen(["sleep", "300"], start_new_session=session)
                open(os.path.join(event["folder"], str(grandchild.pid)), "x").close()
            time.sleep(60)
    return "nothing happened"
"""


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A local cloud started from a shell that is full of what must not reach it."""
    folder = tmp_path_factory.mktemp("functions")
    trap = folder / "packages-of-the-user" / "localstack" / "__init__.py"
    trap.parent.mkdir(parents=True)
    trap.write_text("raise ImportError('this is not LocalStack')\n", encoding="utf-8")
    with launched(folder, **USER_SHELL, PYTHONPATH=str(trap.parents[1])) as (process, cloud):
        yield cloud
        process.terminate()
        assert process.wait(30) == 0


@pytest.fixture(scope="module")
def mischief(cloud: Cloud) -> str:
    """A function that does what it is asked to."""
    return cloud.function(MISCHIEF)


@pytest.fixture(scope="module")
def hasty(cloud: Cloud) -> str:
    """The same, with a time-out of a second."""
    return cloud.function(MISCHIEF, timeout=1)


@pytest.mark.parametrize(
    ("deed", "reason"), [("exit", "exit status 1"), ("be killed", "signal: killed")], ids=["exit", "signal"]
)
def test_the_end_of_the_process_is_told_in_lambdas_words(
    cloud: Cloud, mischief: str, deed: str, reason: str
) -> None:
    invoked = cloud.invoke(mischief, {"do": deed})
    assert invoked.error == "Unhandled"
    message = f"RequestId: {invoked.request_id} Error: Runtime exited with error: {reason}"
    assert invoked.payload == {"errorType": "Runtime.ExitError", "errorMessage": message}
    assert cloud.invoke(mischief, {"do": "nothing"}).payload == "nothing happened"


def test_a_function_that_takes_too_long_is_ended(cloud: Cloud, hasty: str) -> None:
    invoked = cloud.invoke(hasty, {"do": "take too long"})
    assert invoked.error == "Unhandled"
    message = f"RequestId: {invoked.request_id} Error: Task timed out after 1.00 seconds"
    assert invoked.payload == {"errorType": "Sandbox.Timedout", "errorMessage": message}
    assert cloud.invoke(hasty, {"do": "nothing"}).payload == "nothing happened"
    *_, told, _, report = log_of(cloud, hasty, invoked.request_id)
    assert re.fullmatch(
        rf"\d{{4}}-\d\d-\d\dT[\d:.]+Z {invoked.request_id} Task timed out after 1.00 seconds", told
    )
    assert "\tStatus: timeout\t" in report


def test_an_exception_is_told_with_its_trace(cloud: Cloud, mischief: str) -> None:
    invoked = cloud.invoke(mischief, {"do": "raise"})
    assert invoked.error == "Unhandled"
    trace = invoked.payload.pop("stackTrace")
    assert invoked.payload == {
        "errorType": "ValueError",
        "errorMessage": "no good",
        "requestId": invoked.request_id,
    }
    assert len(trace) == 1
    assert re.fullmatch(
        r'  File ".+/index.py", line 8, in handler\n    raise ValueError\("no good"\)\n', trace[0]
    )
    assert cloud.invoke(mischief, {"do": "nothing"}).payload == "nothing happened"


def test_a_result_that_is_not_json_is_an_error(cloud: Cloud, mischief: str) -> None:
    invoked = cloud.invoke(mischief, {"do": "answer a set"})
    assert invoked.error == "Unhandled"
    assert invoked.payload == {
        "errorType": "Runtime.MarshalError",
        "errorMessage": "Unable to marshal response: Object of type set is not JSON serializable",
        "requestId": invoked.request_id,
        "stackTrace": [],
    }
    assert cloud.invoke(mischief, {"do": "nothing"}).payload == "nothing happened"


def test_a_function_that_cannot_be_imported_fails_every_time_and_its_mending_helps(cloud: Cloud) -> None:
    arn = cloud.function("import nothing_of_this_name\n")
    for _ in range(2):
        invoked = cloud.invoke(arn)
        assert invoked.error == "Unhandled"
        assert invoked.payload == {
            "errorType": "Runtime.ImportModuleError",
            "errorMessage": "Unable to import module 'index': No module named 'nothing_of_this_name'",
            "requestId": invoked.request_id,
            "stackTrace": [],
        }
    cloud.functions.update_function_code(FunctionName=arn, ZipFile=package(ECHO))
    eventually(
        lambda: cloud.functions.get_function_configuration(FunctionName=arn)["LastUpdateStatus"],
        "Successful".__eq__,
    )
    assert cloud.invoke(arn, {"now": "it works"}).payload["now"] == "it works"


def test_a_function_that_no_program_here_runs_is_refused_with_the_reason(cloud: Cloud) -> None:
    name = unique("function")
    cloud.functions.create_function(
        FunctionName=name,
        Runtime="java21",
        Role=ROLE,
        Handler="example.Handler",
        Code={"ZipFile": package("class Handler {}")},
    )
    configuration = eventually(
        lambda: cloud.functions.get_function_configuration(FunctionName=name),
        lambda found: found["State"] != "Pending",
    )
    assert configuration["State"] == "Failed"
    assert configuration["StateReason"].endswith(
        "functions of Python and nodejs18.x, nodejs20.x, nodejs22.x, not runtime java21"
    )
    with pytest.raises(cloud.functions.exceptions.ResourceConflictException, match="Failed"):
        cloud.invoke(name)


def log_of(cloud: Cloud, function: str, request_id: str) -> list[str]:
    """Wait for an invocation's lines in CloudWatch Logs."""

    def read() -> list[str]:
        try:
            events = cloud.logs.filter_log_events(logGroupName=f"/aws/lambda/{function.rpartition(':')[2]}")
        except cloud.logs.exceptions.ResourceNotFoundException:  # it comes with the first line
            return []
        lines = [event["message"].rstrip("\n") for event in events["events"]]
        start = next(
            (i for i, line in enumerate(lines) if line.startswith(f"START RequestId: {request_id}")), 0
        )
        end = next(
            (i for i, line in enumerate(lines) if line.startswith(f"REPORT RequestId: {request_id}")), -1
        )
        return lines[start : end + 1]

    return eventually(read)


def test_what_a_function_prints_is_in_cloudwatch_logs(cloud: Cloud, mischief: str) -> None:
    invoked = cloud.invoke(mischief, {"do": "nothing"})
    start, printed, end, report = log_of(cloud, mischief, invoked.request_id)
    assert start == f"START RequestId: {invoked.request_id} Version: $LATEST"
    assert printed == "asked to nothing"
    assert end == f"END RequestId: {invoked.request_id}"
    assert re.fullmatch(
        rf"REPORT RequestId: {invoked.request_id}\tDuration: \d+\.\d\d ms\tBilled Duration: \d+ ms\t"
        r"Memory Size: 128 MB(\tMax Memory Used: \d+ MB)?\t",
        report,
    )


def test_nothing_of_the_users_shell_reaches_a_function(cloud: Cloud, mischief: str) -> None:
    environment = cloud.invoke(mischief, {"do": "tell its environment"}).payload
    assert not environment.keys() & {*USER_SHELL, "PYTHONPATH"}
    assert "of-the-user" not in json.dumps(environment)
    assert environment["AWS_ENDPOINT_URL"] == cloud.stack.endpoint
    assert environment["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.12"


def test_a_function_learns_what_it_is_asked_and_how_long_it_may_take(cloud: Cloud, mischief: str) -> None:
    invoked = cloud.invoke(mischief, {"do": "tell its context"})
    name = mischief.rpartition(":")[2]
    assert 10_000 < invoked.payload["remaining"] <= 20_000
    assert invoked.payload["context"] == {
        "aws_request_id": invoked.request_id,
        "invoked_function_arn": mischief,
        "function_name": name,
        "function_version": "$LATEST",
        "memory_limit_in_mb": "128",
        "log_group_name": f"/aws/lambda/{name}",
        "client_context": None,
    }
    assert invoked.payload["identity"] is None
    assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24};.*", invoked.payload["trace"])


def test_boto3_inside_a_function_reaches_the_local_cloud(cloud: Cloud, mischief: str) -> None:
    assert cloud.invoke(mischief, {"do": "call AWS"}).payload == "000000000000"


def test_twenty_invocations_run_in_twenty_processes_at_once(cloud: Cloud, tmp_path: Path) -> None:
    """Each waits until all are there, so that none can end before the last has begun."""
    arn = cloud.function(timeout=60)
    event = {"folder": str(tmp_path), "meet": 20}
    with ThreadPoolExecutor(20) as threads:
        invoked = list(threads.map(lambda _: cloud.invoke(arn, event), range(20)))
    assert [item.error for item in invoked] == [None] * 20
    pids = {str(item.payload["pid"]) for item in invoked}
    assert len(pids) == 20
    assert pids == {path.name for path in tmp_path.iterdir()}


def refusal(folder: Path, port: int) -> str:
    """Start a local cloud that cannot come up; give the one line that it says."""
    process = launch(folder, port)
    try:
        assert process.wait(30) == 3
    finally:
        end(process)
    [line] = (folder / "log").read_text(encoding="utf-8").splitlines()
    return line


def test_a_second_start_on_the_same_port_is_refused(cloud: Cloud, tmp_path: Path) -> None:
    assert f"127.0.0.1:{cloud.port}" in refusal(tmp_path, cloud.port)


def test_a_second_start_in_the_same_state_directory_is_refused(cloud: Cloud, tmp_path: Path) -> None:
    state = (cloud.folder / "state").resolve()
    (tmp_path / "state").symlink_to(state)
    assert str(state) in refusal(tmp_path, free_port())
    assert cloud.invoke(cloud.function(), {"still": "here"}).payload["still"] == "here"


@linux
def test_only_loopback_is_listened_on(cloud: Cloud, mischief: str) -> None:
    cloud.invoke(mischief, {"do": "nothing"})
    addresses = [address for pid in processes(cloud.folder) for address in listeners(pid)]
    assert set(addresses) == {"127.0.0.1"}


def test_a_queue_must_be_as_patient_as_its_function(cloud: Cloud) -> None:
    function, queue = cloud.function(timeout=20), cloud.queue({"VisibilityTimeout": "19"})
    arn = cloud.queue_arn(queue)
    too_short = "Queue visibility timeout: 19 seconds is less than Function timeout: 20 seconds"
    with refused("InvalidParameterValueException", too_short):
        cloud.functions.create_event_source_mapping(FunctionName=function, EventSourceArn=arn)
    cloud.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "20"})
    made = cloud.functions.create_event_source_mapping(FunctionName=function, EventSourceArn=arn)
    cloud.functions.delete_event_source_mapping(UUID=made["UUID"])


@pytest.mark.parametrize(
    "answer", ['{"batchItemFailures": 5}', '["a"]', '{"batchItemFailures": [{"id": "a"}]}']
)
def test_an_answer_of_another_shape_fails_the_batch(cloud: Cloud, tmp_path: Path, answer: str) -> None:
    source = f"""
import json, pathlib

def handler(event, context):
    calls = pathlib.Path({str(tmp_path)!r}, "calls")
    with calls.open("a") as file:
        file.write("called\\n")
    return json.loads({answer!r}) if len(calls.read_text().splitlines()) == 1 else None
"""
    queue = cloud.queue({"VisibilityTimeout": "1"})
    made = cloud.functions.create_event_source_mapping(
        FunctionName=cloud.function(source, timeout=1),
        EventSourceArn=cloud.queue_arn(queue),
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    cloud.sqs.send_message(QueueUrl=queue, MessageBody="x")
    calls = tmp_path / "calls"
    eventually(lambda: calls.exists() and len(calls.read_text(encoding="utf-8").splitlines()) == 2)
    cloud.functions.delete_event_source_mapping(UUID=made["UUID"])


def test_an_attribute_of_a_queue_that_is_set_to_nothing_is_gone(cloud: Cloud) -> None:
    allow = json.dumps({"redrivePermission": "denyAll"})
    queue = cloud.queue({"RedriveAllowPolicy": allow})
    names: Sequence[Literal["RedriveAllowPolicy"]] = ["RedriveAllowPolicy"]
    read = cloud.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    assert read == {"RedriveAllowPolicy": allow}
    cloud.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"RedriveAllowPolicy": ""})
    assert "Attributes" not in cloud.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)
