"""Requests that must have their effect once: told apart by their ClientRequestToken or ClientToken."""

import hashlib
import json
from collections.abc import Callable, Mapping

from localcloud.errors import ServiceError
from localcloud.sagemaker.wire.requests import Answer, Request

MOST_REMEMBERED = 10_000  # answers; AWS forgets tokens as well, after a time that it does not document.


class Idempotency:
    """Remembers what was answered to requests with a token; not safe for threads by itself."""

    def __init__(self) -> None:
        self._earlier: dict[tuple[str, str], tuple[bytes, Answer]] = {}

    def once(self, operation: str, request: Request, act: Callable[[], Answer]) -> Answer:
        """Do something, or give the answer of the first time; what failed may be tried again.

        Raises `ServiceError`: ``ConflictException`` where the token was used with other parameters.
        """
        name = "ClientToken" if "ClientToken" in request.members else "ClientRequestToken"
        token = request.optional_text(name)
        if token is None:
            return act()
        earlier = self._earlier.get((operation, token))
        if earlier is None:
            answer = act()
            self._earlier[operation, token] = (_hash(request.members), answer)
            if len(self._earlier) > MOST_REMEMBERED:
                del self._earlier[next(iter(self._earlier))]
            return answer
        if earlier[0] != _hash(request.members):
            raise ServiceError(
                "ConflictException", f"{name} '{token}' was used with other parameters before."
            )
        return dict(earlier[1])


def _hash(members: Mapping[str, object]) -> bytes:
    """Give what tells a request from others: a request with all its parameters may have kilobytes."""
    return hashlib.sha256(json.dumps(members, sort_keys=True, default=repr).encode()).digest()
