"""A function's surroundings: real botocore clients whose answers a test queues up, and its log."""

import io
import json
import logging
from functools import cache
from typing import Self, cast

import boto3
from botocore.client import BaseClient
from botocore.stub import Stubber

from lambda_src.shared.logs import JsonFormatter


@cache
def _client(service: str) -> BaseClient:
    session = boto3.Session("test", "test", region_name="us-west-2")
    return cast("BaseClient", session.client(service))  # type: ignore[call-overload]


class Cloud:
    """The services a function calls; every queued answer must be asked for, in order."""

    def __init__(self, *services: str) -> None:
        self.used: list[str] = []
        self.regions: list[str | None] = []
        self._stubbers = {service: Stubber(_client(service)) for service in services}

    def client(self, service: str, region: str | None) -> BaseClient:
        self.used.append(service)
        self.regions.append(region)
        return _client(service)

    def service(self, name: str) -> Stubber:
        return self._stubbers[name]

    def __enter__(self) -> Self:
        for stubber in self._stubbers.values():
            stubber.activate()
        return self

    def __exit__(self, failed: object, *_: object) -> None:
        for stubber in self._stubbers.values():
            stubber.deactivate()
        if failed is None:
            for stubber in self._stubbers.values():
                stubber.assert_no_pending_responses()


class Log:
    """What the function logged, line by line."""

    def __init__(self) -> None:
        self._stream = io.StringIO()
        self.logger = logging.Logger("test")
        handler = logging.StreamHandler(self._stream)
        handler.setFormatter(JsonFormatter())
        self.logger.addHandler(handler)

    @property
    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self._stream.getvalue().splitlines()]
