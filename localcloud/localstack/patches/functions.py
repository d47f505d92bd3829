"""Functions: asynchronous events, logs of any size, lists of layers, versions that aliases need."""

import hashlib
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future

from botocore.exceptions import ClientError
from localstack.aws.api import RequestContext
from localstack.aws.api.lambda_ import ResourceConflictException
from localstack.aws.connect import connect_to
from localstack.services.lambda_ import api_utils, provider
from localstack.services.lambda_.invocation import metrics
from localstack.services.lambda_.invocation.event_manager import LambdaEventManager, Poller
from localstack.services.lambda_.invocation.internal_sqs_queue import get_fake_sqs_client
from localstack.services.lambda_.invocation.lambda_models import ImageCode, VersionAlias
from localstack.services.lambda_.invocation.logs import QUEUE_SHUTDOWN, LogHandler
from localstack.services.lambda_.invocation.models import lambda_stores
from localstack.services.lambda_.provider import LambdaProvider
from localstack.utils.aws.client_types import ServicePrincipal
from localstack.utils.patch import patch
from localstack.utils.threads import start_worker_thread

from localcloud.localstack.failures import Failures
from localcloud.localstack.logs import CloudWatchLogs
from localcloud.localstack.settings import INSTANCE_VARIABLE
from localcloud.watch import WATCH, Beat, Watched

LOG = logging.getLogger(__name__)

FAILURES = Failures(LOG)

POLL_SECONDS = 2
HANDLING_SECONDS = 60
"""Beside the function's own time-out: a message that is taken for longer counts as lost."""


def apply() -> None:
    """Apply all patches of this module."""
    let_events_outlive_an_update()
    let_pollers_of_events_be_watched()
    write_logs_in_batches()
    leave_layers_without_versions_out()
    keep_versions_of_aliases()
    pull_no_image()
    if INSTANCE_VARIABLE in os.environ:
        send_no_metrics()


def send_no_metrics() -> None:
    """Defect: each invocation sends metrics in `AWS/Lambda`, which our CloudWatch takes from no request."""
    metrics.publish_lambda_metric = lambda *_, **__: None


def let_events_outlive_an_update() -> None:
    """Defect: while a function is updated, its old poller takes events and drops them.

    They come back only after the function's time-out and a minute.
    """

    def run(self: Poller, *_: object) -> None:
        queue = get_fake_sqs_client()
        hidden = self.version_manager.function_version.config.timeout + HANDLING_SECONDS

        def give_back(message: Mapping[str, str]) -> None:
            queue.send_message(QueueUrl=self.event_queue_url, MessageBody=message["Body"])
            queue.delete_message(QueueUrl=self.event_queue_url, ReceiptHandle=message["ReceiptHandle"])

        def take(message: Mapping[str, str]) -> None:
            def settle(handling: "Future[None]") -> None:
                if handling.cancelled():
                    give_back(message)
                elif error := handling.exception():
                    LOG.error("an event of %s is lost", self.version_manager.function_arn, exc_info=error)

            try:
                self.invoker_pool.submit(self.handle_message, message).add_done_callback(settle)
            except RuntimeError:  # the pool is shut down
                give_back(message)

        self.loop = threading.current_thread()
        while self.loop is threading.current_thread() and not self._shutdown_event.is_set():
            self.beat.expect(POLL_SECONDS)
            try:
                answer = queue.receive_message(
                    QueueUrl=self.event_queue_url,
                    WaitTimeSeconds=POLL_SECONDS,
                    MaxNumberOfMessages=10,
                    VisibilityTimeout=hidden,
                )
                for message in answer["Messages"] or ():
                    take(message)
            except Exception:  # whatever it is, other events are to come
                if self._shutdown_event.is_set():
                    return  # the queue went with its function
                LOG.exception("the events of %s cannot be read", self.version_manager.function_arn)
                self._shutdown_event.wait(1)

    Poller.run = run


