"""The instances of a job: how they are called, what they are told of each other, which data each gets.

Sources: developer guide, "How Amazon SageMaker Provides Training Information" ("Distributed Training
Configuration"), "Train Using a Heterogeneous Cluster", "Build Your Own Processing Container". ``hosts`` is
sorted lexicographically: ``algo-10`` stands before ``algo-2``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from localcloud.errors import ValidationError
from localcloud.sagemaker.jobs.s3 import Found
from localcloud.sagemaker.wire.quotas import check_quota
from localcloud.sagemaker.wire.requests import Request

SHARDED = "ShardedByS3Key"

_MOST_INSTANCES = 20
_GROUP = "homogeneousCluster"


@dataclass(frozen=True, slots=True)
class Host:
    """An instance. `group`: the name of its instance group."""

    name: str
    group: str
    instance_type: str


Hosts = tuple[Host, ...]


def read_hosts(resources: Request) -> Hosts:
    """Give the instances that a checked ResourceConfig or ClusterConfig asks for, ``algo-1`` first."""
    kinds = [(name, kind) for name, kind, count in _groups(resources) for _ in range(count)]
    return tuple(Host(f"algo-{number}", *kind) for number, kind in enumerate(kinds, start=1))


def count_hosts(resources: Request) -> int:
    """Count the instances that a ResourceConfig asks for; it need not be checked."""
    return sum(count for _, _, count in _groups(resources))


def _groups(resources: Request) -> list[tuple[str, str, int]]:
    """Give the name, the instance type and the number of instances of each group."""
    groups = [
        (group.text("InstanceGroupName"), group.text("InstanceType"), group.optional_number("InstanceCount"))
        for group in resources.structures("InstanceGroups")
    ] or [(_GROUP, resources.optional_text("InstanceType") or "", resources.optional_number("InstanceCount"))]
    return [(name, kind, 1 if count is None else count) for name, kind, count in groups]


def check_instance_count(count: int, kind: str) -> None:
    """Refuse more instances than AWS's default quota allows a job; here each is processes of this machine.

    "Maximum number of instances per training job - 20" (developer guide, "Quotas, naming rules and data
    types" of Feature Processor). `kind`: ``training``.
    """
    check_quota(f"Maximum number of instances per {kind} job", _MOST_INSTANCES, 0, count)


def check_instance_groups(resources: Request) -> None:
    """Check InstanceGroups; AWS's words for a request that breaks these rules are not known.

    Raises `ServiceError`: ``ValidationException``.
    """
    if resources.members.get("InstanceType") or resources.members.get("InstanceCount"):
        raise ValidationError(
            "ResourceConfig must have either InstanceGroups or InstanceType and InstanceCount, and not both."
        )
    names = [group.text("InstanceGroupName") for group in resources.structures("InstanceGroups")]
    for name in names:
        if names.count(name) > 1:
            raise ValidationError(f"Instance group names must be unique. Duplicate group name: '{name}'.")


def names_of(hosts: Sequence[Host]) -> list[str]:
    """Give the hosts' names in AWS's order."""
    return sorted(host.name for host in hosts)


def members(group: str, hosts: Hosts) -> list[str]:
    """Give the names of the hosts of a group."""
    return names_of([host for host in hosts if host.group == group])


def instance_groups(hosts: Hosts) -> list[dict[str, object]]:
    """Give the instance groups as resourceconfig.json has them."""
    return [
        {"instance_group_name": group, "instance_type": kind, "hosts": members(group, hosts)}
        for group, kind in dict.fromkeys((host.group, host.instance_type) for host in hosts)
    ]


def resource_config(own: Host, hosts: Hosts) -> dict[str, object]:
    """Give the content of resourceconfig.json."""
    return {
        "current_host": own.name,
        "current_instance_type": own.instance_type,
        "current_group_name": own.group,
        "hosts": names_of(hosts),
        "instance_groups": instance_groups(hosts),
        "network_interface_name": "eth0",
    }


def share(found: Sequence[Found], own: Host, hosts: Sequence[Host], distribution: str | None) -> list[Found]:
    """Give the objects of a data source that one of the hosts gets.

    Of n hosts each gets "approximately 1/n of the number of S3 objects" (service model, S3DataSource); which,
    AWS does not say: here they are dealt out in their order.
    """
    if distribution != SHARDED:
        return list(found)
    return list(found[hosts.index(own) :: len(hosts)])
