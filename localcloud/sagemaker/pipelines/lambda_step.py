"""The Lambda step: invokes a function and takes its declared outputs from the result.

The event is the step's resolved arguments. The result is a JSON object with the declared outputs among its
top-level keys. An output that is not there is absent: the step succeeds, and a reference to the output fails
where it stands. (The functions of AWS's geospatial scenario return fewer outputs than its definition has:
awsdocs/aws-doc-sdk-examples.) AWS ends the step after 10 minutes; the function then runs on.
"""

import json
from collections.abc import Callable, Mapping
from functools import partial

from localcloud.errors import ServiceError
from localcloud.ports import FunctionResult, Ports
from localcloud.sagemaker.pipelines.caching import earlier_run
from localcloud.sagemaker.pipelines.calling_step import CallingStep, parse_calling_step
from localcloud.sagemaker.pipelines.outputs import listed, properties_of, read_output
from localcloud.sagemaker.pipelines.reading import StepError
from localcloud.sagemaker.pipelines.steps import Context, Header, Outcome, Succeeded, Work
from localcloud.sagemaker.pipelines.values import Value

TIME_LIMIT = 600.0


class LambdaStep(CallingStep):
    """A step that invokes a function."""

    __slots__ = ()

    def resolve(self, context: Context) -> Work:
        """Evaluate the arguments."""
        function_arn, event, key = self.evaluated(context.environment)
        find = partial(earlier_run, context.service, self.header.name, key, self.expiry)
        perform = partial(self._invoke, function_arn, event, find)
        return Work(_metadata(function_arn, {}), perform, TIME_LIMIT, cache_key=key)

    def _invoke(
        self,
        function_arn: str,
        event: Mapping[str, object],
        find: Callable[[], Succeeded | None],
        ports: Ports,
    ) -> Outcome:
        if earlier := find():
            return earlier
        try:
            result = ports.functions.invoke(function_arn, json.dumps(event).encode())
        except ServiceError as error:
            raise StepError(
                f"ClientError: Failed to invoke lambda:InvokeFunction. Error Details: {error}"
            ) from error
        if result.function_error is not None:
            raise StepError(f"ClientError: Lambda function {function_arn} failed. {_describe(result)}")
        values = self._read(result.payload)
        return Succeeded(properties_of(values), _metadata(function_arn, values))

    def _read(self, payload: bytes) -> dict[str, Value]:
        """Take the declared outputs; a step without any does not look at the result."""
        document = _parse(payload) if self.outputs else {}
        if not isinstance(document, dict):
            names = ", ".join(output.name for output in self.outputs)
            raise StepError(
                f"ClientError: The Lambda function's result is not a JSON object, and must have: {names}."
            )
        values: dict[str, Value] = {}
        for output in self.outputs:
            if output.name not in document:
                continue
            try:
                values[output.name] = read_output(output, document[output.name])
            except ValueError as error:
                raise StepError(f"ClientError: Output parameter '{output.name}': {error}.") from error
        return values


def parse_lambda_step(header: Header, members: dict[str, object]) -> LambdaStep:
    """Read a Lambda step of a definition, as `parse_calling_step` does."""
    return parse_calling_step(LambdaStep, "FunctionArn", header, members)


def _metadata(function_arn: str, values: Mapping[str, Value]) -> Mapping[str, object]:
    return {"Lambda": {"Arn": function_arn, "OutputParameters": listed(values)}}


def _describe(result: FunctionResult) -> str:
    """Say what Lambda reports of a function that raised: ``errorType: errorMessage``."""
    document = _parse(result.payload)
    if isinstance(document, dict):
        parts = [str(document[key]) for key in ("errorType", "errorMessage") if document.get(key)]
        if parts:
            return ": ".join(parts)
    return result.payload.decode(errors="replace") or str(result.function_error)


def _parse(payload: bytes) -> object:
    """Read a payload as JSON; what is not JSON is no object and has no members."""
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        return None
