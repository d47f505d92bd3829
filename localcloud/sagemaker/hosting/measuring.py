"""What is measured of invocations: the metrics of AWS/SageMaker.

Source: developer guide, "Monitor Amazon SageMaker AI with Amazon CloudWatch", endpoint invocation metrics.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from localcloud.ports import Datum
from localcloud.sagemaker.hosting.endpoint import Endpoint
from localcloud.sagemaker.hosting.model_errors import ModelError

NAMESPACE = "AWS/SageMaker"


@dataclass(slots=True)
class Measured:
    """An invocation that is measured.

    - `variant`: whose server has answered; before that, the one that is asked, as far as it is known.
    - `seconds`: how long the model took.
    - `status`: what it answered.
    """

    variant: str
    seconds: float = 0.0
    status: int = 0

    @contextmanager
    def model(self) -> Iterator[None]:
        """Take the time of the model."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.seconds = time.perf_counter() - begun


@contextmanager
def measured(endpoint: Endpoint, variant: str) -> Iterator[Measured]:
    """Measure an invocation; one that reaches no model is none."""
    found, begun = Measured(variant), time.perf_counter()
    try:
        yield found
    except ModelError as error:
        status = error.members["OriginalStatusCode"]
        found.status = status if isinstance(status, int) and status else 500
        raise
    finally:
        if found.status:
            endpoint.measure(NAMESPACE, _data(endpoint, found, time.perf_counter() - begun))


def _data(endpoint: Endpoint, found: Measured, seconds: float) -> list[Datum]:
    identity = endpoint.identity
    dimensions = (
        {"InferenceComponentName": identity.name}
        if identity.is_component
        else {"EndpointName": identity.name, "VariantName": found.variant}
    )
    counts = {
        "Invocations": 1,
        "Invocation4XXErrors": 400 <= found.status < 500,
        "Invocation5XXErrors": found.status >= 500,
        "InvocationModelErrors": not 200 <= found.status < 300,
    }
    times = {"ModelLatency": found.seconds, "OverheadLatency": max(0.0, seconds - found.seconds)}
    return [
        *(Datum(name, float(value), dimensions, "None") for name, value in counts.items()),
        *(Datum(name, value * 1e6, dimensions, "Microseconds") for name, value in times.items()),
    ]
