"""What a transform job sends to its model: payloads of an object's records, again where AWS tries again."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from localcloud.sagemaker.jobs.data_processing import Processing
from localcloud.sagemaker.jobs.model_server import NoAnswerError, Reply, SerialServers
from localcloud.sagemaker.jobs.records import Batching, assembled
from localcloud.sagemaker.wire.requests import Request, structure

_MEGABYTE = 1024 * 1024
_DEFAULT_PAYLOAD = 6  # MB (service model, MaxPayloadInMB)
_DEFAULT_SECONDS = 600  # (service model, ModelClientConfig)
_DEFAULT_RETRIES = 3


class InvocationError(Exception):
    """The model did not take a payload.

    `blame`: ``ClientError`` where it refused it, ``AlgorithmError`` where it broke.
    """

    def __init__(self, blame: str, message: str) -> None:
        super().__init__(message)
        self.blame = blame


@dataclass(frozen=True, slots=True)
class Settings:
    """How a job asks its model; None where the request leaves it to the model."""

    content_type: str | None
    accept: str | None
    splits: bool
    joins_with_line_breaks: bool
    max_concurrent: int | None
    max_payload: int | None
    strategy: str | None
    seconds: int
    retries: int

    def completed(self, wanted: Mapping[str, object]) -> "Settings":
        """Fill in what the request left open by what the model's /execution-parameters say."""

        def number(name: str) -> int | None:
            value = wanted.get(name)
            return value if isinstance(value, int) and not isinstance(value, bool) else None

        strategies = {"MULTI_RECORD": "MultiRecord", "SINGLE_RECORD": "SingleRecord"}
        return replace(
            self,
            max_concurrent=self.max_concurrent or number("MaxConcurrentTransforms") or 1,
            max_payload=number("MaxPayloadInMB") if self.max_payload is None else self.max_payload,
            strategy=self.strategy or strategies.get(str(wanted.get("BatchStrategy"))),
        )

    def environment(self) -> dict[str, str]:
        """Give what the container is told of the job."""
        single = self.strategy == "SingleRecord"
        payload = _DEFAULT_PAYLOAD if self.max_payload is None else self.max_payload
        return {
            "SAGEMAKER_BATCH": "true",
            "SAGEMAKER_BATCH_STRATEGY": "SINGLE_RECORD" if single else "MULTI_RECORD",
            "SAGEMAKER_MAX_PAYLOAD_IN_MB": str(payload),
            "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": str(self.max_concurrent or 1),
        }

    def batching(self) -> Batching:
        """Give the rules by which objects become payloads."""
        payload = _DEFAULT_PAYLOAD if self.max_payload is None else self.max_payload
        return Batching(self.splits, self.strategy == "SingleRecord", payload * _MEGABYTE or None)

    def headers(self) -> dict[str, str]:
        """Give the headers of every request."""
        headers = {"Content-Type": self.content_type, "Accept": self.accept}
        return {name: value for name, value in headers.items() if value}

    def summary(self) -> str:
        """Say it as the log of a transform job does."""
        single = self.strategy == "SingleRecord"
        payload = _DEFAULT_PAYLOAD if self.max_payload is None else self.max_payload
        return (
            f"MaxConcurrentTransforms={self.max_concurrent}, MaxPayloadInMB={payload}, "
            f"BatchStrategy={'SINGLE_RECORD' if single else 'MULTI_RECORD'}"
        )


def read_settings(request: Request) -> Settings:
    """Read the settings of a CreateTransformJob request."""
    source, output = structure(request, "TransformInput"), structure(request, "TransformOutput")
    client = request.optional_structure("ModelClientConfig") or Request({})
    retries = client.optional_number("InvocationsMaxRetries")
    return Settings(
        content_type=source.optional_text("ContentType"),
        accept=output.optional_text("Accept"),
        splits=source.optional_text("SplitType") == "Line",
        joins_with_line_breaks=output.optional_text("AssembleWith") == "Line",
        max_concurrent=request.optional_number("MaxConcurrentTransforms") or None,
        max_payload=request.optional_number("MaxPayloadInMB"),
        strategy=request.optional_text("BatchStrategy"),
        seconds=client.optional_number("InvocationsTimeoutInSeconds") or _DEFAULT_SECONDS,
        retries=_DEFAULT_RETRIES if retries is None else retries,
    )


@dataclass(frozen=True, slots=True)
class Invocations:
    """Asks a model about objects."""

    server: SerialServers
    settings: Settings
    is_wanted: Callable[[], bool]

    def answers(self, lines: Iterable[bytes], processing: Processing | None = None) -> Iterator[bytes]:
        """Give what goes into the output for an object, piece by piece, while the job is wanted.

        Raises `InvocationError` if the model refused a payload or broke. Raises `PayloadError` if a record is
        too large, or cannot be processed.
        """
        given = lines if processing is None else processing.before(lines)
        for payload in self.settings.batching().payloads(given):
            if not self.is_wanted():
                return
            answer = self._invoke(payload).body
            if processing is not None:
                yield processing.after(payload, answer)
                continue
            yield assembled(answer, by_line=self.settings.joins_with_line_breaks)

    def _invoke(self, payload: bytes) -> Reply:
        """Ask, and ask again while the model breaks; what it refuses, it would refuse again."""
        problem = ""
        for _ in range(1 + self.settings.retries):
            try:
                reply = self.server.invoke(payload, self.settings.headers(), self.settings.seconds)
            except NoAnswerError as error:
                problem = f"Unable to get response from algorithm ({error})"
            else:
                if reply.is_good:
                    return reply
                text = reply.body.decode("utf-8", "replace")
                problem = f"{reply.status}\n\nMessage:\n{text}"
                if 400 <= reply.status < 500:
                    raise InvocationError("ClientError", problem)
            if not self.is_wanted():
                break
        raise InvocationError("AlgorithmError", problem)
