"""Runs in the function's process: ties its life to the runtime's, then hands over to ``awslambdaric``.

This file is run by its path, without the ``site`` module, and imports nothing of ours: a function sees the
standard library, its own package and what AWS's Python runtimes bring along.
"""

import os
import signal
import sys
import threading


def _die_with(lifeline: int) -> None:
    """Wait for the other end of the pipe to close, then end this process and all it started."""
    while os.read(lifeline, 4096):
        pass
    os.killpg(0, signal.SIGKILL)


def main() -> None:
    """Load the function and serve invocations until killed."""
    lifeline = os.dup(0)
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, 0)  # what the function starts must neither read the lifeline nor hold it
    os.close(nowhere)
    threading.Thread(target=_die_with, args=(lifeline,), name="lifeline", daemon=True).start()

    task_root = os.environ["LAMBDA_TASK_ROOT"]
    sys.path[0] = task_root
    sys.path.append(os.environ["LAMBDA_RUNTIME_DIR"])
    sys.argv[0] = "bootstrap"
    from awslambdaric import bootstrap  # noqa: PLC0415 - found only now

    bootstrap.run(task_root, os.environ["_HANDLER"], os.environ["AWS_LAMBDA_RUNTIME_API"])


if __name__ == "__main__":
    main()
