"""The answers to Callback steps: SendPipelineExecutionStepSuccess and -Failure.

A step is answered once. A further answer is refused as a ValidationException, unless it is the same request
again, told by its ClientRequestToken. AWS does not document which error it is; a ConflictException would
invite callers to try again.
"""

from functools import partial

from localcloud.errors import ValidationError
from localcloud.sagemaker.operations.call import Call
from localcloud.sagemaker.pipelines.runtime import Execution
from localcloud.sagemaker.pipelines.steps import Failed
from localcloud.sagemaker.pipelines.turn import StepEnded
from localcloud.sagemaker.wire.requests import Answer


def send_pipeline_execution_step_success(call: Call) -> Answer:
    """End a waiting callback successfully, with its outputs."""
    return call.store.once("SendPipelineExecutionStepSuccess", call.request, partial(_succeed, call))


def send_pipeline_execution_step_failure(call: Call) -> Answer:
    """End a waiting callback as failed, with the reason."""
    return call.store.once("SendPipelineExecutionStepFailure", call.request, partial(_fail, call))


def _succeed(call: Call) -> Answer:
    execution, step = call.store.find_callback(call.request.text("CallbackToken"))
    outputs: dict[str, str] = {}
    for output in call.request.structures("OutputParameters"):
        name = output.text("Name")
        if name in outputs:
            raise ValidationError(f"Output parameter '{name}' is given more than once.")
        outputs[name] = output.text("Value")
    try:
        accepted = execution.succeed(step, outputs)
    except ValueError as error:
        raise ValidationError(f"{error}.") from error
    return _answer(execution, step, accepted)


def _fail(call: Call) -> Answer:
    execution, step = call.store.find_callback(call.request.text("CallbackToken"))
    reason = call.request.optional_text("FailureReason")
    return _answer(execution, step, execution.handle(StepEnded(step, Failed(reason))))


def _answer(execution: Execution, step: str, accepted: bool) -> Answer:
    if not accepted:
        status, arn = execution.state.steps[step].status, execution.info.arn
        raise ValidationError(
            f"Step '{step}' of '{arn}' does not wait for an answer: its status is {status}."
        )
    return {"PipelineExecutionArn": execution.info.arn}
