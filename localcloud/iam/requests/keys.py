"""The condition keys of a request: what is known of who asks, of the request itself and of the resource.

Each key is found when a statement asks for it. Sources: the reference ("Condition keys" of each service);
IAM user guide, "AWS global condition context keys"; S3 user guide, "Bucket policy examples using condition
keys"; SageMaker developer guide, "Identity-based policy examples". Requests over the loopback interface
count as encrypted.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import parse_qsl

from localcloud.iam.requests.call import Call, found_in, items_of, texts_of
from localcloud.iam.requests.pairs import Pair

Tags = Mapping[str, str]
TagsOf = Callable[[str], Tags]
"""Gives the tags of a resource by its ARN."""

Values = Sequence[str]


def no_tags(_arn: str) -> Tags:
    """Know no tags."""
    return {}


class Keys(Mapping[str, Values]):
    """The condition keys of a pair, by their names in lower case; found when asked for.

    - `known`: what is known of who asks, and of the request.
    - `tags_of`: gives the tags of the resource.
    """

    def __init__(
        self, call: Call, pair: Pair, known: Mapping[str, Values], tags_of: TagsOf = no_tags
    ) -> None:
        self._call, self._pair, self._tags_of = call, pair, tags_of
        self._known: dict[str, Values | None] = {**known}

    def __getitem__(self, key: str) -> Values:
        """Give the values of a key."""
        if key not in self._known:
            self._known[key] = self._find(key)
        if (values := self._known[key]) is None:
            raise KeyError(key)
        return values

    def __iter__(self) -> Iterator[str]:
        """Yield the keys that have been asked for."""
        return (key for key, values in self._known.items() if values is not None)

    def __len__(self) -> int:
        """Count the keys that have been asked for."""
        return sum(1 for _ in self)

    def _find(self, key: str) -> Values | None:
        if key in _OF_REQUESTS:
            return _OF_REQUESTS[key](self._call) or None
        group, _, name = key.partition("/")
        if name or key.startswith("kms:encryptioncontext:"):
            tags = self._context if group.startswith("kms:") else self._tags(group)
            return None if tags is None else _one(_tag(tags, name or key.split(":", 2)[2]))
        if members := _IN_SAGEMAKER.get(key):
            found = found_in(self._call.members, members.__contains__)
            return [_written(value) for value in found] or None
        if key == "kms:encryptioncontextkeys":
            return [*self._context] or None
        of_pair = {
            "kms:viaservice": self._pair.via,
            "aws:resourceaccount": account_of(self._pair.resource),
            "iam:passedtoservice": self._pair.passed_to,
            "iam:associatedresourcearn": self._pair.associated,
        }
        return _one(of_pair.get(key) or _written(self._call.members.get(_MEMBERS.get(key, ""))))

    def _tags(self, group: str) -> Tags | None:
        """Give the tags that a group of keys is about, such as ``aws:requesttag``."""
        if group == "aws:requesttag":
            return request_tags(self._call)
        if group == "s3:requestobjecttag":
            return dict(parse_qsl(self._call.text("Tagging")))
        if group.endswith(":resourcetag") or group == "s3:existingobjecttag":
            return self._tags_of(self._pair.resource)
        return None

    @property
    def _context(self) -> Tags:
        """The encryption context."""
        of_pair = self._pair.encryption_context
        return dict([of_pair]) if of_pair else _encryption_context(self._call)


def known_of(call: Call, now: datetime) -> dict[str, Values]:
    """Give what every request has."""
    second = int(now.timestamp())
    return {
        "aws:requestedregion": [call.region],
        "aws:securetransport": ["true"],
        "aws:currenttime": [_in_utc(second)],
        "aws:epochtime": [str(second)],
        "aws:sourceip": ["127.0.0.1"],
        "aws:viaawsservice": ["false"],
    }


@lru_cache(maxsize=4)
def _in_utc(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def account_of(arn: str) -> str:
    """Give the account that an ARN names; buckets and what belongs to AWS name none."""
    parts = arn.split(":", 5)
    return parts[4] if len(parts) == 6 and parts[4].isdecimal() else ""


def request_tags(call: Call) -> Tags:
    """Give the tags that a request sets, however its service writes them."""
    given = call.members.get("Tags", call.members.get("tags"))
    if isinstance(given, Mapping):
        return {str(name): str(value) for name, value in given.items()}
    found = {}
    for item in items_of(given):
        lower = {name.lower().removeprefix("tag"): value for name, value in item.items()}
        found[str(lower.get("key", ""))] = str(lower.get("value", ""))
    return found


def _removed_tags(call: Call) -> list[str]:
    return texts_of(call.members.get("TagKeys", call.members.get("tagKeys")))


def _tag(tags: Tags, name: str) -> str | None:
    """Give a tag's value; condition keys do not tell upper case from lower."""
    return next((value for key, value in tags.items() if key.lower() == name), None)


