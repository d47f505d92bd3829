"""Which requests are served without a signature: those that AWS serves so, where that is safe here; pure.

Served: whether the cloud is there; the links in SNS's messages to confirm a subscription, which hold a token,
and to cancel one, which hold an identifier that cannot be guessed (SNS API reference, "ConfirmSubscription"
and "Unsubscribe"); the certificate that those messages name. Not served: AssumeRoleWithWebIdentity and its
like, because nothing here checks their tokens; objects of public buckets, because Block Public Access is the
default of AWS since April 2023; function URLs.
"""

from localcloud.localstack.gate.canonical import Received, parameters
from localcloud.localstack.gate.faults import Fault, RefusedError
from localcloud.localstack.gate.signature import KNOW_KEY

INFO = "/_sagestep/info"
HEALTH = "/_localstack/health"
CERTIFICATE = "/_aws/sns/SimpleNotificationService-"

_LINKS = {
    "ConfirmSubscription": (
        {"Action", "TopicArn", "Token"},
        {"Version", "AuthenticateOnUnsubscribe"},
    ),
    "Unsubscribe": ({"Action", "SubscriptionArn"}, {"Version"}),
}
_WITH_TOKENS = frozenset({"AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"})


def is_public(received: Received) -> bool:
    """Tell whether a request only asks whether the cloud is there, or for SNS's certificate."""
    if received.method not in ("GET", "HEAD"):
        return False
    path = received.path
    return path in (INFO, HEALTH) or (path.startswith(CERTIFICATE) and path.endswith(".pem"))


def link_arn(received: Received) -> str | None:
    """Give the ARN that a link in a message of SNS is about, None where the request is no such link.

    Nothing else may be in it that could make it another request: no body, no header with a target.
    """
    headers = received.headers
    if (
        received.method != "GET"
        or received.path != "/"
        or headers.keys() & {"x-amz-target", "smithy-protocol"}
    ):
        return None
    if headers.get("content-type") or received.header("content-length") not in ("", "0"):
        return None
    if "transfer-encoding" in headers or received.query.count("&") + 1 > 5:
        return None
    given = parameters(received.query)
    required, optional = _LINKS.get(given.get("Action", ""), (None, set()))
    if required is None or not required <= given.keys() <= required | optional:
        return None
    arn = given.get("TopicArn") or given.get("SubscriptionArn") or ""
    return arn if arn.startswith("arn:aws:sns:") and arn.count(":") >= 5 else None


def refusal(received: Received) -> RefusedError:
    """Say that a request has no signature, and what to do."""
    action = parameters(received.query).get("Action", "")
    if action in _WITH_TOKENS:
        return RefusedError(
            Fault.NO_SIGNATURE,
            f"{action} without a signature is not served: this local cloud cannot check the token in it. "
            f"Sign the request, or call AssumeRole. {KNOW_KEY}",
        )
    return RefusedError(
        Fault.NO_SIGNATURE,
        f"Access Denied: the request is not signed with an access key of this local cloud. {KNOW_KEY}",
    )
