"""The process that a function runs in: hands over to ``awslambdaric``, as on AWS.

It is either a fork of the fork server or, run by this file's path, an interpreter of its own. A function sees
the standard library, its own package and what AWS's Python runtimes bring along, nothing of ours.
"""

import json
import os
import socket
import sys
import time
from pathlib import Path
from typing import NamedTuple

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[4])  # where our own package lies

from localcloud.containers.supervisor import descendants
from localcloud.localstack.functions.processes import client, layers, preloaded


class Order(NamedTuple):
    """Which function to become: its working directory, its whole environment, the content of its layers.

    `program` serves a function that is not Python's; it gets the Runtime API's descriptor as last argument.
    """

    directory: str
    environment: dict[str, str]
    layers: str = ""
    program: tuple[str, ...] = ()

    def text(self) -> bytes:
        """Write it as a JSON object."""
        return json.dumps(self._asdict()).encode()


def run(text: bytes, api: socket.socket, output: int) -> None:
    """Become a function's process and serve invocations until killed.

    - `text`: what to become: an `Order`, written as a JSON object.
    - `api`: the Runtime API, as `client` speaks it.
    - `output`: takes what the function prints; closed here.
    """
    order = Order(**json.loads(text))
    os.setsid()
    descendants.die_with_parent()
    for stream in (1, 2):
        os.dup2(output, stream)
    os.close(output)
    os.umask(0o022)  # as on AWS; the directories around are private
    os.chdir(order.directory)
    environment, root = order.environment, ""
    if order.layers:
        needed = (sys.prefix, sys.base_prefix, __file__, order.directory, environment["LAMBDA_RUNTIME_DIR"])
        root = layers.show(order.layers, *needed, *order.program)
        environment = layers.with_layers(environment, root)
    if order.program:
        api.set_inheritable(True)
        command = [*order.program, str(api.fileno())]
        os.execve(command[0], command, environment)  # noqa: S606 - no shell is what we want
    if root or not preloaded.suits(environment, order.directory):
        api.set_inheritable(True)
        command = [sys.executable, "-S", __file__, str(api.fileno()), root]
        os.execve(sys.executable, command, environment)  # noqa: S606 - no shell is what we want
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    preloaded.offer()
    serve(api)


def serve(api: socket.socket, layers_root: str = "") -> None:
    """Load the function that the environment names, and serve invocations until killed."""
    task_root = os.environ["LAMBDA_TASK_ROOT"]
    sys.path[:0] = [task_root, *(layers.paths(layers_root) if layers_root else ())]
    sys.argv[:] = ["bootstrap"]
    from awslambdaric import bootstrap  # noqa: PLC0415 - found only now, and it reads the environment

    bootstrap.LambdaRuntimeClient = client.client_on(api)
    bootstrap.run(task_root, os.environ["_HANDLER"], "")


def main() -> None:
    """Run in an interpreter of its own; arguments: the Runtime API's descriptor, the layers' root if any."""
    del sys.path[0]
    preloaded.hide("localcloud")
    api = socket.socket(fileno=int(sys.argv[1]))
    api.set_inheritable(False)
    sys.path.append(os.environ["LAMBDA_RUNTIME_DIR"])
    serve(api, "".join(sys.argv[2:]))


if __name__ == "__main__":
    main()
