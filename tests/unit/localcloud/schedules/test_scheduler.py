"""EventBridge Scheduler: what is kept, what is invoked and when, what is refused."""

import json
import pickle
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from localcloud.errors import ServiceError
from localcloud.ports import Caller
from localcloud.schedules.api import Scheduler
from localcloud.schedules.targets import Call

NOW = datetime(2026, 11, 27, 12, 0, 30, tzinfo=UTC)
CALLER = Caller("123456789012", "eu-west-1")
ROLE = "arn:aws:iam::123456789012:role/scheduler"
QUEUE = "arn:aws:sqs:eu-west-1:123456789012:queue"
DLQ = "arn:aws:sqs:eu-west-1:123456789012:dead"
PIPELINE = "arn:aws:sagemaker:eu-west-1:123456789012:pipeline/train"
GROUP_ARN = "arn:aws:scheduler:eu-west-1:123456789012:schedule-group/default"
ARN = "arn:aws:scheduler:eu-west-1:123456789012:schedule/default/nightly"
DENIED = ServiceError("AccessDenied", "no", 403)


class Targets:
    """Keeps the requests; fails with what `errors` has, one after the other."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.errors: list[ServiceError | None] = []
        self.groups: list[str] = []
        self.untrusting = ""
        self.counts: Counter[tuple[str, str]] = Counter()

    def invoke(self, role_arn: str, group_arn: str, name: str, call: Call) -> None:
        assert role_arn == ROLE
        self.groups.append(group_arn)
        self.calls.append(call)
        error = self.errors.pop(0) if self.errors else None
        if error:
            raise error

    def count(self, place: tuple[str, str], group: str, metric: str) -> None:
        assert place == (CALLER.account_id, CALLER.region)
        self.counts[group, metric] += 1

    def check_role(self, role_arn: str, group_arn: str, name: str, region: str) -> None:
        if role_arn == self.untrusting:
            raise DENIED


class Cloud:
    """A scheduler whose clock stands still until it is set; it begins no thread."""

    def __init__(self) -> None:
        self.now = NOW
        self.targets = Targets()
        self.scheduler = Scheduler(self.targets, lambda: self.now)
        self.scheduler.close()

    def call(self, operation: str, **request: Any) -> Any:
        return self.scheduler.call(operation, CALLER, request)

    def create(self, expression: str = "rate(5 minutes)", target: Any = None, **request: Any) -> Any:
        return self.call("CreateSchedule", **members(expression, target, **request))

    def at(self, **later: float) -> list[Call]:
        """Set the clock; give what is invoked then."""
        self.now = NOW + timedelta(**later)
        self.targets.calls.clear()
        for delivery in self.scheduler.timer.take_due():
            self.scheduler.timer.attempt(delivery)
        return list(self.targets.calls)

    def names(self, **request: Any) -> list[str]:
        return [one["Name"] for one in self.call("ListSchedules", **request)["Schedules"]]


def members(expression: str, target: Any = None, **request: Any) -> dict[str, Any]:
    return {
        "Name": "nightly",
        "ScheduleExpression": expression,
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": QUEUE, "RoleArn": ROLE, **(target or {})},
    } | request


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


def test_a_schedule_is_told_with_the_defaults(cloud: Cloud) -> None:
    assert cloud.create() == {"ScheduleArn": ARN}
    told = cloud.call("GetSchedule", Name="nightly")
    assert told == {
        "Arn": ARN,
        "Name": "nightly",
        "GroupName": "default",
        "State": "ENABLED",
        "ScheduleExpression": "rate(5 minutes)",
        "ScheduleExpressionTimezone": "UTC",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "ActionAfterCompletion": "NONE",
        "CreationDate": NOW,
        "LastModificationDate": NOW,
        "Target": {
            "Arn": QUEUE,
            "RoleArn": ROLE,
            "RetryPolicy": {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185},
        },
    }
    assert cloud.call("ListSchedules")["Schedules"][0]["Target"] == {"Arn": QUEUE}


def test_a_rate_begins_at_once_and_goes_on(cloud: Cloud) -> None:
    cloud.create()
    (first,) = cloud.at(seconds=0)
    assert (first.service, first.method, first.region) == ("sqs", "send_message", "eu-west-1")
    assert cloud.targets.groups == [GROUP_ARN]
    told = json.loads(first.members["MessageBody"])
    assert (told["source"], told["time"], told["resources"]) == (
        "aws.scheduler",
        "2026-11-27T12:00:30Z",
        [ARN],
    )
    assert cloud.at(minutes=4) == []
    assert len(cloud.at(minutes=5)) == 1
    # Five were missed; one stands for them.
    assert len(cloud.at(minutes=31)) == 1
    assert len(cloud.at(minutes=35)) == 1


def test_an_update_that_leaves_the_times_invokes_nothing_at_once(cloud: Cloud) -> None:
    cloud.create()
    cloud.at(seconds=0)
    cloud.now = NOW + timedelta(minutes=1)
    cloud.call("UpdateSchedule", **members("rate(5 minutes)", Description="new"))
    assert cloud.at(minutes=2) == []
    assert len(cloud.at(minutes=5)) == 1
    cloud.call("UpdateSchedule", **members("rate(5 minutes)", State="DISABLED"))
    assert cloud.at(minutes=20) == []
    assert "Description" not in cloud.call("GetSchedule", Name="nightly")
    cloud.call("UpdateSchedule", **members("rate(10 minutes)"))
    assert len(cloud.at(minutes=20)) == 1


def test_a_pipeline_is_started_with_its_parameters(cloud: Cloud) -> None:
    given = {"PipelineParameterList": [{"Name": "Day", "Value": "1"}]}
    cloud.create("at(2026-11-27T12:05:00)", {"Arn": PIPELINE, "SageMakerPipelineParameters": given})
    assert cloud.at(minutes=4) == []
    (call,) = cloud.at(minutes=5)
    assert (call.service, call.method) == ("sagemaker", "start_pipeline_execution")
    assert call.members["PipelineName"] == PIPELINE
    assert call.members["PipelineParameters"] == [{"Name": "Day", "Value": "1"}]
    assert cloud.at(minutes=6) == []
    assert cloud.names() == ["nightly"]


@pytest.mark.parametrize(
    ("arn", "more", "method", "payload"),
    [
        ("arn:aws:lambda:eu-west-1:123456789012:function:f", {}, "invoke", "Payload"),
        ("arn:aws:states:eu-west-1:123456789012:stateMachine:s", {}, "start_execution", "input"),
        ("arn:aws:sns:eu-west-1:123456789012:topic", {}, "publish", "Message"),
        (
            "arn:aws:events:eu-west-1:123456789012:event-bus/default",
            {"EventBridgeParameters": {"Source": "mine", "DetailType": "t"}},
            "put_events",
            "Detail",
        ),
        (f"{QUEUE}.fifo", {"SqsParameters": {"MessageGroupId": "g"}}, "send_message", "MessageBody"),
    ],
)
def test_context_attributes_are_filled_in(
    cloud: Cloud, arn: str, more: dict[str, Any], method: str, payload: str
) -> None:
    written = '{"time": "<aws.scheduler.scheduled-time>", "try": <aws.scheduler.attempt-number>}'
    cloud.create("at(2026-11-27T14:05:00)", {"Arn": arn, "Input": written, **more},
                 ScheduleExpressionTimezone="Europe/Berlin")  # fmt: skip
    (call,) = cloud.at(hours=2)
    assert call.method == method
    inner = call.members["Entries"][0] if method == "put_events" else call.members
    assert json.loads(inner[payload]) == {"time": "2026-11-27T13:05:00Z", "try": 1}


def test_what_is_once_is_deleted_after_its_completion(cloud: Cloud) -> None:
    cloud.create("at(2026-11-27T12:05:00)", ActionAfterCompletion="DELETE")
    cloud.targets.errors = [ServiceError("ServiceUnavailable", "later", 503)]
    cloud.at(minutes=5)
    assert cloud.names() == ["nightly"]
    (again,) = cloud.at(minutes=5, seconds=2)
    assert again.method == "send_message"
    assert cloud.names() == []


def test_what_ends_is_deleted_after_its_last_time(cloud: Cloud) -> None:
    cloud.create("rate(1 minute)", EndDate=NOW + timedelta(minutes=1), ActionAfterCompletion="DELETE")
    assert len(cloud.at(seconds=0)) == 1
    assert cloud.names() == ["nightly"]
    assert len(cloud.at(minutes=1)) == 1
    assert cloud.names() == []


def test_what_fails_for_good_goes_to_the_queue_at_once(cloud: Cloud) -> None:
    cloud.create("at(2026-11-27T12:05:00)", {"Input": "hello", "DeadLetterConfig": {"Arn": DLQ}})
    cloud.targets.errors = [DENIED]
    _, letter = cloud.at(minutes=5)
    assert (letter.members["QueueUrl"], letter.members["MessageBody"]) == (DLQ, "hello")
    told = {name: one["StringValue"] for name, one in letter.members["MessageAttributes"].items()}
    assert len(told.pop("EXECUTION_ID")) == 32
    assert told == {
        "ERROR_CODE": "AccessDenied",
        "ERROR_MESSAGE": "no",
        "IS_PAYLOAD_TRUNCATED": "false",
        "RETRY_ATTEMPTS": "0",
        "SCHEDULED_TIME": "2026-11-27T12:05:00Z",
        "SCHEDULE_ARN": ARN,
        "TARGET_ARN": QUEUE,
    }
    assert cloud.at(minutes=6) == []
    counted = {name for _, name in cloud.targets.counts}
    assert counted == {"InvocationAttemptCount", "TargetErrorCount", "InvocationsSentToDeadLetterCount"}


@pytest.mark.parametrize(
    ("policy", "times", "condition"),
    [
        ({"MaximumRetryAttempts": 2}, 3, "MaximumRetryAttempts"),
        ({"MaximumEventAgeInSeconds": 60}, 6, "MaximumEventAgeInSeconds"),
    ],
)
def test_what_may_come_right_is_tried_again(
    cloud: Cloud, policy: dict[str, int], times: int, condition: str
) -> None:
    cloud.create("at(2026-11-27T12:01:00)", {"RetryPolicy": policy, "DeadLetterConfig": {"Arn": DLQ}})
    cloud.targets.errors = [ServiceError("ThrottlingException", "slow down")] * times
    calls = [call for second in range(30, 180) for call in cloud.at(seconds=second)]
    assert [call.members["QueueUrl"] for call in calls] == [QUEUE] * times + [DLQ]
    told = calls[-1].members["MessageAttributes"]
    assert told["EXHAUSTED_RETRY_CONDITION"]["StringValue"] == condition
    assert told["RETRY_ATTEMPTS"]["StringValue"] == str(times - 1)
    assert cloud.targets.counts == {
        ("default", "InvocationAttemptCount"): times,
        ("default", "TargetErrorThrottledCount"): times,
        ("default", "InvocationDroppedCount"): 1,
        ("default", "InvocationsSentToDeadLetterCount"): 1,
    }


def test_a_deleted_schedule_is_not_tried_again(cloud: Cloud) -> None:
    cloud.create()
    cloud.targets.errors = [ServiceError("ServiceUnavailable", "later", 503)]
    assert len(cloud.at(seconds=0)) == 1
    cloud.call("DeleteSchedule", Name="nightly")
    assert cloud.at(minutes=10) == []


def test_a_schedule_that_is_deleted_while_it_invokes_is_not_tried_again(cloud: Cloud) -> None:
    cloud.create()
    (delivery,) = cloud.scheduler.timer.take_due()
    cloud.call("DeleteSchedule", Name="nightly")
    cloud.targets.errors = [ServiceError("ServiceUnavailable", "later", 503)]
    cloud.scheduler.timer.attempt(delivery)
    assert len(cloud.targets.calls) == 1
    assert cloud.at(minutes=10) == []


def test_groups_hold_schedules_and_tags(cloud: Cloud) -> None:
    made = cloud.call("CreateScheduleGroup", Name="team", Tags=[{"Key": "a", "Value": "1"}])
    arn = made["ScheduleGroupArn"]
    cloud.create(GroupName="team")
    cloud.create(Name="other", State="DISABLED")
    assert cloud.names(GroupName="team") == cloud.names(NamePrefix="night") == ["nightly"]
    assert cloud.names(State="DISABLED") == ["other"]
    first = cloud.call("ListSchedules", MaxResults=1)
    assert cloud.names(MaxResults=1, NextToken=first["NextToken"]) == ["nightly"]
    cloud.call("TagResource", ResourceArn=arn, Tags=[{"Key": "b", "Value": "2"}])
    cloud.call("UntagResource", ResourceArn=arn, TagKeys=["a"])
    assert cloud.call("ListTagsForResource", ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    assert cloud.scheduler.tags(CALLER.account_id, CALLER.region, arn) == {"b": "2"}
    groups = cloud.call("ListScheduleGroups")["ScheduleGroups"]
    assert [(one["Name"], one["State"]) for one in groups] == [("default", "ACTIVE"), ("team", "ACTIVE")]
    cloud.call("DeleteScheduleGroup", Name="team")
    assert cloud.names() == ["other"]


def test_a_request_that_is_sent_twice_makes_one(cloud: Cloud) -> None:
    assert cloud.create(ClientToken="a") == cloud.create(ClientToken="a")
    for more in ({"ClientToken": "b"}, {"ClientToken": "a", "Description": "other"}, {}):
        with pytest.raises(ServiceError, match="already exists") as refused:
            cloud.create(**more)
        assert (refused.value.code, refused.value.status) == ("ConflictException", 409)


@pytest.mark.parametrize(
    ("operation", "request_", "what"),
    [
        ("GetSchedule", {"Name": "a"}, "Schedule a"),
        ("DeleteSchedule", {"Name": "a"}, "Schedule a"),
        ("UpdateSchedule", members("rate(1 day)", Name="a"), "Schedule a"),
        ("GetSchedule", {"Name": "a", "GroupName": "g"}, "Schedule group g"),
        ("CreateSchedule", members("rate(1 day)", GroupName="g"), "Schedule group g"),
        ("GetScheduleGroup", {"Name": "g"}, "Schedule group g"),
        ("DeleteScheduleGroup", {"Name": "g"}, "Schedule group g"),
        ("ListSchedules", {"GroupName": "g"}, "Schedule group g"),
        ("ListTagsForResource", {"ResourceArn": GROUP_ARN.replace("default", "g")}, "Schedule group g"),
    ],
)
def test_what_is_not_there_is_told(cloud: Cloud, operation: str, request_: Any, what: str) -> None:
    with pytest.raises(ServiceError, match="does not exist") as told:
        cloud.call(operation, **request_)
    assert (str(told.value), told.value.status) == (f"ResourceNotFoundException: {what} does not exist.", 404)


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        (members("rate(1 minutes)"), "Invalid Schedule Expression"),
        (members("at(2026-11-27T11:00:00)"), "Its time is over"),
        (members("rate(1 day)", StartDate=NOW - timedelta(hours=1)), "cannot be earlier than 5 minutes ago"),
        (members("rate(1 day)", EndDate=datetime(2026, 11, 27)), "EndDate"),  # noqa: DTZ001 - as it is parsed
        (members("rate(1 day)", FlexibleTimeWindow={"Mode": "FLEXIBLE"}), "MaximumWindowInMinutes"),
        (members("rate(1 day)", KmsKeyArn="arn:aws:kms:eu-west-1:123456789012:key/a"), "KmsKeyArn"),
        (members("rate(1 day)", {"Arn": "queue"}), "not in correct format"),
        (members("rate(1 day)", {"Arn": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage"}), "universal target"),
        (members("rate(1 day)", {"Arn": "arn:aws:kinesis:eu-west-1:123456789012:stream/s"}), "cannot invoke"),
        (members("rate(1 day)", {"Arn": PIPELINE, "Input": "{}"}), "SageMakerPipelineParameters"),
        (members("rate(1 day)", {"EcsParameters": {"TaskDefinitionArn": "a"}}), "EcsParameters"),
        (members("rate(1 day)", {"Arn": f"{QUEUE}.fifo"}), "MessageGroupId"),
        (members("rate(1 day)", {"Arn": "arn:aws:lambda:a:1:function:f", "Input": "{"}), "well-formed JSON"),
        (members("rate(1 day)", {"Arn": "arn:aws:events:a:1:event-bus/b"}), "EventBridgeParameters"),
        (members("rate(1 day)", {"RoleArn": "role"}), "1 validation error detected"),
        (members("rate(1 day)", {"RoleArn": f"{ROLE}-of-nobody"}), "must allow AWS EventBridge Scheduler"),
    ],
)
def test_what_cannot_be_is_refused(cloud: Cloud, request_: Any, sentence: str) -> None:
    cloud.targets.untrusting = f"{ROLE}-of-nobody"
    with pytest.raises(ServiceError, match=sentence) as refused:
        cloud.call("CreateSchedule", **request_)
    assert refused.value.code == "ValidationException"
    assert cloud.names() == []


def test_a_schedule_that_has_begun_can_be_updated(cloud: Cloud) -> None:
    dates = {"StartDate": NOW, "EndDate": NOW + timedelta(hours=1)}
    cloud.create("rate(1 day)", **dates)
    cloud.now = NOW + timedelta(days=1)
    cloud.call("UpdateSchedule", **members("rate(1 day)", Description="over", **dates))
    assert cloud.call("GetSchedule", Name="nightly")["Description"] == "over"


def test_a_cloud_that_starts_again_has_the_schedules_and_what_is_not_over(cloud: Cloud) -> None:
    cloud.create("at(2026-11-27T12:05:00)", Name="once")
    cloud.create("rate(5 minutes)", Name="often", StartDate=NOW)
    cloud.targets.errors = [ServiceError("ServiceUnavailable", "later", 503)]
    assert len(cloud.at(seconds=0)) == 1
    assert cloud.scheduler.is_busy()
    saved = pickle.dumps(cloud.scheduler.contents())  # as the saver does
    assert not cloud.scheduler.is_busy()

    again = Cloud()
    again.now = NOW + timedelta(minutes=12)
    again.scheduler.fill(pickle.loads(saved))  # noqa: S301 - its own
    again.scheduler.resume()
    # The attempt that failed and what is once; what recurs was missed, and waits for its next time.
    assert [json.loads(one.members["MessageBody"])["time"] for one in again.at(minutes=12)] == [
        "2026-11-27T12:00:30Z",
        "2026-11-27T12:05:00Z",
    ]
    assert len(again.at(minutes=15)) == 1


def test_a_schedule_whose_last_time_was_missed_is_deleted_at_the_next_start(cloud: Cloud) -> None:
    for name, action in (("kept", "NONE"), ("gone", "DELETE")):
        cloud.create(Name=name, EndDate=NOW + timedelta(minutes=11), ActionAfterCompletion=action)
    assert len(cloud.at(minutes=5)) == 2
    again = Cloud()
    again.now = NOW + timedelta(minutes=12)
    again.scheduler.fill(pickle.loads(pickle.dumps(cloud.scheduler.contents())))  # noqa: S301 - its own
    again.scheduler.resume()
    assert again.names() == ["kept"]
    assert again.at(minutes=20) == []


def test_the_thread_invokes_what_is_due() -> None:
    invoked = threading.Event()

    class Real(Targets):
        def invoke(self, role_arn: str, group_arn: str, name: str, call: Call) -> None:
            invoked.set()

    scheduler = Scheduler(Real())
    scheduler.call("CreateSchedule", CALLER, members("rate(1 minute)"))
    assert invoked.wait(60)
    scheduler.close()
