"""Queues that feed functions: event source mappings, delays and visibility, as prompt as AWS's."""

import threading
from collections.abc import Callable, Mapping

from localstack.aws.api import RequestContext
from localstack.services.lambda_.event_source_mapping.esm_worker import EsmWorker
from localstack.services.lambda_.event_source_mapping.pollers.poller import EmptyPollResultsException
from localstack.services.lambda_.event_source_mapping.pollers.sqs_poller import SqsPoller
from localstack.services.sqs import models
from localstack.services.sqs.provider import QueueUpdateWorker, SqsProvider
from localstack.utils.patch import patch
from localstack.utils.scheduler import Scheduler
from localstack.utils.threads import start_thread, start_worker_thread

from localcloud.watch import WATCH, Beat, SteadyClock, Watched

LONG_POLL_SECONDS = 1
"""AWS polls for 20 s; but here a mapping that was deleted still takes what its last poll brings."""

VISIBILITY_PERIOD_SECONDS = 0.1
"""How late a message may become visible."""

WORKER = "sqs-queue-update-worker"


def apply() -> None:
    """Apply all patches of this module."""
    let_event_source_mappings_wait_for_messages()
    let_disabled_mappings_rest()
    let_messages_become_visible_in_time()
    let_visibility_not_depend_on_the_time_of_day()
    let_mappings_be_watched()
    take_empty_policies_away()


def let_event_source_mappings_wait_for_messages() -> None:
    """Defect: a mapping polls its queue, and waits up to 15 s between two requests while it is empty.

    AWS waits at the queue (long polling), so that a message is taken as soon as it is there.
    """

    def wait_at_the_queue(params: dict[str, object], **kwargs: object) -> None:
        if "sqs_override_wait_time_seconds" in params and not params.get("WaitTimeSeconds"):
            params["WaitTimeSeconds"] = LONG_POLL_SECONDS

    @patch(SqsPoller._register_client_hooks)
    def _register_client_hooks(original: Callable[[SqsPoller], None], self: SqsPoller) -> None:
        original(self)
        # First, because LocalStack's own hooks remove the mark by which a mapping's request is known.
        self.source_client.meta.events.register_first(
            "provide-client-params.sqs.ReceiveMessage", wait_at_the_queue
        )

    @patch(SqsPoller.poll_events)
    def poll_events(original: Callable[[SqsPoller], None], self: SqsPoller) -> None:
        if threading.current_thread() is not self.loop:
            raise SystemExit  # the watch has put another thread in this one's place
        self.beat.expect(max(self.maximum_batching_window, LONG_POLL_SECONDS))
        try:
            original(self)
        except EmptyPollResultsException:
            return  # it has waited already
        finally:
            self.beat.rest()


def let_disabled_mappings_rest() -> None:
    """Defect: a mapping is Disabled while its last poll still waits and takes messages."""

    @patch(EsmWorker.stop)
    def stop(original: Callable[[EsmWorker], None], self: EsmWorker) -> None:
        original(self)
        if self._poller_thread:
            self._poller_thread.join(2 * LONG_POLL_SECONDS)  # not for longer: a function may be running


def let_messages_become_visible_in_time() -> None:
    """Defect: delayed and invisible messages are checked once a second, so that 1 s may take 2.

    There is one task with the right period, not a second one beside LocalStack's, whose deadline would drift
    towards the other's. There are two workers, one for SQS and one for the queues of Lambda's asynchronous
    invocations; each has a name of its own.
    """

    def start(self: QueueUpdateWorker) -> None:
        with self.mutex:
            if self.thread:
                return
            scheduler = self.scheduler = Scheduler()
            scheduler.schedule(self.do_update_all_queues, period=VISIBILITY_PERIOD_SECONDS)
            name = WORKER if type(self) is QueueUpdateWorker else f"{WORKER}-of-lambda"
            self.thread = start_thread(lambda *_: scheduler.run(), name=name)

    QueueUpdateWorker.start = start


def let_visibility_not_depend_on_the_time_of_day() -> None:
    """Defect: a clock that is set back by an hour hides messages for an hour longer."""
    models.time = SteadyClock()


def take_empty_policies_away() -> None:
    """Defect: an attribute that is set to an empty text keeps it; Terraform waits until it is gone."""

    @patch(SqsProvider.set_queue_attributes)
    def set_queue_attributes(
        original: Callable[..., None],
        self: SqsProvider,
        context: RequestContext,
        queue_url: str,
        attributes: Mapping[str, str],
        **rest: object,
    ) -> None:
        original(self, context, queue_url=queue_url, attributes=attributes, **rest)
        kept = self._resolve_queue(context, queue_url=queue_url).attributes
        for name in [name for name, value in attributes.items() if value == ""]:
            kept.pop(name, None)


def let_mappings_be_watched() -> None:
    """Defect: the poller of an event source mapping may end or block, and nothing is logged.

    While a function handles messages nothing is due: an invocation has a deadline of its own.
    """

    @patch(EsmWorker.start)
    def start(original: Callable[[EsmWorker], None], self: EsmWorker) -> None:
        name = f"event-source-mapping-poller-{self.uuid}"
        self.poller.beat = Beat()
        original(self)

        def start_again() -> None:
            self.poller.beat = Beat()
            self._poller_thread = start_worker_thread(self.poller_loop, name=name)

        WATCH.add(
            Watched(
                name,
                thread=lambda: self._poller_thread,
                is_wanted=lambda: not self._shutdown_event.is_set(),
                due=lambda: self.poller.beat.due,
                repair=start_again,
            )
        )

    @patch(EsmWorker.poller_loop)
    def poller_loop(original: Callable[..., None], self: EsmWorker, *args: object) -> None:
        self.poller.loop = threading.current_thread()
        original(self, *args)

    @patch(SqsPoller.handle_messages)
    def handle_messages(original: Callable[..., None], self: SqsPoller, messages: object) -> None:
        self.beat.rest()
        original(self, messages)
