"""Queues that feed functions: event source mappings, delays and visibility, as prompt as AWS's."""

from collections.abc import Callable

from localstack.services.lambda_.event_source_mapping.esm_worker import EsmWorker
from localstack.services.lambda_.event_source_mapping.pollers.poller import EmptyPollResultsException
from localstack.services.lambda_.event_source_mapping.pollers.sqs_poller import SqsPoller
from localstack.services.sqs.provider import QueueUpdateWorker
from localstack.utils.patch import patch

LONG_POLL_SECONDS = 1
"""AWS polls for 20 s; but here a mapping that was deleted still takes what its last poll brings."""

VISIBILITY_PERIOD_SECONDS = 0.1
"""How late a message may become visible."""


def apply() -> None:
    """Apply all patches of this module."""
    let_event_source_mappings_wait_for_messages()
    let_disabled_mappings_rest()
    let_messages_become_visible_in_time()


def let_event_source_mappings_wait_for_messages() -> None:
    """Defect: a mapping asks its queue now and then, waiting up to 15 s between two looks at an empty queue.

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
        try:
            original(self)
        except EmptyPollResultsException:
            return  # it has waited already


def let_disabled_mappings_rest() -> None:
    """Defect: a mapping says that it is disabled while its last poll still waits, and takes what comes."""

    @patch(EsmWorker.stop)
    def stop(original: Callable[[EsmWorker], None], self: EsmWorker) -> None:
        original(self)
        if self._poller_thread:
            self._poller_thread.join(2 * LONG_POLL_SECONDS)  # not for longer: a function may be running


def let_messages_become_visible_in_time() -> None:
    """Defect: delayed and hidden messages are looked at once a second, so that 1 s may take 2."""

    @patch(QueueUpdateWorker.start)
    def start(original: Callable[[QueueUpdateWorker], None], self: QueueUpdateWorker) -> None:
        with self.mutex:
            started_before = self.thread is not None
            original(self)
            if not started_before:
                self.scheduler.schedule(self.do_update_all_queues, period=VISIBILITY_PERIOD_SECONDS)
