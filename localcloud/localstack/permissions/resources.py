"""What the services of this cloud know of their resources: policies, owners, tags; by ARN.

Stores are read where LocalStack and moto keep them. A service that is not loaded yet has no resources.
"""

import dataclasses
import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

from localcloud.errors import ServiceError
from localcloud.iam.authorization import RESOURCE_POLICY, read_policy
from localcloud.iam.policies import Policy
from localcloud.iam.requests.keys import Tags
from localcloud.ports import Caller

GLOBAL_REGION = "us-east-1"
"""Where LocalStack keeps what has no region."""


class CloudResources:
    """The resources of this cloud."""

    def policy(self, arn: str) -> Policy | None:
        """Give the policy of a resource; of a role, its trust policy."""
        place = Place(arn)
        text = _read(_POLICIES.get(place.service), place)
        return read_policy(arn, RESOURCE_POLICY, text) if text else None

    def is_missing(self, arn: str) -> bool:
        """Tell whether there is no such queue, topic or function."""
        place = Place(arn)
        find = {"sqs": queue_of, "sns": topic_of, "lambda": _function}.get(place.service)
        return find is not None and not _read(find, place)

    def owner(self, arn: str) -> str:
        """Give the account of a bucket."""
        place = Place(arn)
        bucket = bucket_of(place.rest) if place.service == "s3" else None
        return str(bucket.bucket_account_id) if bucket else ""

    def tags(self, arn: str) -> Tags:
        """Give the tags of a resource."""
        place = Place(arn)
        found = _read(_TAGS.get(place.service), place) or {}
        if isinstance(found, Mapping):
            return {str(name): str(value) for name, value in found.items()}
        return {
            str(item.get("Key", item.get("key"))): str(item.get("Value", item.get("value"))) for item in found
        }


class Place:
    """The parts of an ARN."""

    def __init__(self, arn: str) -> None:
        parts = [*arn.split(":", 5), *[""] * 6][:6]
        self.arn = arn
        _, self.partition, self.service, self.region, self.account, self.rest = parts


def _read(read: Callable[[Place], Any] | None, place: Place) -> Any:
    """Look something up; an account or a region that cannot be, as a request may name it, has nothing."""
    try:
        return read(place) if read else None
    except ValueError:  # of LocalStack's stores and moto's
        return None


def has_object(bucket_name: str, key: str) -> bool:
    """Tell whether a bucket of this cloud has an object."""
    bucket = bucket_of(bucket_name)
    return bool(bucket and bucket.objects.get(key))


def alias_target(alias: str, account: str, region: str) -> str:
    """Give the ARN of the key behind an alias, an empty text where there is none."""
    store = store_of("localstack.services.kms.models", "kms_stores", account, region)
    found = store and store.aliases.get(alias)
    return f"arn:aws:kms:{region}:{account}:key/{found.metadata['TargetKeyId']}" if found else ""


def store_of(module: str, name: str, account: str, region: str) -> Any:
    """Give what LocalStack keeps of a service; None where it is not loaded yet."""
    loaded = sys.modules.get(module)
    if loaded is None:
        return None
    stores, region = getattr(loaded, name), region or GLOBAL_REGION
    # Bundles are dictionaries, which check and lock at each look: only what is not there yet needs that.
    regions = dict.get(stores, account)
    found = None if regions is None else dict.get(regions, region)
    return stores[account][region] if found is None else found


def bucket_of(path: str) -> Any:
    """Give the bucket at the beginning of a path."""
    name = path.partition("/")[0]
    module = "localstack.services.s3.models"
    any_store = store_of(module, "s3_stores", "000000000000", GLOBAL_REGION)
    account = any_store and any_store.global_bucket_map.get(name)
    return store_of(module, "s3_stores", account, GLOBAL_REGION).buckets.get(name) if account else None


def _of_bucket(place: Place) -> str | None:
    bucket = bucket_of(place.rest)
    return bucket.policy if bucket else None


def queue_of(place: Place) -> Any:
    """Give a queue, None where there is none."""
    store = store_of("localstack.services.sqs.models", "sqs_stores", place.account, place.region)
    return store and store.queues.get(place.rest)


def _of_queue(place: Place) -> str | None:
    queue = queue_of(place)
    return queue.attributes.get("Policy") if queue else None


def _moto(service: str, place: Place) -> Any:
    """Give what moto keeps of a service; None where it is not loaded yet, or the region cannot be."""
    models = sys.modules.get(f"moto.{service}.models")
    try:
        return models and getattr(models, f"{service}_backends")[place.account][place.region]
    except KeyError:
        return None


def topic_of(place: Place) -> Any:
    """Give a topic, None where there is none."""
    backend = _moto("sns", place)
    return backend and backend.topics.get(place.arn)


def _of_topic(place: Place) -> str | None:
    topic = topic_of(place)
    return topic.policy if topic else None


def _function(place: Place) -> Any:
    kind, _, rest = place.rest.partition(":")
    module = "localstack.services.lambda_.invocation.models"
    store = store_of(module, "lambda_stores", place.account, place.region)
    return store and kind == "function" and store.functions.get(rest.partition(":")[0])


