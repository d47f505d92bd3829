"""The resources of services whose requests name them otherwise than the reference's templates do.

Sources: recorded denials in public repositories (``log-group:name:log-stream:`` of CloudWatch Logs; topics
for the operations of subscriptions of SNS; ``arn:aws:sqs:REGION:ACCOUNT:`` of ListQueues); Step Functions
developer guide, "Fine-grained access control for versions and aliases" (an alias is the state machine with
a condition key); Lambda developer guide, "Fine-tuning the Resources and Conditions sections of policies"
(a qualifier is part of the ARN).
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from urllib.parse import unquote, urlsplit

from localcloud.iam.requests.call import Call, items_of, texts_of

Named = Mapping[str, list[str]]

_KEY_ID = re.compile(rb"(?:mrk-)?[0-9a-f-]{32,40}")
_LENGTH_OF_KEY_ID = 36
_LOG_GROUP = ":log-group:"


def _s3(call: Call) -> Named:
    bucket, key = call.text("Bucket"), call.text("Key")
    if not bucket:
        return {}
    of_bucket = bucket if bucket.startswith("arn:") else f"arn:{call.partition}:s3:::{bucket}"
    keys = [key] if key else []
    deleted = call.members.get("Delete")
    if isinstance(deleted, Mapping):
        keys = [str(item.get("Key")) for item in items_of(deleted.get("Objects"))]
    return {"bucket": [of_bucket], "object": [f"{of_bucket}/{name}" for name in keys]}


def copy_source(call: Call) -> tuple[str, str, str]:
    """Give bucket, key and version of the object that is copied."""
    source = call.members.get("CopySource")
    if isinstance(source, Mapping):
        return str(source.get("Bucket")), str(source.get("Key")), str(source.get("VersionId") or "")
    path, _, query = str(source or "").partition("?versionId=")
    bucket, _, key = unquote(path).lstrip("/").partition("/")
    return bucket, key, query


def _sqs(call: Call) -> Named:
    if source := call.text("SourceArn"):
        return {"queue": [source]}
    if handle := call.text("TaskHandle"):
        return {"queue": [_source_of(handle)]}
    if name := call.text("QueueName"):
        return {"queue": [call.arn(name, account=call.text("QueueOwnerAWSAccountId") or None)]}
    parts = urlsplit(call.text("QueueUrl")).path.strip("/").split("/")
    if len(parts) < 2:
        return {}
    return {"queue": [call.arn(parts[-1], account=parts[-2])]}


def _source_of(handle: str) -> str:
    """Read the queue that messages are moved from out of a task's handle."""
    try:
        return str(json.loads(base64.b64decode(handle))["sourceArn"])
    except (ValueError, KeyError, TypeError):
        return "*"


def _sns(call: Call) -> Named:
    if subscription := call.text("SubscriptionArn"):
        return {"topic": [subscription.rpartition(":")[0]]}
    if topic := call.text("TopicArn", "TargetArn", "ResourceArn"):
        return {"topic": [topic]}
    if name := call.text("Name"):
        return {"topic": [call.arn(name)]}
    return {"topic": ["*"]} if call.text("PhoneNumber") else {}


def _lambda(call: Call) -> Named:
    named: dict[str, list[str]] = {}
    if function := call.text("FunctionName"):
        arn = _function(call, function)
        named |= {"function": [arn], "function alias": [arn], "function version": [arn]}
    if source := call.text("UUID"):
        named["eventSourceMapping"] = [call.arn(f"event-source-mapping:{source}")]
    if layer := call.text("LayerName"):
        arn = layer if layer.startswith("arn:") else call.arn(f"layer:{layer}")
        named |= {"layer": [arn], "layerVersion": [f"{arn}:{call.members.get('VersionNumber', '*')}"]}
    return named


def _function(call: Call, name: str) -> str:
    """Write a function's ARN from a name, a part of an ARN or an ARN, with its qualifier if there is one."""
    account, region = call.account, call.region
    if name.startswith("arn:"):
        _, _, _, region, account, _, name = name.split(":", 6)
    elif ":function:" in name:
        account, _, name = name.partition(":function:")
    elif name.startswith("function:"):
        name = name.removeprefix("function:")
    base, _, qualifier = name.partition(":")
    qualifier = call.text("Qualifier") or qualifier
    arn = f"arn:{call.partition}:lambda:{region}:{account}:function:{base}"
    return f"{arn}:{qualifier}" if qualifier else arn


