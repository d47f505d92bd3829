"""Work that goes on beside a wait."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def beside(do: Callable[[], object]) -> Iterator[None]:
    """Do something in a thread while the block runs, and end with both.

    It only makes ready what the command does anyway: what fails here fails there again, and is told there.
    """

    def try_it() -> None:
        with suppress(Exception):
            do()

    thread = threading.Thread(target=try_it, daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join()
