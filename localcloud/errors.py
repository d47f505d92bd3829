"""The one error that the services of the local cloud answer with.

Codes and HTTP statuses are those of the service models that ship with botocore
(``sagemaker/2017-07-24``, ``sagemaker-geospatial/2020-05-27``) and of AWS's "Common Errors".
"""

from collections.abc import Mapping

CLOUD_STOPPED = "InternalServerError: The local cloud stopped while this was running in it."
"""Why work fails that was in a process when the local cloud stopped; what only waited goes on."""


class ServiceError(Exception):
    """An error that reaches the caller as AWS would send it.

    Parameters
    ----------
    code
        AWS's error code, such as ``ResourceNotFound``.
    message
        What AWS's message says, ready to be read by a person.
    status
        The HTTP status of the answer.
    members
        What the error has beside its message, by the names of the service model.
    """

    def __init__(
        self, code: str, message: str, status: int = 400, members: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.members = members or {}

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class ValidationError(ServiceError):
    """The request, or the document inside it, breaks a rule of the API."""

    def __init__(self, message: str) -> None:
        super().__init__("ValidationException", message)