def _states(call: Call) -> Named:
    machine = call.text("stateMachineArn", "stateMachineVersionArn", "stateMachineAliasArn", "resourceArn")
    execution = call.text("executionArn")
    if call.operation == "CreateStateMachine":
        return {"statemachine": [call.arn(f"stateMachine:{call.text('name')}")]}
    if call.operation == "CreateActivity":
        return {"activity": [call.arn(f"activity:{call.text('name')}")]}
    if execution:
        return {"express" if ":express:" in execution else "execution": [execution]}
    if ":stateMachine:" in machine:
        return {"statemachine": [":".join(machine.split(":")[:7])]}
    if token := call.text("taskToken"):
        return {"statemachine": [call.find("states:task", token) or "*"]}
    routes = items_of(call.members.get("routingConfiguration"))
    versions = [str(item.get("stateMachineVersionArn")) for item in routes]
    return {"statemachine": [":".join(version.split(":")[:7]) for version in versions]}


def _logs(call: Call) -> Named:
    given = [call.text("logGroupName", "logGroupIdentifier", "logGroupArn", "resourceIdentifier")]
    given += texts_of(call.members.get("logGroupNames")) + texts_of(call.members.get("logGroupIdentifiers"))
    groups = [
        text.removesuffix(":*") if text.startswith("arn:") else call.arn(f"log-group:{text}")
        for text in given
        if text
    ]
    named: dict[str, list[str]] = {}
    if groups:
        stream = call.text("logStreamName")
        named = {
            "log-group": [f"{group}:log-stream:" for group in groups],
            "log-stream": [f"{group}:log-stream:{stream}" for group in groups],
        }
    if _LOG_GROUP in (tagged := call.text("resourceArn")):  # for tags the group's ARN counts as it is
        named["log-group"] = [tagged.removesuffix(":*")]
    return named


_OF_IAM = {
    "role": "RoleName",
    "user": "UserName",
    "group": "GroupName",
    "instance-profile": "InstanceProfileName",
    "policy": "PolicyName",
    "server-certificate": "ServerCertificateName",
}


def _iam(call: Call) -> Named:
    path = call.text("Path").lstrip("/")
    named = {}
    for kind, member in _OF_IAM.items():
        if name := call.text(member):
            is_new = call.operation == f"Create{member.removesuffix('Name')}"
            known = "" if is_new else call.find(f"iam:{kind}", name)
            named[kind] = [known or call.arn(f"{kind}/{path}{name}", is_global=True)]
    if "user" not in named and (user := call.find("iam:user", "")):
        named["user"] = [user]  # without a name, IAM takes the user who asks
    if url := call.text("Url"):
        named["oidc-provider"] = [call.arn(f"oidc-provider/{url.partition('://')[2]}", is_global=True)]
    if service := call.text("AWSServiceName"):
        named["role"] = [call.arn(f"role/aws-service-role/{service}/*", is_global=True)]
    return named


def _sts(call: Call) -> Named:
    if role := call.text("RoleArn"):
        return {"role": [role]}
    if name := call.text("Name"):
        return {"federated-user": [call.arn(f"federated-user/{name}", is_global=True)]}
    return {}


def _kms(call: Call) -> Named:
    named: dict[str, list[str]] = {}
    alias = call.text("AliasName")
    if alias:
        named["alias"] = [call.arn(alias)]
    key = call.text("KeyId", "TargetKeyId", "SourceKeyId", "ResourceArn")
    if key or (key := _key_of(call.members.get("CiphertextBlob"))):
        named["key"] = [kms_key(call, key)]
    elif alias and (known := call.find("kms:alias", alias)):
        named["key"] = [known]
    return named


