"""The function's end of the Runtime API: HTTP over a socket that only this process and the local cloud hold.

There is no address that anybody else could ask for an invocation, so ``AWS_LAMBDA_RUNTIME_API`` is not set.
"""

import http.client
import socket
import sys
from http import HTTPStatus
from typing import Any

_ROOT = "/2018-06-01/runtime"


class Connection(http.client.HTTPConnection):
    """HTTP over a connected socket; there is no other, once that one is closed."""

    def __init__(self, connected: socket.socket) -> None:
        super().__init__("runtime")
        self.sock = connected

    def connect(self) -> None:
        """Refuse: the other end is gone."""
        raise ConnectionError("the local cloud has closed the Runtime API")

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        """Send a request; gives the status, the headers and the body of the answer."""
        self.request(method, path, body, headers or {})
        response = self.getresponse()
        return response.status, response.headers, response.read()


def client_on(connected: socket.socket) -> type[Any]:
    """Make the class that stands for ``awslambdaric``'s ``LambdaRuntimeClient``, with the same methods."""
    from awslambdaric.lambda_runtime_client import (  # noqa: PLC0415 - found only in the function's process
        InvocationRequest,
        LambdaRuntimeClient,
        LambdaRuntimeClientError,
    )
    from awslambdaric.lambda_runtime_marshaller import to_json  # noqa: PLC0415

    connection = Connection(connected)

    class Client(LambdaRuntimeClient):
        def __init__(self, address: str, use_thread_for_polling_next: bool = False) -> None:
            # The thread is for clients that block in C, where no signal handler can run.
            super().__init__(address, use_thread_for_polling_next=False)

        def call_rapid(
            self,
            http_method: str,
            endpoint: str,
            expected_http_code: int,
            payload: object = None,
            headers: dict[str, str] | None = None,
        ) -> None:
            body = None if http_method == "GET" else to_json(payload).encode()
            self._expect(http_method, endpoint, expected_http_code, body, headers)

        def wait_next_invocation(self) -> object:
            headers, body = self._expect("GET", f"{_ROOT}/invocation/next", HTTPStatus.OK)
            # As the client in C does it: what is empty is None, and the deadline is a number.
            told = {name: value or None for name, value in headers.items()}
            return InvocationRequest(
                invoke_id=told.get("Lambda-Runtime-Aws-Request-Id"),
                x_amzn_trace_id=told.get("Lambda-Runtime-Trace-Id"),
                invoked_function_arn=told.get("Lambda-Runtime-Invoked-Function-Arn"),
                deadline_time_in_ms=int(headers["Lambda-Runtime-Deadline-Ms"]),
                client_context=told.get("Lambda-Runtime-Client-Context"),
                cognito_identity=told.get("Lambda-Runtime-Cognito-Identity"),
                tenant_id=told.get("Lambda-Runtime-Aws-Tenant-Id"),
                content_type=told.get("Content-Type"),
                event_body=body,
            )

        def post_invocation_result(
            self, invoke_id: str, result_data: str | bytes, content_type: str = "application/json"
        ) -> None:
            body = result_data if isinstance(result_data, bytes) else result_data.encode()
            self._post(f"{_ROOT}/invocation/{invoke_id}/response", body, content_type)

        def post_invocation_error(self, invoke_id: str, error_response_data: str, xray_fault: str) -> None:
            # Nobody reads the fault here: there is no X-Ray.
            self._post(f"{_ROOT}/invocation/{invoke_id}/error", error_response_data.encode())

        def _post(self, path: str, body: bytes, content_type: str = "application/json") -> None:
            try:
                self._expect("POST", path, HTTPStatus.ACCEPTED, body, {"Content-Type": content_type})
            except LambdaRuntimeClientError as error:
                word = "success" if path.endswith("/response") else "failure"
                sys.stderr.write(
                    f"LAMBDA_RUNTIME Failed to post handler {word} response. "
                    f"Http response code: {error.response_code}.\n"
                )
                raise

        def _expect(
            self,
            method: str,
            path: str,
            status: int,
            body: bytes | None = None,
            headers: dict[str, str] | None = None,
        ) -> tuple[http.client.HTTPMessage, bytes]:
            answered, answer_headers, answer = connection.ask(method, path, body, headers)
            if answered != status:
                raise LambdaRuntimeClientError(path, answered, answer)
            return answer_headers, answer

    return Client
