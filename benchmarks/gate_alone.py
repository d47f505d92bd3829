"""The gate alone: how long it takes to let one request pass.

Run in the local cloud's environment, with the request as JSON at the standard input; prints its seconds of
processor time.
"""

import io
import json
import sys
import time
from types import SimpleNamespace
from typing import Any

ROUNDS = 2000


def main() -> None:
    """Let the same request pass again and again."""
    from localstack.http import Response  # noqa: PLC0415 - found in the local cloud's environment alone
    from werkzeug.datastructures import Headers  # noqa: PLC0415
    from werkzeug.wrappers import Request  # noqa: PLC0415 - as rolo's server makes them

    from localcloud.localstack.gate.handler import Gate  # noqa: PLC0415
    from localcloud.localstack.gate.keys import KeyRing, MotoKeys  # noqa: PLC0415
    from localcloud.localstack.gate.origin import Addresses  # noqa: PLC0415
    from localcloud.localstack.gate.root_key import AccessKey  # noqa: PLC0415

    order = json.load(sys.stdin)
    gate = Gate(Addresses(frozenset({order["port"]})), KeyRing(AccessKey(*order["key"]), MotoKeys()))
    headers = [*order["headers"].items(), ("Accept-Encoding", "identity"), ("Content-Length", "2")]
    requests = []
    for _ in range(ROUNDS):
        body = io.BytesIO(order["body"].encode())
        request = Request({"REQUEST_METHOD": "POST", "RAW_URI": "/", "wsgi.input": body})
        request.headers = Headers(headers)
        requests.append(request)
    response: Any = Response()
    chain: Any = SimpleNamespace(stop=_refused, terminate=_refused)
    started = time.process_time()
    for request in requests:
        gate(chain, SimpleNamespace(request=request, request_id="", service=None), response)
    sys.stdout.write(str((time.process_time() - started) / ROUNDS))


def _refused() -> None:
    raise AssertionError("the gate has refused the request")


if __name__ == "__main__":
    main()
