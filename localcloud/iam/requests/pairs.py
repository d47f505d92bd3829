"""Which actions on which resources a request needs to be allowed, each of them.

Beside the action of the operation these are the actions that AWS asks for on the way: whoever hands over a
role needs ``iam:PassRole``, whoever tags what he makes needs the action that tags, whoever copies an object
needs to read it. Sources: the reference's dependent actions; S3 API reference, "Permissions" of PutObject,
CopyObject, CreateBucket, GetObjectAttributes; SQS, SNS and CloudWatch Logs API references, CreateQueue,
CreateTopic, CreateLogGroup ("to tag on creation …"); Lambda API reference, "CreateFunction"; IAM user guide,
"Grant a user permissions to pass a role"; STS API reference, "AssumeRole" (``sts:TagSession``).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from localcloud.iam.operations import Permission, permission_of, permissions_of
from localcloud.iam.requests.call import Call, found_in, items_of, texts_of
from localcloud.iam.requests.encryption import key_uses
from localcloud.iam.requests.resources import any_arn, arns_of
from localcloud.iam.requests.services import copy_source

NO_PERMISSION_NEEDED: Mapping[str, frozenset[str]] = {
    # STS API reference: "No permissions are required to perform this operation."
    "sts": frozenset({"GetCallerIdentity", "GetSessionToken", "GetAccessKeyInfo"}),
}
"""Operations, by the prefix of their service, that everybody with a key may use."""

_ROLE_MEMBER = re.compile(r".*[Rr]ole(?:Arn|ARN)?")
_ROLE = re.compile(r"arn:[^:]+:iam::\d{12}:role/.+")
_PASSING = re.compile(r"(?:Create|Update|Put|Start|Export|Test|Set|Render|Import|Add)[A-Z].*")
_PASSED_TO = {"iam": "ec2.amazonaws.com"}
"""To whom a role is passed, where it is not the service that is called."""

_TAGGING = {
    "sagemaker": "sagemaker:AddTags",
    "sagemaker-geospatial": "sagemaker-geospatial:TagResource",
    "lambda": "lambda:TagResource",
    "sqs": "sqs:TagQueue",
    "sns": "sns:TagResource",
    "states": "states:TagResource",
    "logs": "logs:TagResource",
    "events": "events:TagResource",
    "ecr": "ecr:TagResource",
    "kms": "kms:TagResource",
    "scheduler": "scheduler:TagResource",
}
_TAGGING_IN_IAM = {
    "CreateRole": "iam:TagRole",
    "CreateUser": "iam:TagUser",
    "CreatePolicy": "iam:TagPolicy",
    "CreateInstanceProfile": "iam:TagInstanceProfile",
}
_MAKES = re.compile(r"(?:Create|Start|Put(?:Rule))[A-Z]?.*")
_WRITES = frozenset({"PutObject", "CopyObject", "CreateMultipartUpload"})
_COPIES = frozenset({"CopyObject", "UploadPartCopy"})


@dataclass(frozen=True, slots=True)
class Pair:
    """An action on a resource.

    - `keys`: the condition keys that the reference lists for it.
    - `passed_to`, `associated`: of iam:PassRole, the service that gets the role, and for which resource.
    - `also`: another ARN of the resource, by which policies may name it as well.
    - `via`: the service that asks in the caller's name, such as ``s3.us-west-2.amazonaws.com``.
    - `encryption_context`: name and value, of a key of KMS that such a service uses.
    """

    action: str
    resource: str
    keys: Sequence[str] = ()
    passed_to: str = ""
    associated: str = ""
    also: str = ""
    via: str = ""
    encryption_context: tuple[str, str] | None = None


def pairs_of(call: Call) -> Sequence[Pair]:
    """Tell what a request needs; nothing where it needs no permission."""
    prefix, operation = call.prefix, call.operation
    if operation in NO_PERMISSION_NEEDED.get(prefix, ()):
        return ()
    pairs = [
        pair
        for permission in permissions_of(call.service, operation, call.members)
        for pair in _pairs(call, permission)
    ]
    pairs += _of_s3(call) if prefix == "s3" else []
    pairs += _of_lambda(call) if prefix == "lambda" else []
    pairs += _tagging(call, pairs)
    pairs += _of_keys(call)
    if prefix == "sts":
        pairs += _of_sessions(call)
    if not pairs:  # it names no object to delete: the service says what is wrong with it
        return ()
    service, associated = _PASSED_TO.get(prefix, f"{prefix}.amazonaws.com"), pairs[0].resource
    passing = permission_of("iam:PassRole").keys
    pairs += [
        Pair("iam:PassRole", role, passing, service, associated) for role in dict.fromkeys(_roles(call))
    ]
    return pairs


def _pairs(call: Call, permission: Permission) -> Iterator[Pair]:
    action, keys = permission.action, permission.keys
    if call.operation in _COPIES and action.startswith("s3:Get"):
        bucket, key, version = copy_source(call)
        name = "s3:GetObjectVersion" if version else "s3:GetObject"
        yield Pair(name, f"arn:{call.partition}:s3:::{bucket}/{key}", keys)
        return
    if call.operation == "DeleteObjects":
        yield from _deletions(call, keys)
        return
    arns = arns_of(call, permission.arns)
    for kind in permission.arns:
        for arn in arns.get(kind, ()):
            if action == "logs:CreateLogGroup":  # told so since 2025; policies go on to name it with `:*`
                yield Pair(action, arn.removesuffix(":log-stream:"), keys, also=arn)
            else:
                yield Pair(action, arn, keys)
    if not arns:
        # Nobody knows its name yet, or it is about all of them.
        first = next(iter(permission.arns.values()))
        yield Pair(action, any_arn(call, first), keys)


def _deletions(call: Call, keys: Sequence[str]) -> Iterator[Pair]:
    deleted = call.members.get("Delete")
    for item in items_of(deleted.get("Objects")) if isinstance(deleted, Mapping) else ():
        name = "s3:DeleteObjectVersion" if item.get("VersionId") else "s3:DeleteObject"
        yield Pair(name, f"arn:{call.partition}:s3:::{call.text('Bucket')}/{item.get('Key')}", keys)


def _of_s3(call: Call) -> list[Pair]:
    """Give what S3 asks for besides, by the members of a request."""
    members, operation = call.members, call.operation
    has_acl = bool(call.text("ACL")) or any(name.startswith("Grant") for name in members)
    wanted = []
    if operation in _WRITES:
        wanted += ["s3:PutObjectAcl"] if has_acl else []
        wanted += ["s3:PutObjectTagging"] if members.get("Tagging") else []
        wanted += ["s3:PutObjectRetention"] if members.get("ObjectLockMode") else []
        wanted += ["s3:PutObjectLegalHold"] if members.get("ObjectLockLegalHoldStatus") else []
    elif operation == "CreateBucket":
        wanted += ["s3:PutBucketAcl"] if has_acl and call.text("ACL") != "private" else []
        if members.get("ObjectLockEnabledForBucket"):
            wanted += ["s3:PutBucketObjectLockConfiguration", "s3:PutBucketVersioning"]
        wanted += ["s3:PutBucketOwnershipControls"] if members.get("ObjectOwnership") else []
    elif members.get("BypassGovernanceRetention"):
        wanted += ["s3:BypassGovernanceRetention"]
    return [pair for action in wanted for pair in _pairs(call, permission_of(action))]


def _of_lambda(call: Call) -> list[Pair]:
    """Give what Lambda asks for besides: to read the code in S3, and the layers."""
    code = call.members.get("Code", call.members.get("Content", call.members))
    pairs = []
    if isinstance(code, Mapping) and code.get("S3Bucket") and code.get("S3Key"):
        name = "s3:GetObjectVersion" if code.get("S3ObjectVersion") else "s3:GetObject"
        pairs += [Pair(name, f"arn:{call.partition}:s3:::{code['S3Bucket']}/{code['S3Key']}")]
    if _PASSING.fullmatch(call.operation):
        layers = texts_of(call.members.get("Layers"))
        pairs += [Pair("lambda:GetLayerVersion", layer) for layer in layers]
    return pairs


def _tagging(call: Call, pairs: Sequence[Pair]) -> list[Pair]:
    if not pairs or not _MAKES.fullmatch(call.operation):
        return []
    if not (call.members.get("Tags") or call.members.get("tags")):
        return []
    action = _TAGGING_IN_IAM.get(call.operation) or _TAGGING.get(call.prefix)
    if not action:
        return []
    resource = pairs[0].resource
    if call.prefix == "logs":
        resource = resource.removesuffix(":log-stream:")
    return [Pair(action, resource, permission_of(action).keys)]


def _of_keys(call: Call) -> list[Pair]:
    via = f"{call.service}.{call.region}.amazonaws.com"
    return [
        Pair(use.action, use.key, permission_of(use.action).keys, via=via, encryption_context=use.context)
        for use in key_uses(call)
    ]


def _of_sessions(call: Call) -> list[Pair]:
    role, actions = call.text("RoleArn"), []
    if not role:
        return []
    actions += ["sts:TagSession"] if call.members.get("Tags") else []
    actions += ["sts:SetSourceIdentity"] if call.members.get("SourceIdentity") else []
    return [Pair(action, role, permission_of(action).keys) for action in actions]


def _roles(call: Call) -> Iterator[str]:
    """Yield the roles that a request passes to a service."""
    if call.prefix == "sts" or not _PASSING.fullmatch(call.operation):
        return
    if call.prefix == "iam":
        if call.operation == "AddRoleToInstanceProfile":
            name = call.text("RoleName")
            yield call.find("iam:role", name) or call.arn(f"role/{name}", is_global=True)
        return
    named = [*found_in(call.members, lambda name: bool(_ROLE_MEMBER.fullmatch(name)))]
    if call.text("AttributeName", "attributeName").endswith("RoleArn"):  # of SNS
        named.append(call.text("AttributeValue", "attributeValue"))
    for value in named:
        if isinstance(value, str) and _ROLE.fullmatch(value):
            yield value
