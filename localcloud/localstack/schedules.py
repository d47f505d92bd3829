"""What schedules call: requests of a session of their role, which IAM decides on as on any other."""

from functools import cache

from localstack.aws.connect import connect_to
from localstack.utils.aws import arns

from localcloud.errors import ServiceError
from localcloud.localstack.acting import Session, Signed
from localcloud.localstack.ports import service_errors
from localcloud.metrics.api import METRICS
from localcloud.ports import Caller, Datum, Role
from localcloud.schedules.api import Scheduler
from localcloud.schedules.store import Place
from localcloud.schedules.targets import Call


class RoleTargets:
    """`localcloud.schedules.timer.Targets` on LocalStack's services.

    The trust policy of a role is told the schedule group (``aws:SourceArn``): EventBridge Scheduler user
    guide, "Confused deputy prevention".
    """

    def invoke(self, role_arn: str, group_arn: str, name: str, call: Call) -> None:
        """Send the request; `ServiceError` as the service answers, or STS."""
        members = dict(call.members)
        if call.service == "sqs":
            members["QueueUrl"] = arns.sqs_queue_url_for_arn(members["QueueUrl"])
        account = group_arn.split(":")[4]
        with service_errors():
            plain = connect_to(aws_access_key_id=account, region_name=call.region).get_client(call.service)
            client = Signed(plain, _session(role_arn, group_arn, name, call.region))
            answer = getattr(client, call.method)(**members)
        if answer.get("FailedEntryCount"):  # of PutEvents
            refused = answer["Entries"][0]
            raise ServiceError(refused["ErrorCode"], refused["ErrorMessage"])

    def check_role(self, role_arn: str, group_arn: str, name: str, region: str) -> None:
        """Assume the role; `ServiceError` where it does not trust the scheduler."""
        with service_errors():
            _session(role_arn, group_arn, name, region).keys()

    def count(self, place: Place, group: str, metric: str) -> None:
        """Add one to a metric of a group."""
        METRICS.record(
            Caller(*place), "AWS/Scheduler", [Datum(metric, 1.0, {"ScheduleGroup": group}, "Count")]
        )


def _session(role_arn: str, group_arn: str, name: str, region: str) -> Session:
    return Session(Role(role_arn, f"scheduler-{name}"[:64], group_arn, "scheduler"), region)


@cache
def scheduler_of_this_process() -> Scheduler:
    """Make the one EventBridge Scheduler of this process."""
    return Scheduler(RoleTargets())
