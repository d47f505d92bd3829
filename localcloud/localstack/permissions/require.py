"""What a service does within this process is decided as a request is: steps of pipelines, pulled images."""

from collections.abc import Mapping

from localcloud.iam.requests.call import Call
from localcloud.localstack.permissions.handler import Permissions
from localcloud.ports import Caller

_used: list[Permissions] = []


def use(permissions: Permissions) -> None:
    """Decide by these from now on; without any, everything is allowed."""
    _used[:] = [permissions]


def require(
    access_key_id: str, caller: Caller, service: str, operation: str, members: Mapping[str, object]
) -> None:
    """Make sure that the holder of a key, such as the session of a role, may do something.

    - `caller`: the account and region that are asked.
    - `service`: by botocore's name.
    - `members`: those of the operation; none of them is None.

    Raises `ServiceError`, with the service's own code and AWS's sentence, where it is denied.
    """
    account, region = caller.account_id, caller.region
    for permissions in _used:
        find = permissions.lookups(account, region, "aws", access_key_id).find
        permissions.require(access_key_id, Call(service, operation, members, account, region, find=find))