def let_pollers_of_events_be_watched() -> None:
    """Defect: the poller of a function's events may end or block, and nothing is logged."""

    @patch(Poller.__init__)
    def make(original: Callable[..., None], self: Poller, *args: object, **kwargs: object) -> None:
        original(self, *args, **kwargs)
        self.beat = Beat()

    @patch(LambdaEventManager.start)
    def start(original: Callable[[LambdaEventManager], None], self: LambdaEventManager) -> None:
        original(self)
        poller = self.poller
        if poller is None:
            return
        name = self.poller_thread.name.partition("-functhread")[0]

        def start_again() -> None:
            poller.beat.rest()
            self.poller_thread = start_worker_thread(poller.run, name=name)

        WATCH.add(
            Watched(
                name,
                thread=lambda: self.poller_thread,
                is_wanted=lambda: not self.stopped.is_set(),
                due=lambda: poller.beat.due,
                repair=start_again,
            )
        )


def write_logs_in_batches() -> None:
    """Defect: what an invocation has printed goes to CloudWatch Logs in one request, whatever its size."""

    def run_log_loop(self: LogHandler, *_: object) -> None:
        clients = connect_to.with_assumed_role(
            region_name=self.region, role_arn=self.role_arn, service_principal=ServicePrincipal.lambda_
        )
        writer = CloudWatchLogs(clients.logs)
        # What was printed before the end is written, too.
        while (item := self.log_queue.get()) is not QUEUE_SHUTDOWN:
            now = int(time.time() * 1000)
            lines = [(now, f"{line}\n") for line in item.logs.split("\n") if line]
            try:
                writer.write(item.log_group, item.log_stream, lines)
            except ClientError as error:  # on AWS, too, a role without permission has no log
                if FAILURES.is_new(f"{item.log_group}: {error}"):
                    LOG.warning("what was printed is not written to %s: %s", item.log_group, error)
            except Exception:  # whatever it is, other logs are to come
                LOG.exception("what was printed cannot be written to %s", item.log_group)

    LogHandler.run_log_loop = run_log_loop


def leave_layers_without_versions_out() -> None:
    """Defect: ListLayers fails for good once all versions of a layer are deleted."""

    @patch(LambdaProvider.list_layers)
    def list_layers(
        original: Callable[..., object], self: LambdaProvider, context: RequestContext, **request: object
    ) -> object:
        layers = lambda_stores[context.account_id][context.region].layers
        empty = {name: layer for name, layer in list(layers.items()) if not layer.layer_versions}
        for name in empty:
            layers.pop(name, None)
        try:
            return original(self, context, **request)
        finally:
            for name, layer in empty.items():  # it knows the number of the next version
                layers.setdefault(name, layer)


def keep_versions_of_aliases() -> None:
    """Defect: a version that an alias references is deleted; AWS refuses (API reference, DeleteFunction)."""

    @patch(LambdaProvider.delete_function)
    def delete_function(
        original: Callable[..., object],
        self: LambdaProvider,
        context: RequestContext,
        function_name: str,
        qualifier: str | None = None,
        **rest: object,
    ) -> object:
        account, region = api_utils.get_account_and_region(function_name, context)
        name, version = api_utils.get_name_and_qualifier(function_name, qualifier, context)
        function = lambda_stores[account][region].functions.get(name)
        aliases = function.aliases.values() if function and version else ()
        if users := sorted(alias.name for alias in aliases if version in _versions(alias)):
            raise ResourceConflictException(
                f"Unable to delete version because the following aliases reference it: [{', '.join(users)}]",
                Type="User",
            )
        return original(self, context, function_name, qualifier, **rest)


def pull_no_image() -> None:
    """Defect: a Docker engine is asked to pull a function's image from AWS; without one there is no digest.

    The digest here is that of the URI: what stands for it has none.
    """

    def create_image_code(image_uri: str) -> ImageCode:
        digest = hashlib.sha256(image_uri.encode()).hexdigest()
        return ImageCode(image_uri=image_uri, code_sha256=digest, repository_type="ECR")

    provider.create_image_code = create_image_code


def _versions(alias: VersionAlias) -> set[str]:
    routing = alias.routing_configuration
    return {alias.function_version, *(routing.version_weights if routing else ())}
