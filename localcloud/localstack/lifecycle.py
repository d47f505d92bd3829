"""What we do while the runtime starts, when it is ready, and when it stops."""

import json
import logging
import os
import threading
from http import HTTPStatus

from localstack.aws.api import RequestContext
from localstack.aws.chain import HandlerChain
from localstack.http import Request, Response
from localstack.runtime import get_current_runtime, hooks
from localstack.services.edge import ROUTER
from localstack.services.lambda_.invocation.internal_sqs_queue import get_fake_sqs_client
from localstack.services.plugins import SERVICE_PLUGINS
from localstack.utils.aws.request_context import extract_access_key_id_from_auth_header

from localcloud import __version__
from localcloud.localstack.changes import Changes
from localcloud.localstack.gate.install import is_open, is_wanted
from localcloud.localstack.settings import INSTANCE_VARIABLE, LOADED_WHEN_READY
from localcloud.watch import WATCH

LOG = logging.getLogger(__name__)

PATH = "/_sagestep/info"
"""Tells which local cloud answers here, once all of it can be used; before that it answers 503."""

_ready = threading.Event()
_changes = Changes()


@hooks.on_infra_start()
def when_starting() -> None:
    """Answer at `PATH` and watch threads; somebody else's LocalStack has no instance token."""
    identity = {
        "instance": os.environ.get(INSTANCE_VARIABLE),
        "pid": os.getpid(),
        "version": __version__,
        "is_open": not is_wanted(os.environ) or is_open(os.environ),
    }

    def info(request: Request) -> Response:
        status = HTTPStatus.OK if _ready.is_set() else HTTPStatus.SERVICE_UNAVAILABLE
        described = identity | {"changes": _changes.count, "threads": WATCH.rows()}
        return Response(json.dumps(described), status=status, mimetype="application/json")

    ROUTER.add(PATH, endpoint=info, methods=["GET"])
    get_current_runtime().components.gateway.response_handlers.append(_count_change)
    WATCH.start()


@hooks.on_infra_ready()
def when_ready() -> None:
    """Load what was asked for; in a LocalStack that somebody else runs, services load at first use."""
    names = os.environ["SERVICES"].split(",") if INSTANCE_VARIABLE in os.environ else []
    if not _load_services([name for name in names if name not in LOADED_WHEN_READY]):
        get_current_runtime().exit(1)
        return
    _ready.set()
    LOG.info("SageMaker can be used")
    # A request that comes before the end waits for it.
    later = [name for name in names if name in LOADED_WHEN_READY]
    threading.Thread(target=_load_services, args=(later,), name="load-services", daemon=True).start()


@hooks.on_infra_shutdown(priority=10)
def when_stopping() -> None:
    """Watch no more; wake up who waits at a queue, then end all functions, before the other services stop.

    Lambda has a waiter of 2 s at an internal queue for each function and stops them in groups of six; and
    SageMaker waits for functions.
    """
    WATCH.stop()  # from now on threads end because they are to
    if INSTANCE_VARIABLE not in os.environ:
        return
    SERVICE_PLUGINS.stop_services(["sqs"])
    for queue in list(get_fake_sqs_client().queue_manager.queues.values()):
        queue.shutdown()
    SERVICE_PLUGINS.stop_services(["lambda"])


def _count_change(_: HandlerChain, context: RequestContext, response: Response) -> None:
    if (
        context.operation is None
        or context.is_internal_call
        or response.status_code >= HTTPStatus.BAD_REQUEST
    ):
        return
    key_id = extract_access_key_id_from_auth_header(context.request.headers) or ""
    _changes.add(context.operation.service_model.service_name, context.operation.name, key_id)


def _load_services(names: list[str]) -> bool:
    for name in names:
        try:
            SERVICE_PLUGINS.require(name)
        except Exception:  # whatever a service fails with: the log tells it, and a half cloud is none
            LOG.exception("the service %s cannot be loaded", name)
            return False
    return True
