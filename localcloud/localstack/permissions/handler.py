"""The gate's second half as LocalStack's gateway sees it: between the parser of requests and the services."""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.chain import HandlerChain
from localstack.http import Response
from localstack.utils.aws.request_context import extract_access_key_id_from_auth_header

from localcloud.errors import ServiceError
from localcloud.iam.authorization import Caller, Outcome, as_user, decide, is_for_services
from localcloud.iam.denials import denial_of
from localcloud.iam.evaluation import is_assuming
from localcloud.iam.principals import principal_context
from localcloud.iam.record import Record
from localcloud.iam.requests.call import Call
from localcloud.iam.requests.keys import Values, account_of, known_of
from localcloud.iam.requests.pairs import Pair, pairs_of
from localcloud.localstack.gate.canonical import parameters
from localcloud.localstack.gate.handler import KEY_ID
from localcloud.localstack.patches.requests import refused
from localcloud.localstack.permissions.identities import Identities, administrator
from localcloud.localstack.permissions.lookups import Lookups
from localcloud.localstack.permissions.resources import CloudResources, has_object

DENIED_OBJECTS = "sagestep.denied_objects"
"""Where the environ of a DeleteObjects has the reasons why keys may not be deleted, by the keys."""

_READING = frozenset({"GetObject", "HeadObject", "GetObjectAttributes", "GetObjectTagging", "GetObjectAcl"})


class Mode(StrEnum):
    """What a denial means: it is answered; it is recorded, and the request is served; nobody asks."""

    ENFORCE = "enforce"
    AUDIT = "audit"
    OFF = "off"


