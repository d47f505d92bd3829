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
CERTIFICATE = "/_aws/sns/SimpleNotificationService-6c6f63616c737461636b69736e696365.pem"
_PUBLIC = frozenset({INFO, HEALTH, CERTIFICATE})

_LINKS = {
    "ConfirmSubscription": (
        {"Action", "TopicArn", "Token"},
        {"Version", "AuthenticateOnUnsubscribe"},
    ),
    "Unsubscribe": ({"Action", "SubscriptionArn"}, {"Version"}),
}
_SPEAKING = frozenset(
    {"x-amz-target", "smithy-protocol", "content-type", "content-encoding", "transfer-encoding"}
)
_WITH_TOKENS = frozenset({"AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"})


def is_public(received: Received) -> bool:
    """Tell whether a request only asks whether the cloud is there, or for SNS's certificate."""
    return received.path in _PUBLIC and not received.query and _says_nothing_else(received)


def _says_nothing_else(received: Received) -> bool:
    """Tell whether a request is its address alone.

    LocalStack guesses the service of a request by its headers and body too, so neither may say anything.
    """
    is_silent = not received.headers.keys() & _SPEAKING and received.header("content-length") in ("", "0")
    return received.method == "GET" and is_silent


def link_arn(received: Received) -> str | None:
    """Give the ARN that a link in a message of SNS is about, None where the request is no such link.

    Nothing else may be in it that could make it another request: no body, no header with a target.
    """
    given = parameters(received.query)
    is_once = received.query.count("&") + 1 == len(given)  # of two, LocalStack takes the first
    if received.path != "/" or not is_once or not _says_nothing_else(received):
        return None
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
