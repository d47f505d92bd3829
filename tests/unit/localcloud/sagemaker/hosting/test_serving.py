"""Several containers of an instance: what an error of one of them says."""

from typing import cast

import pytest

from localcloud.containers.container import Container
from localcloud.containers.http import (
    Connections,
    NoReplyError,
    RefusedError,
    Reply,
    Request,
    SlowError,
    StreamedReply,
    UnreachableError,
)
from localcloud.sagemaker.hosting.logs import LogStream
from localcloud.sagemaker.hosting.serving import Part, Serving

ASKED = Request("POST", "/invocations", 20.0, 1000, {}, b"1")


class Fake(Connections):
    """Connections to a server that answers what it was asked, or gives no answer."""

    def __init__(self, error: NoReplyError | None = None) -> None:
        self._error = error

    def send(self, request: Request) -> Reply:
        if self._error:
            raise self._error
        return Reply(200, {}, request.body or b"")

    def stream(self, request: Request) -> StreamedReply:
        reply = self.send(request)
        return StreamedReply(reply.status, reply.headers, iter([reply.body]))


def serving(*connections: Fake) -> Serving:
    names = ("first", "second")
    nothing = cast("Container", None), cast("LogStream", None)
    return Serving(
        tuple(Part(name, nothing[0], one, nothing[1]) for name, one in zip(names, connections, strict=False))
    )


@pytest.mark.parametrize("way", [Serving.send, Serving.stream])
@pytest.mark.parametrize(
    ("error", "kind"),
    [(SlowError("late"), SlowError), (RefusedError("Nobody listens."), UnreachableError)],
)
def test_an_error_names_its_container_and_the_first_is_not_asked_again(
    way: object, error: NoReplyError, kind: type[NoReplyError]
) -> None:
    assert callable(way)
    with pytest.raises(kind) as caught:
        way(serving(Fake(), Fake(error)), ASKED)
    assert caught.value.source == "second"
    assert not isinstance(caught.value, RefusedError)  # at which another server is asked


def test_an_answer_names_its_container() -> None:
    both = serving(Fake(), Fake())
    assert (both.send(ASKED).source, both.stream(ASKED).source) == ("second", "second")
    assert both.send(ASKED, "first").source == "first"


def test_another_server_is_asked_where_the_first_container_has_ended() -> None:
    with pytest.raises(RefusedError):
        serving(Fake(RefusedError("Nobody listens.")), Fake()).stream(ASKED)