def _one(value: str | None) -> Values | None:
    return None if value is None or value == "" else [value]


def _written(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(value) if isinstance(value, str | int | float) else ""


def _of_entries(member: str) -> Callable[[Call], list[str]]:
    def values(call: Call) -> list[str]:
        return [str(item[member]) for item in items_of(call.members.get("Entries")) if item.get(member)]

    return values


def _encryption_context(call: Call) -> Tags:
    given = call.members.get("EncryptionContext")
    return {str(name): str(value) for name, value in given.items()} if isinstance(given, Mapping) else {}


def _qualifier(call: Call) -> list[str]:
    arn = call.text("stateMachineArn", "stateMachineAliasArn", "stateMachineVersionArn")
    parts = arn.split(":")
    return parts[7:8]


def _function_arn(call: Call) -> list[str]:
    """Give the function of an event source mapping."""
    name = call.text("FunctionName") if "EventSourceMapping" in call.operation else ""
    return [name if name.startswith("arn:") else call.arn(f"function:{name}")] if name else []


_OF_REQUESTS: Mapping[str, Callable[[Call], list[str]]] = {
    "aws:tagkeys": lambda call: [*request_tags(call), *_removed_tags(call)],
    "s3:requestobjecttagkeys": lambda call: [name for name, _ in parse_qsl(call.text("Tagging"))],
    "events:targetarn": lambda call: [str(item.get("Arn")) for item in items_of(call.members.get("Targets"))],
    "events:source": _of_entries("Source"),
    "events:detail-type": _of_entries("DetailType"),
    "kms:calleraccount": lambda call: [call.account],
    "kms:requestalias": lambda call: [key] if "alias/" in (key := call.text("KeyId")) else [],
    "states:statemachinequalifier": _qualifier,
    "lambda:functionarn": _function_arn,
    "lambda:layer": lambda call: texts_of(call.members.get("Layers")),
    "sts:transitivetagkeys": lambda call: texts_of(call.members.get("TransitiveTagKeys")),
}

_MEMBERS = {
    "s3:prefix": "Prefix",
    "s3:delimiter": "Delimiter",
    "s3:max-keys": "MaxKeys",
    "s3:versionid": "VersionId",
    "s3:x-amz-acl": "ACL",
    "s3:x-amz-copy-source": "CopySource",
    "s3:x-amz-metadata-directive": "MetadataDirective",
    "s3:x-amz-object-ownership": "ObjectOwnership",
    "s3:x-amz-server-side-encryption": "ServerSideEncryption",
    "s3:x-amz-server-side-encryption-aws-kms-key-id": "SSEKMSKeyId",
    "s3:x-amz-server-side-encryption-customer-algorithm": "SSECustomerAlgorithm",
    "s3:x-amz-storage-class": "StorageClass",
    "s3:x-amz-website-redirect-location": "WebsiteRedirectLocation",
    "s3:x-amz-grant-full-control": "GrantFullControl",
    "s3:x-amz-grant-read": "GrantRead",
    "s3:x-amz-grant-read-acp": "GrantReadACP",
    "s3:x-amz-grant-write": "GrantWrite",
    "s3:x-amz-grant-write-acp": "GrantWriteACP",
    "s3:if-match": "IfMatch",
    "s3:if-none-match": "IfNoneMatch",
    "s3:object-lock-mode": "ObjectLockMode",
    "s3:object-lock-legal-hold": "ObjectLockLegalHoldStatus",
    "s3:object-lock-retain-until-date": "ObjectLockRetainUntilDate",
    "iam:permissionsboundary": "PermissionsBoundary",
    "iam:policyarn": "PolicyArn",
    "iam:awsservicename": "AWSServiceName",
    "sts:externalid": "ExternalId",
    "sts:rolesessionname": "RoleSessionName",
    "sts:sourceidentity": "SourceIdentity",
    "sts:durationseconds": "DurationSeconds",
    "sns:endpoint": "Endpoint",
    "sns:protocol": "Protocol",
    "lambda:principal": "Principal",
    "lambda:functionurlauthtype": "FunctionUrlAuthType",
    "lambda:codesigningconfigarn": "CodeSigningConfigArn",
    "kms:keyspec": "KeySpec",
    "kms:keyusage": "KeyUsage",
    "kms:keyorigin": "Origin",
    "kms:multiregion": "MultiRegion",
    "kms:encryptionalgorithm": "EncryptionAlgorithm",
    "kms:signingalgorithm": "SigningAlgorithm",
    "kms:messagetype": "MessageType",
    "kms:granteeprincipal": "GranteePrincipal",
    "kms:retiringprincipal": "RetiringPrincipal",
    "kms:schedulekeydeletionpendingwindowindays": "PendingWindowInDays",
    "kms:bypasspolicylockoutsafetycheck": "BypassPolicyLockoutSafetyCheck",
    "sagemaker:modelapprovalstatus": "ModelApprovalStatus",
    "sagemaker:targetmodel": "TargetModel",
    "sagemaker:pipelineversionid": "PipelineVersionId",
    "cloudwatch:namespace": "Namespace",
}
"""The member that a condition key is the value of."""

_IN_SAGEMAKER: Mapping[str, frozenset[str]] = {
    "sagemaker:instancetypes": frozenset({"InstanceType", "CurrentInstanceType"}),
    "sagemaker:acceleratortypes": frozenset({"AcceleratorType"}),
    "sagemaker:volumekmskey": frozenset({"VolumeKmsKeyId"}),
    "sagemaker:outputkmskey": frozenset({"KmsKeyId"}),
    "sagemaker:vpcsubnets": frozenset({"Subnets"}),
    "sagemaker:vpcsecuritygroupids": frozenset({"SecurityGroupIds"}),
    "sagemaker:networkisolation": frozenset({"EnableNetworkIsolation"}),
    "sagemaker:intercontainertrafficencryption": frozenset({"EnableInterContainerTrafficEncryption"}),
    "sagemaker:maxruntimeinseconds": frozenset({"MaxRuntimeInSeconds"}),
    "sagemaker:filesystemid": frozenset({"FileSystemId"}),
    "sagemaker:filesystemtype": frozenset({"FileSystemType"}),
    "sagemaker:filesystemaccessmode": frozenset({"FileSystemAccessMode"}),
    "sagemaker:filesystemdirectorypath": frozenset({"DirectoryPath"}),
    "sagemaker:enableremotedebug": frozenset({"EnableRemoteDebug"}),
    "sagemaker:keepaliveperiod": frozenset({"KeepAlivePeriodInSeconds"}),
    "sagemaker:serverlessmaxconcurrency": frozenset({"MaxConcurrency"}),
    "sagemaker:serverlessmemorysize": frozenset({"MemorySizeInMB"}),
}
"""Members, however deep, that a condition key of SageMaker lists the values of."""
