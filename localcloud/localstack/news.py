"""Who waits for the end of a job or an execution hears of it at once, by its ARN."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Listener = Callable[[], object]


class News:
    """Tells listeners, each once at most; may be used from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: defaultdict[str, list[Listener]] = defaultdict(list)

    @contextmanager
    def watched(self, arn: str, listener: Listener) -> Iterator[None]:
        """Call the listener when that resource ends, unless the block was left before."""
        with self._lock:
            self._listeners[arn].append(listener)
        try:
            yield
        finally:
            with self._lock:
                self._listeners[arn].remove(listener)
                if not self._listeners[arn]:
                    del self._listeners[arn]

    def tell(self, arn: str) -> None:
        """Tell that a resource has ended, and that this can be seen."""
        with self._lock:
            listeners = list(self._listeners.get(arn, ()))
        for listener in listeners:
            listener()


NEWS = News()
"""Of everything in this process: the services tell, Step Functions listens."""