def _of_function(place: Place) -> str | None:
    function, (_, _, qualifier) = _function(place), place.rest.removeprefix("function:").partition(":")
    granted = function.permissions.get(qualifier or "$LATEST") if function else None
    return json.dumps(dataclasses.asdict(granted.policy)) if granted else None


def _key(place: Place) -> Any:
    store = store_of("localstack.services.kms.models", "kms_stores", place.account, place.region)
    return store and store.keys.get(place.rest.removeprefix("key/"))


def _of_key(place: Place) -> str | None:
    key = _key(place)
    return key.policy if key else None


def _of_repository(place: Place) -> str | None:
    backend = _moto("ecr", place)
    found = backend and backend.repositories.get(place.rest.removeprefix("repository/"))
    return found.policy if found else None


def _of_bus(place: Place) -> str | None:
    store = store_of("localstack.services.events.models", "events_stores", place.account, place.region)
    bus = store and store.event_buses.get(place.rest.removeprefix("event-bus/"))
    return json.dumps(bus.policy) if bus and bus.policy else None


def _role(place: Place) -> Any:
    models = sys.modules.get("moto.iam.models")
    backend = models and models.iam_backends[place.account][place.partition]
    roles = list(backend.roles.values()) if backend else []
    return next((role for role in roles if role.arn == place.arn), None)


def _of_role(place: Place) -> str | None:
    role = _role(place) if place.rest.startswith("role/") else None
    return role.assume_role_policy_document if role else None


def _tags_of_queue(place: Place) -> Any:
    queue = queue_of(place)
    return queue.tags if queue else None


def _tags_of_key(place: Place) -> Any:
    key = _key(place)
    return key.tags if key else None


def _tags_of_topic(place: Place) -> Any:
    store = store_of("localstack.services.sns.models", "sns_stores", place.account, place.region)
    return store and store.sns_tags.get(place.arn)


def _tags_of_machine(place: Place) -> Any:
    module = "localstack.services.stepfunctions.backend.store"
    store = store_of(module, "sfn_stores", place.account, place.region)
    machine = store and store.state_machines.get(place.arn)
    return machine.tag_manager.to_tag_list() if machine else None


def _tags_in_sagemaker(place: Place) -> Any:
    providers = sys.modules.get("localcloud.localstack.providers")
    if providers is None:
        return None
    caller = Caller(place.account, place.region)
    try:
        request = {"ResourceArn": place.arn, "MaxResults": 100}
        return providers.sagemaker_of_this_process().call("ListTags", caller, request)["Tags"]
    except ServiceError:  # what is not there has no tags
        return None


def _of_model_packages(place: Place) -> str | None:
    """Give the policy of a model package group; it is that of its packages, too."""
    kind, _, name = place.rest.partition("/")
    providers = sys.modules.get("localcloud.localstack.providers")
    if providers is None or not kind.startswith("model-package"):
        return None
    store = providers.sagemaker_of_this_process().find_store(Caller(place.account, place.region))
    group = store and store.registry.groups.get(name.partition("/")[0])
    return group.policy if group else None


def _tags_of_role(place: Place) -> Any:
    role = _role(place) if place.rest.startswith("role/") else None
    return role.tags if role else None


def _tags_of_schedule_group(place: Place) -> Any:
    made = sys.modules.get("localcloud.localstack.schedules")
    return made and made.scheduler_of_this_process().tags(place.account, place.region, place.arn)


def _tagged(module: str, name: str) -> Callable[[Place], Any]:
    """Read the tags of a service that keeps them in a store's `TAGS`."""

    def read(place: Place) -> Any:
        store = store_of(module, name, place.account or "000000000000", place.region)
        if store is None:
            return None
        if hasattr(store.TAGS, "list_tags_for_resource"):
            return store.TAGS.list_tags_for_resource(place.arn).get("Tags")
        return store.TAGS.get(place.arn)

    return read


_POLICIES: Mapping[str, Callable[[Place], str | None]] = {
    "s3": _of_bucket,
    "sqs": _of_queue,
    "sns": _of_topic,
    "lambda": _of_function,
    "kms": _of_key,
    "ecr": _of_repository,
    "events": _of_bus,
    "iam": _of_role,
    "sagemaker": _of_model_packages,
}

_TAGS: Mapping[str, Callable[[Place], Any]] = {
    "sqs": _tags_of_queue,
    "iam": _tags_of_role,
    "kms": _tags_of_key,
    "sns": _tags_of_topic,
    "states": _tags_of_machine,
    "sagemaker": _tags_in_sagemaker,
    "scheduler": _tags_of_schedule_group,
    "events": _tagged("localstack.services.events.models", "events_stores"),
    "s3": _tagged("localstack.services.s3.models", "s3_stores"),
    "lambda": _tagged("localstack.services.lambda_.invocation.models", "lambda_stores"),
    "logs": _tagged("localstack.services.logs.models", "logs_stores"),
}
