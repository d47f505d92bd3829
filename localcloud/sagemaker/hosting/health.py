"""Whether a server is healthy: GET /ping, as the developer guide says.

"How Your Container Should Respond to Health Check (Ping) Requests": 200 within 2 seconds. A container that
does not begin to do so within 8 minutes after it has started fails its deployment, unless the variant's
ContainerStartupHealthCheckTimeoutInSeconds says otherwise.
"""

from dataclasses import dataclass
from http import HTTPStatus

from localcloud.sagemaker.hosting.connections import Connections, Request, SlowError, UnreachableError

PING_SECONDS = 2.0
STARTUP_SECONDS = 8 * 60.0
_PING = Request("GET", "/ping", timeout=PING_SECONDS, most=1 << 16)


@dataclass(frozen=True, slots=True)
class Timing:
    """How often a server is looked after, in seconds; AWS documents none of these.

    Parameters
    ----------
    starting
        Between two pings of a server that is starting.
    looking
        Between two looks at a server's output.
    pinging
        Between two pings of a server in service.
    failures
        So many failed pings in a row end a server in service.
    grace
        From SIGTERM to SIGKILL: 30 s as the guide says under "How SageMaker Stops Your Container".
    draining
        How long a server that is to end may take for the requests it still has.
    """

    starting: float = 0.1
    looking: float = 1.0
    pinging: float = 5.0
    failures: int = 3
    grace: float = 30.0
    draining: float = 60.0


def ping(connections: Connections, *, is_busy: bool = False) -> bool:
    """Tell whether a server is healthy.

    A busy one may take its time: a server with a single thread cannot answer while a model computes.
    """
    try:
        reply = connections.send(_PING)
    except SlowError:
        return is_busy
    except UnreachableError:
        return False
    return reply.status == HTTPStatus.OK
