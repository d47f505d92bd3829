"""Whether a server is healthy: GET /ping, as the developer guide says.

"How Your Container Should Respond to Health Check (Ping) Requests": 200 within 2 seconds. A container that
does not begin to do so within 8 minutes after it has started fails its deployment, unless the variant's
ContainerStartupHealthCheckTimeoutInSeconds says otherwise.
"""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from localcloud.containers.container import Usage
from localcloud.containers.http import Connections, Request, SlowError, UnreachableError

PING_SECONDS = 2.0
STARTUP_SECONDS = 8 * 60.0
_LEAST_WORK = PING_SECONDS / 20  # seconds of processor time between a ping and its time-out
_PING = Request("GET", "/ping", timeout=PING_SECONDS, most=1 << 16)


@dataclass(frozen=True, slots=True)
class Timing:
    """How often a server is checked, in seconds; AWS documents none of these.

    `starting`: between two pings of a server that is starting.
    `looking`: between two looks at a server's output.
    `pinging`: between two pings of a server in service.
    `failures`: so many failed pings in a row end a server in service.
    `grace`: from SIGTERM to SIGKILL: 30 s as the guide says under "How SageMaker Stops Your Container".
    `idle`: after so long without a request a serverless variant has no container.
    `restart`: how long a request waits for such a container to start again.
    `draining`: how long a server that is to end may take for the requests it still has.
    """

    starting: float = 0.1
    looking: float = 1.0
    pinging: float = 5.0
    failures: int = 3
    grace: float = 30.0
    draining: float = 60.0
    idle: float = 60.0
    restart: float = 60.0


def ping(connections: Connections, work: Callable[[], Usage | None] | None = None) -> bool:
    """Tell whether a server is healthy.

    `work`: tells what it has used of the processor, None where that is not known; given for a
    server that is serving requests. Such a server is healthy, even if it does not answer, as long as it
    works: with a single thread it cannot answer while its model computes. A server that does nothing hangs.
    """
    before = None if work is None else work()
    try:
        reply = connections.send(_PING)
    except SlowError:
        after = None if work is None else work()
        if before is None or after is None:
            return False
        return after.cpu_seconds - before.cpu_seconds >= _LEAST_WORK
    except UnreachableError:
        return False
    return reply.status == HTTPStatus.OK


_CONTAINER = "container_1"  # what AWS calls the only container of a model


def ping_failed(variant: str, container: str = "primary") -> str:
    """Say that a container never answered /ping with 200, or no longer does."""
    return (
        f"The {container} container for production variant {variant} did not pass the ping health check. "
        "Please check CloudWatch logs for this endpoint."
    )


def image_missing(variant: str) -> str:
    """Say that there is no such image."""
    return (
        f"Please make sure all images included in the model for the production variant {variant} exist, and "
        "that the execution role used to create the model has permissions to access them."
    )


def may_not_pull(role_arn: str, action: str, image: str) -> str:
    """Say that the role may not pull the image (recorded reason of an endpoint that failed)."""
    return f"The role '{role_arn}' does not have {action} permission for the image: '{image}'."


def download_failed(url: str) -> str:
    """Say that the model data cannot be downloaded."""
    return (
        f'Failed to download model data for container "{_CONTAINER}" from URL: "{url}". Please ensure that '
        "there is an object located at the URL and that the role passed to CreateModel has permissions to "
        "download the object."
    )