class Permissions:
    """Lets a request pass that IAM allows; of every other the service answers that it is denied."""

    def __init__(self, mode: Mode, identities: Identities, resources: CloudResources, record: Record) -> None:
        self.mode = mode
        self._identities = identities
        self._resources = resources
        self._record = record
        self._administrator = administrator()

    def __call__(self, chain: HandlerChain, context: RequestContext, response: Response) -> None:
        """Decide of a request; raises what the service answers where it is denied."""
        if self.mode is Mode.OFF or context.service is None or context.operation is None:
            return
        key_id = _key_id(context)
        caller = self._caller(context, key_id)
        if caller is None:
            return
        call = self._call(context, key_id)
        if not self._identities.may_call(key_id, call) and self.mode is Mode.ENFORCE:
            raise refused(
                "InvalidClientTokenId", "The security token included in the request is invalid", 403
            )
        agent = context.request.headers.get("User-Agent")
        found = self._denied(caller, call, {"aws:useragent": [agent]} if agent else {})
        if call.operation == "DeleteObjects":  # S3 tells of each key by itself
            context.request.environ[DENIED_OBJECTS] = {
                outcome.pair.resource.partition("/")[2]: outcome.reason for outcome in found
            }
        elif found:
            protocol = str(context.protocol or context.service.protocol)
            denial = denial_of(call.prefix, protocol, found[0].pair.action, found[0].reason)
            raise refused(denial.code, denial.message, denial.status)

    def require(self, key_id: str, call: Call) -> None:
        """Decide of what a service does within this process in the name of a key's holder.

        Raises `ServiceError` as the service that is called would answer.
        """
        if self.mode is Mode.OFF:
            return
        caller = self._identities.caller(key_id, call.account, call.partition)
        if caller is None:
            self._record.add_unasked("localstack", f"{call.service}:{call.operation}")
            return
        if found := self._denied(caller, call, {}):
            denial = denial_of(call.prefix, "json", found[0].pair.action, found[0].reason)
            raise ServiceError(denial.code, denial.message, denial.status)

    def described(self) -> dict[str, object]:
        """Describe what was decided."""
        return {"mode": self.mode.value, **self._record.described()}

    def lookups(self, account: str, region: str, partition: str, key_id: str) -> Lookups:
        """Give what finds the ARNs of what a request names otherwise."""
        return Lookups(self._identities, account, region, partition, key_id)

    def _caller(self, context: RequestContext, key_id: str) -> Caller | None:
        """Tell who asks; None, counted, where that is nobody whom IAM knows."""
        if not key_id:  # a link of SNS, whose token is all that is needed
            self._record.add_unasked("anonymous", _named(context))
            return None
        caller = self._identities.caller(key_id, context.account_id, context.partition)
        if caller is not None:
            return caller
        given = context.internal_request_params or {}
        service = str(given.get("service_principal") or "")
        if not service:
            self._record.add_unasked("localstack", _named(context))
            return None
        source = str(given.get("source_arn") or "")
        owner = account_of(source) or self._resources.owner(source) or context.account_id
        return _of_service(service, source, owner, context.region)

    def _denied(self, caller: Caller, call: Call, more: Mapping[str, Values]) -> list[Outcome]:
        """Decide of all that a request needs; give what is denied, and nothing where that is served."""
        known = {**known_of(call, datetime.now(UTC)), **more}
        denied = []
        for pair in self._pairs(call, caller):
            outcome = self._decide(caller, call, pair, known)
            if not outcome.is_allowed:
                denied.append(outcome)
                if self.mode is Mode.ENFORCE and call.operation != "DeleteObjects":
                    break  # AWS asks no further
        return denied if self.mode is Mode.ENFORCE else []

    def _pairs(self, call: Call, caller: Caller) -> Sequence[Pair]:
        pairs = [*pairs_of(call)]
        if call.service == "s3" and call.operation in _READING and _is_missing(call):
            # Nobody learns that there is no such object who may not list the bucket.
            pairs.append(Pair("s3:ListBucket", f"arn:{call.partition}:s3:::{call.text('Bucket')}"))
        if not caller.principal.endswith(".amazonaws.com"):
            return pairs
        # What is not there has no policy: the service says that it is not there.
        asked = [
            pair for pair in pairs if is_for_services(pair) and not self._resources.is_missing(pair.resource)
        ]
        if not asked:
            self._record.add_unasked(caller.principal, f"{call.service}:{call.operation}")
        return asked

    def _decide(self, caller: Caller, call: Call, pair: Pair, known: Mapping[str, Values]) -> Outcome:
        who = as_user(caller, self._administrator) if is_assuming(pair.action) else caller
        outcome = decide(who, call, pair, known, self._resources)
        self._record.add(caller, outcome, time.time(), f"{call.prefix}:{call.operation}")
        return outcome

    def _call(self, context: RequestContext, key_id: str) -> Call:
        assert context.service is not None
        assert context.operation is not None
        given: Mapping[str, Any] = context.service_request or {}
        members = {name: value for name, value in given.items() if value is not None}  # REST's have all names
        if context.operation.name == "PostObject":  # the form has the key
            members["Key"] = context.request.form.get("key", "")
        account, region, partition = context.account_id, context.region, context.partition
        find = self.lookups(account, region, partition, key_id).find
        service, name = str(context.service.service_name), str(context.operation.name)
        return Call(service, name, members, account, region, partition, find)


def _key_id(context: RequestContext) -> str:
    """Give the key that has signed; in an open cloud, the one that a request names."""
    known = context.request.environ.get(KEY_ID)
    if known is not None:
        return str(known)
    given = extract_access_key_id_from_auth_header(context.request.headers)
    if given and given != "injectedaccesskey":
        return str(given)
    query = parameters(context.request.query_string.decode("utf-8", "replace"))
    credential = query.get("X-Amz-Credential", "").partition("/")[0] or query.get("AWSAccessKeyId", "")
    return credential or "anybody"  # whoever is let in without a key is the deployer


def _of_service(service: str, source_arn: str, source_account: str, region: str) -> Caller:
    """Describe a service; policies may name it with its region, as ``states.us-west-2.amazonaws.com``."""
    name = service if "." in service else f"{service}.amazonaws.com"
    keys: dict[str, Values] = {**principal_context(name)}
    keys["aws:principalservicenameslist"] = [name, f"{name.partition('.')[0]}.{region}.amazonaws.com"]
    if source_arn:
        keys["aws:sourcearn"] = [source_arn]
    keys |= {"aws:sourceaccount": [source_account], "aws:sourceowner": [source_account]}
    return Caller(name, name, keys=keys)


def _named(context: RequestContext) -> str:
    assert context.service is not None
    assert context.operation is not None
    return f"{context.service.service_name}:{context.operation.name}"


def _is_missing(call: Call) -> bool:
    key = call.text("Key")
    return bool(key) and not call.text("VersionId") and not has_object(call.text("Bucket"), key)
