"""What the gate takes of the local cloud's time: requests a second, and its own part of one."""

import http.client
import json
import os
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from benchmarks.table import Goal, Row
from tests.integration.signing import signed_headers
from tests.integration.stack import CLOUD_PYTHON, Stack

REQUESTS = 500
REPETITIONS = 5
_ALONE = Path(__file__).with_name("gate_alone.py")
_BODY = b"{}"
_CALL = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS.ListQueues"}


def measure(stack: Stack) -> Iterator[Row]:
    """Send the cheapest of requests again and again; then time the gate alone with the same one.

    A local cloud without the gate is none that anybody can start, so its part is measured, not its absence:
    of the processor's time, which is what a cloud that does one thing at a time has to give.
    """
    headers = signed_headers(stack.keys, "POST", f"{stack.endpoint}/", _BODY, service="sqs", content=_CALL)
    with urllib.request.urlopen(f"{stack.endpoint}/_sagestep/info") as answer:
        pid = json.load(answer)["pid"]
    rates, shares = [], []
    for _ in range(REPETITIONS):
        worked, started = processor_seconds(pid), time.perf_counter()
        _send(stack.port, headers)
        rates.append(REQUESTS / (time.perf_counter() - started))
        whole = (processor_seconds(pid) - worked) / REQUESTS
        shares.append(100 * _seconds_of_the_gate(stack, headers) / whole)
    yield Row("requests a second through the gateway", rates)
    yield Row("the gate's part of a request (%)", shares, goal=Goal(3))


def _send(port: int, headers: dict[str, str]) -> None:
    """Send the requests over one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for _ in range(REQUESTS):
        connection.request("POST", "/", _BODY, headers)
        answer = connection.getresponse()
        content = answer.read()
        assert answer.status == 200, content
    connection.close()


def processor_seconds(pid: int) -> float:
    """Give the processor time of a process so far (proc(5), /proc/pid/stat): Linux only."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _seconds_of_the_gate(stack: Stack, headers: dict[str, str]) -> float:
    """Give the seconds that the gate takes for the same request, in the local cloud's Python."""
    order = {
        "port": stack.port,
        "key": [stack.keys.access_key_id, stack.keys.secret_access_key],
        "headers": headers,
        "body": _BODY.decode(),
    }
    command = [str(CLOUD_PYTHON), str(_ALONE)]
    ended = subprocess.run(command, input=json.dumps(order), stdout=subprocess.PIPE, text=True, check=True)
    return float(ended.stdout)