def kms_key(call: Call, key: str) -> str:
    """Write the ARN of a key that is named by its ID, its ARN or an alias."""
    alias = key[key.find("alias/") :] if key.startswith("alias/") or ":alias/" in key else ""
    if alias:
        return call.find("kms:alias", alias) or call.arn("key/*", service="kms")
    return key if key.startswith("arn:") else call.arn(f"key/{key}", service="kms")


def _key_of(ciphertext: object) -> str:
    """Read the key's ID at the beginning of what the local cloud has encrypted."""
    if isinstance(ciphertext, str):
        try:
            ciphertext = base64.b64decode(ciphertext)
        except binascii.Error:
            return ""
    if isinstance(ciphertext, bytes) and _KEY_ID.fullmatch(ciphertext[:_LENGTH_OF_KEY_ID]):
        return ciphertext[:_LENGTH_OF_KEY_ID].decode("ascii")
    return ""


def _events(call: Call) -> Named:
    buses = [_name(call.text("EventBusName"))]
    if call.operation == "PutEvents":
        buses = [_name(str(item.get("EventBusName") or "")) for item in items_of(call.members.get("Entries"))]
    of_buses = [call.arn(f"event-bus/{bus or 'default'}") for bus in buses]
    rule = call.text("Rule") or (call.text("Name") if "Rule" in call.operation else "")
    if rule and (buses[0] or "default") != "default":
        return {"event-bus": of_buses, "rule-on-custom-event-bus": [call.arn(f"rule/{buses[0]}/{rule}")]}
    if rule:
        return {"event-bus": of_buses, "rule-on-default-event-bus": [call.arn(f"rule/{rule}")]}
    if call.operation == "PutEvents":
        return {"event-bus": of_buses}
    for noun, kind in _KINDS_OF_EVENTS.items():
        name = call.text("Name")
        if noun in call.operation and name:
            return {kind: [name if name.startswith("arn:") else call.arn(f"{kind}/{name}")]}
    return {"event-bus": [call.arn("event-bus/default")]} if call.operation == "DescribeEventBus" else {}


_KINDS_OF_EVENTS = {
    "EventBus": "event-bus",
    "Connection": "connection",
    "ApiDestination": "api-destination",
    "Endpoint": "endpoint",
}


def _name(bus: str) -> str:
    return bus.partition(":event-bus/")[2] if bus.startswith("arn:") else bus


def _ecr(call: Call) -> Named:
    names = texts_of(call.members.get("repositoryName")) or texts_of(call.members.get("repositoryNames"))
    owner = call.text("registryId") or None
    return {"repository": [call.arn(f"repository/{name}", account=owner) for name in names]}


def _sagemaker(call: Call) -> Named:
    if token := call.text("CallbackToken"):
        return {"pipeline-execution": [call.find("sagemaker:callback", token) or "*"]}
    if call.operation == "BatchGetMetrics":
        found: dict[str, list[str]] = {}
        for item in items_of(call.members.get("MetricQueries")):
            arn = str(item.get("ResourceArn"))
            kind = arn.rpartition(":")[2].partition("/")[0]
            found.setdefault(kind, []).append(arn)
        return found
    group = call.text("ModelPackageGroupName")
    if group and not call.text("ModelPackageName") and call.operation != "CreateModelPackage":
        if group.startswith("arn:"):
            return {"model-package": [f"{group.replace(':model-package-group/', ':model-package/')}/*"]}
        return {"model-package": [call.arn(f"model-package/{group}/*")]}
    return {}


def _scheduler(call: Call) -> Named:
    name = call.text("Name")
    if not name:
        return {}
    group = call.text("GroupName") or "default"
    kind = "schedule-group" if call.operation.endswith("Group") else "schedule"
    return {kind: [call.arn(f"schedule-group/{name}" if kind != "schedule" else f"schedule/{group}/{name}")]}


NAMED: Mapping[str, Callable[[Call], Named]] = {
    "s3": _s3,
    "sqs": _sqs,
    "sns": _sns,
    "lambda": _lambda,
    "states": _states,
    "logs": _logs,
    "iam": _iam,
    "sts": _sts,
    "kms": _kms,
    "events": _events,
    "ecr": _ecr,
    "sagemaker": _sagemaker,
    "scheduler": _scheduler,
}
"""By the prefix of the service's actions."""
