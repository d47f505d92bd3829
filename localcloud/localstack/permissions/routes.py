"""Addresses of the local cloud that no service of AWS has, and so no action of IAM: for its own key alone."""

from localstack.aws.api import RequestContext
from localstack.aws.chain import HandlerChain
from localstack.http import Response

from localcloud.localstack.gate.faults import Fault, RefusedError, Style, answer
from localcloud.localstack.gate.handler import KEY_ID, send
from localcloud.localstack.gate.keys import INTERNAL_KEY_ID, is_account
from localcloud.localstack.permissions.handler import Mode

_PATHS = ("/_localstack/", "/_aws/", "/_sagestep/")
_HOSTS = (".s3-website.", ".lambda-url.")
"""LocalStack serves websites of buckets and addresses of functions in the name of nobody."""


class Routes:
    """Refuses such addresses to users and to sessions of roles.

    - `root_id`: the cloud's own access key; None in an open cloud.
    """

    def __init__(self, mode: Mode, root_id: str | None) -> None:
        self._is_asked = mode is Mode.ENFORCE
        self._root_id = root_id

    def __call__(self, chain: HandlerChain, context: RequestContext, response: Response) -> None:
        """Let a request pass, or refuse it."""
        request = context.request
        key_id = str(request.environ.get(KEY_ID) or "")
        if not self._is_asked or self._root_id is None or not key_id or key_id == self._root_id:
            return
        if key_id == INTERNAL_KEY_ID or is_account(key_id):
            return
        host = request.headers.get("Host", "")
        if request.path.startswith(_PATHS) or any(part in host for part in _HOSTS):
            message = (
                f"{request.path[:256]} is no part of AWS. It is served to the local cloud's own key alone."
            )
            refusal = RefusedError(Fault.DENIED, message)
            send(response, answer(refusal, Style.REST_JSON, context.request_id))
            chain.stop()
