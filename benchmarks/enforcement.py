"""What it takes that IAM decides of each request: two local clouds, one enforces, the other does not ask."""

import json
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.gate import processor_seconds
from benchmarks.permissions import written_policy
from benchmarks.table import Goal, Row, seconds
from tests.integration.raw import another
from tests.integration.stack import local_cloud
from tests.integration.wire import Cloud, eventually, unique

REQUESTS = 500
ROUNDS = 5
AT_ONCE = 50
TASKS = 5
ACCOUNT = "000000000000"


def measure(folder: Path) -> Iterator[Row]:
    """Send the same requests to both clouds in turn, as the session of a role with ten statements."""
    places = {mode: folder / f"iam-{mode}" for mode in ("enforce", "off")}
    with (
        local_cloud(places["enforce"], "--iam", "enforce") as enforcing,
        local_cloud(places["off"], "--iam", "off") as other,
    ):
        clouds = Cloud(places["enforce"], enforcing), Cloud(places["off"], other)
        added, whole = _requests(*clouds)
        what = "what IAM adds to a request, a role with ten statements (ms of the processor)"
        yield Row(what, added, ("the whole request", whole), goal=Goal(0.3))
        enforced, unasked = _executions(*clouds)
        reference = ("--iam off", unasked)
        name = f"{AT_ONCE} executions with {TASKS} tasks each at once, enforced (s)"
        yield Row(name, enforced, reference, ratio_goal=Goal(1.05))


def _requests(*clouds: Cloud) -> tuple[list[float], list[float]]:
    """Give what is added to a request and what it takes where it is decided, in each round.

    The processor's time is measured: the wall's is another one in each round, by more than what is added.
    """
    clients, pids = [_client(cloud) for cloud in clouds], [_pid(cloud) for cloud in clouds]
    added, whole = [], []
    for _ in range(ROUNDS):
        worked = [processor_seconds(pid) for pid in pids]
        for _ in range(REQUESTS):
            for client in clients:
                client.get_object(Bucket="data", Key="out/maps/part-1.csv")["Body"].read()
        enforced, unasked = (
            1e3 * (processor_seconds(pid) - before) / REQUESTS
            for pid, before in zip(pids, worked, strict=True)
        )
        added.append(enforced - unasked)
        whole.append(enforced)
    return added, whole


def _pid(cloud: Cloud) -> int:
    with urllib.request.urlopen(f"{cloud.stack.endpoint}/_sagestep/info") as answer:
        return int(json.load(answer)["pid"])


def _client(cloud: Cloud) -> Any:
    s3 = cloud.stack.client("s3")
    s3.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    s3.put_object(Bucket="data", Key="out/maps/part-1.csv", Body=b"x")
    role = _role(cloud, {"AWS": ACCOUNT}, written_policy())
    tags = [{"Key": "team", "Value": "maps"}]
    opened = cloud.stack.client("sts").assume_role(RoleArn=role, RoleSessionName="measure", Tags=tags)
    return another(cloud, "s3", dict(opened["Credentials"]))


def _role(cloud: Cloud, principal: object, policy: str) -> str:
    """Make a role that a principal may assume."""
    iam, name = cloud.stack.client("iam"), unique("role")
    trust = {"Effect": "Allow", "Principal": principal, "Action": ["sts:AssumeRole", "sts:TagSession"]}
    text = json.dumps({"Version": "2012-10-17", "Statement": trust})
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=text)["Role"]
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy)
    return str(role["Arn"])


def _executions(*clouds: Cloud) -> tuple[list[float], list[float]]:
    """Give the seconds that all executions take, of each cloud and round."""
    machines = [_machine(cloud) for cloud in clouds]
    took: tuple[list[float], list[float]] = ([], [])
    for number in range(ROUNDS):
        for which in (0, 1) if number % 2 else (1, 0):
            cloud, machine = clouds[which], machines[which]
            took[which].append(seconds(lambda cloud=cloud, machine=machine: _run(cloud, machine)))  # type: ignore[misc]
    return took


def _machine(cloud: Cloud) -> str:
    sqs = cloud.stack.client("sqs")
    queue = sqs.create_queue(QueueName=unique("queue"))["QueueUrl"]
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": {"QueueUrl": queue, "MessageBody": "m"},
    }
    names = [f"send-{number}" for number in range(TASKS)]
    following = [*names[1:], None]
    states = {
        name: task | ({"Next": after} if after else {"End": True})
        for name, after in zip(names, following, strict=True)
    }
    sending = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": sending})
    role = _role(cloud, {"Service": "states.amazonaws.com"}, policy)
    definition = json.dumps({"StartAt": names[0], "States": states})
    client = cloud.stack.client("stepfunctions")
    made = client.create_state_machine(name=unique("machine"), definition=definition, roleArn=role)
    return str(made["stateMachineArn"])


def _run(cloud: Cloud, machine: str) -> None:
    client = cloud.stack.client("stepfunctions")

    def finish(_number: int) -> str:
        execution = client.start_execution(stateMachineArn=machine)["executionArn"]

        def status() -> str:
            return str(client.describe_execution(executionArn=execution)["status"])

        return str(eventually(status, lambda found: found != "RUNNING", seconds=120))

    with ThreadPoolExecutor(AT_ONCE) as threads:
        assert {*threads.map(finish, range(AT_ONCE))} == {"SUCCEEDED"}
