"""The LocalStack runtime in this process, from its start to the signal that ends it.

`localcloud.localstack.launcher` becomes this module, with the environment that `settings` describes.
"""

import logging
import os
import shutil
import signal
import sys
import tempfile
import threading
import types
from typing import NoReturn

LOG = logging.getLogger("localcloud.localstack.runtime")  # not `__name__`: that is `__main__` here


def main() -> NoReturn:
    """Run until SIGTERM or SIGINT, which end with exit code 0; what else ends the runtime, with 1."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: _end(0))  # until there is a runtime to be stopped
    try:
        code = _run()
    except Exception:  # the outermost boundary: whatever it is, the log tells it
        LOG.exception("the local cloud failed")
        code = 1
    _end(code)


def _run() -> int:
    from localcloud.localstack import starting  # noqa: PLC0415 - part of what is slow, and may be ended

    starting.shorten()
    _import_what_needs_python_3_13()
    from localstack.logging.setup import setup_logging_from_config  # noqa: PLC0415 - only now it can be
    from localstack.runtime import current  # noqa: PLC0415

    setup_logging_from_config()
    starting.make_no_certificate()
    runtime = current.initialize_runtime()

    def stop(number: int, frame: types.FrameType | None) -> None:
        LOG.info("%s: stopping", signal.Signals(number).name)
        runtime.exit(0)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    runtime.run()
    LOG.info("stopped")
    return int(runtime.exit_code)


def _end(code: int) -> NoReturn:
    """End the process at once: all is stopped, and Python's own shutdown takes a second or two."""
    shutil.rmtree(tempfile.gettempdir(), ignore_errors=True)
    logging.shutdown()
    os._exit(code)


def _import_what_needs_python_3_13() -> None:
    """Import the one module that writes ``threading.Lock | None``: until Python 3.13, Lock is no type."""
    if sys.version_info >= (3, 13):
        return
    lock = threading.Lock
    threading.Lock = type("Lock", (), {"__new__": lambda cls: lock()})  # type: ignore[assignment]
    try:
        import localstack.packages.api  # noqa: F401, PLC0415
    finally:
        threading.Lock = lock


if __name__ == "__main__":
    main()
