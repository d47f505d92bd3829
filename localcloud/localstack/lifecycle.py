"""What we do while the runtime starts, when it is ready, and when it stops."""

import json
import logging
import os
import threading
from http import HTTPStatus
from pathlib import Path

from localstack.aws.api import RequestContext
from localstack.aws.chain import HandlerChain
from localstack.http import Request, Response
from localstack.runtime import get_current_runtime, hooks
from localstack.services.edge import ROUTER
from localstack.services.lambda_.invocation.internal_sqs_queue import get_fake_sqs_client
from localstack.services.plugins import SERVICE_PLUGINS
from localstack.utils.aws.request_context import extract_access_key_id_from_auth_header

from localcloud import __version__
from localcloud.localstack import starting
from localcloud.localstack.changes import Changes, is_read
from localcloud.localstack.gate.install import is_open, is_wanted
from localcloud.localstack.patches.loops import await_logs
from localcloud.localstack.providers import sagemaker_of_this_process
from localcloud.localstack.settings import INSTANCE_VARIABLE, LOADED_WHEN_READY, SAVED_VARIABLE
from localcloud.localstack.state import objects
from localcloud.localstack.state.saver import Saver
from localcloud.localstack.state.vault import UNUSABLE, UnusableStateError, Vault
from localcloud.localstack.state.version import version
from localcloud.watch import WATCH

LOG = logging.getLogger(__name__)

PATH = "/_sagestep/info"
"""Tells which local cloud answers here, once all of it can be used; before that it answers 503."""

_LOG_SECONDS = 3.0
"""For so long a stop waits until what functions have printed is in their logs."""

_ready = threading.Event()
_changes = Changes()
_saver: Saver | None = None


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
        if _ready.is_set() and INSTANCE_VARIABLE in os.environ:
            described |= {"records": sagemaker_of_this_process().told_only()}
        if _saver is not None:
            described |= {"saved": _saver.described}
        return Response(json.dumps(described), status=status, mimetype="application/json")

    ROUTER.add(PATH, endpoint=info, methods=["GET"])
    get_current_runtime().components.gateway.response_handlers.append(_count_change)
    WATCH.start()
    if SAVED_VARIABLE in os.environ:
        _prepare_saving()


@hooks.on_infra_ready()
def when_ready() -> None:
    """Load what was asked for; in a LocalStack that somebody else runs, services load at first use."""
    names = os.environ["SERVICES"].split(",") if INSTANCE_VARIABLE in os.environ else []
    has_saved = _saver is not None and _saver.has_saved
    # What was saved goes on in all of them.
    later = [] if has_saved else [name for name in names if name in LOADED_WHEN_READY]
    if _load_services([name for name in names if name not in later]) or not _take_up(names):
        get_current_runtime().exit(1)
        return
    _ready.set()
    LOG.info("SageMaker can be used")
    # A request that comes before the end waits for it.
    threading.Thread(target=_load_rest, args=(names, later), name="load-services", daemon=True).start()


@hooks.on_infra_shutdown(priority=10)
def when_stopping() -> None:
    """Watch no more; wake up who waits at a queue, then end all functions, before the other services stop.

    Lambda has a waiter of 2 s at an internal queue for each function and stops them in groups of six; and
    SageMaker waits for functions.
    """
    WATCH.stop()  # from now on threads end because they are to
    if _saver is not None:
        try:
            if _ready.is_set():
                sagemaker_of_this_process().write_captured()
                await_logs(_LOG_SECONDS)
        finally:  # before services end what they run: it goes on at the next start
            _saver.close()
    if INSTANCE_VARIABLE not in os.environ:
        return
    SERVICE_PLUGINS.stop_services(["sqs"])
    for queue in list(get_fake_sqs_client().queue_manager.queues.values()):
        queue.shutdown()
    SERVICE_PLUGINS.stop_services(["lambda"])


def _count_change(_: HandlerChain, context: RequestContext, response: Response) -> None:
    if context.operation is None or response.status_code >= HTTPStatus.BAD_REQUEST:
        return
    if _saver is not None and not is_read(context.operation.name):
        _saver.note(context.operation.service_model.service_name)
    if context.is_internal_call:
        return
    key_id = extract_access_key_id_from_auth_header(context.request.headers) or ""
    _changes.add(context.operation.service_model.service_name, context.operation.name, key_id)


def _prepare_saving() -> None:
    """Make ready to save and to load, before any service is there."""
    global _saver  # noqa: PLW0603 - one runtime has one
    folder = Path(os.environ[SAVED_VARIABLE])
    _saver = Saver(Vault(folder, version()), WATCH, _changes)
    objects.keep(folder / "objects")


def _take_up(names: list[str]) -> bool:
    """Let services hold what was saved and go on with it; tell whether that was possible."""
    if _saver is None or not _saver.has_saved:
        return True
    try:
        _saver.load(names)
    except UnusableStateError as error:
        LOG.error("%s %s cannot be loaded: %s", UNUSABLE, os.environ[SAVED_VARIABLE], error)  # noqa: TRY400
        return False
    except Exception:  # whatever it is: a half state is none, and the saved one stays as it is
        LOG.exception("%s %s cannot be loaded", UNUSABLE, os.environ[SAVED_VARIABLE])
        return False
    return True


def _load_rest(names: list[str], later: list[str]) -> None:
    try:
        failed = _load_services(later)
        if _saver is not None:
            _saver.start([name for name in names if name not in failed], failed)
    finally:
        starting.end()


def _load_services(names: list[str]) -> dict[str, str]:
    """Load services; give those that cannot be, and why: the log tells more."""
    failed = {}
    for name in names:
        try:
            SERVICE_PLUGINS.require(name)
        except Exception as error:  # whatever a service fails with
            LOG.exception("the service %s cannot be loaded", name)
            failed[name] = str(error) or type(error).__name__
    starting.settle()
    return failed
