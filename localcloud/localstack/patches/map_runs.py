"""Distributed Maps: each child is an execution of its own, and a redrive goes on with the same Map Run.

LocalStack runs the items within the execution of the Map: there are no child executions to list, describe or
redrive, a result file is never written, and a thread is started for each item.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from localstack.aws.api.stepfunctions import (
    HistoryEventType,
    MapRunFailedEventDetails,
    MapRunRedrivenEventDetails,
    MapRunStartedEventDetails,
    MapRunStatus,
)
from localstack.services.stepfunctions.asl.component.common.error_name.failure_event import (
    FailureEventException,
)
from localstack.services.stepfunctions.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map import state_map
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.iteration.distributed_iteration_component import (  # noqa: E501
    DistributedIterationComponent,
    DistributedIterationComponentEvalInput,
)
from localstack.services.stepfunctions.asl.eval.environment import Environment
from localstack.services.stepfunctions.asl.eval.event.event_detail import EventDetails
from localstack.services.stepfunctions.asl.eval.event.event_manager import EventHistoryContext
from localstack.services.stepfunctions.asl.eval.event.logging import CloudWatchLoggingSession
from localstack.services.stepfunctions.asl.eval.program_state import ProgramRunning
from localstack.services.stepfunctions.asl.eval.states import (
    ContextObjectData,
    ExecutionData,
    StateMachineData,
)
from localstack.services.stepfunctions.asl.utils.encoding import to_json_str
from localstack.utils.patch import patch
from localstack.utils.strings import long_uid

from localcloud.localstack.children import Child, iso
from localcloud.localstack.map_run import MAX_REDRIVES, Engine, MapRun
from localcloud.localstack.patches.maps import (
    EXCEEDED,
    TOLERANCES,
    express_maps,
    failure_of_map_run,
    own_field,
    selected_items,
)
from localcloud.localstack.patches.progress import take_up
from localcloud.localstack.progress import Progress
from localcloud.states_language.fields import is_expression


def apply() -> None:
    """Apply all patches of this module."""
    let_children_be_executions()


class _Running:
    """Ends a Map Run with the state that it belongs to, whatever ends that."""

    def __init__(self, engine: Engine) -> None:
        self.close = engine.close


def let_children_be_executions() -> None:
    """Defects: items run within the Map's own execution, and each has a thread from the start."""
    state_map.MapRunRecord = MapRun

    @patch(DistributedIterationComponent._eval_body)
    def _eval_body(original: object, self: DistributedIterationComponent, env: Environment) -> None:
        eval_input = env.stack.pop()
        run = _taken_up(env, eval_input)
        try:
            if run.redrive_count:
                _tell(env, HistoryEventType.MapRunRedriven, run)
                _run(self, env, run)
            else:
                _tell(env, HistoryEventType.MapRunStarted, run)
                if eval_input.item_reader:
                    eval_input.item_reader.eval(env=env)
                else:
                    env.stack.append(eval_input.input_items)
                self._map_run(env=env, eval_input=eval_input)
        except Exception as error:
            details = MapRunFailedEventDetails()
            if isinstance(error, FailureEventException) and (told := error.extract_error_cause_pair()):
                details |= {
                    name: value for name, value in zip(("error", "cause"), told, strict=True) if value
                }
            env.event_manager.add_event(
                env.event_history_context,
                HistoryEventType.MapRunFailed,
                EventDetails(mapRunFailedEventDetails=details),
            )
            run.set_stop(status=MapRunStatus.FAILED)
            raise
        if not env.is_running():
            run.set_stop(status=MapRunStatus.ABORTED)
            return
        env.event_manager.add_event(env.event_history_context, HistoryEventType.MapRunSucceeded)
        run.set_stop(status=MapRunStatus.SUCCEEDED)

    @patch(DistributedIterationComponent._map_run)
    def _map_run(
        original: object,
        self: DistributedIterationComponent,
        env: Environment,
        eval_input: DistributedIterationComponentEvalInput,
    ) -> None:
        run = eval_input.map_run_record
        items = env.stack.pop()
        are_batches = getattr(eval_input, "are_batches", False)
        given = items if are_batches else selected_items(env, eval_input, items)
        sizes = [len(one["Items"]) for one in items] if are_batches else [1] * len(items)
        run.children.fill(_children(given, sizes, is_express=run.is_express))
        run.version += 1
        _run(self, env, run)


def _taken_up(env: Environment, eval_input: DistributedIterationComponentEvalInput) -> MapRun:
    """Give the Map Run of the state: the one that a redrive goes on with, or a new one."""
    progress, pool = env.progress, env.map_run_record_pool_manager
    run: MapRun = eval_input.map_run_record
    for field, attribute in TOLERANCES.items():
        tolerance, evaluated = own_field(env, field, eval_input.state_name)
        if is_expression(tolerance):
            setattr(run, attribute, evaluated(tolerance))
    earlier = pool.get(progress.map_run) if progress.keeps and progress.map_run else None
    progress.keeps = False
    if earlier is not None and len(earlier.children):
        del pool._pool[run.map_run_arn]
        earlier.take(run)
        eval_input.map_run_record = run = earlier
    run.is_express = eval_input.state_name in express_maps(env.aws_execution_details.definition)
    progress.map_run = run.map_run_arn
    env.event_manager.finished += 1  # the execution is saved with it
    return run


def _tell(env: Environment, event: str, run: MapRun) -> None:
    if event == HistoryEventType.MapRunStarted:
        details = EventDetails(mapRunStartedEventDetails=MapRunStartedEventDetails(mapRunArn=run.map_run_arn))
    else:
        redriven = MapRunRedrivenEventDetails(mapRunArn=run.map_run_arn, redriveCount=run.redrive_count)
        details = EventDetails(mapRunRedrivenEventDetails=redriven)
    env.event_manager.add_event(env.event_history_context, event, details)


def _children(given: Sequence[object], sizes: Sequence[int], *, is_express: bool) -> list[Child]:
    names = (f"{long_uid()}:{long_uid()}" if is_express else long_uid() for _ in given)
    return [
        Child(index, name, to_json_str(one, separators=(",", ":")), size)
        for index, (name, one, size) in enumerate(zip(names, given, sizes, strict=True))
    ]


def _run(component: DistributedIterationComponent, env: Environment, run: MapRun) -> None:
    """Run the children; give the outputs of those that succeeded, or fail."""
    if run.redrive_count > MAX_REDRIVES:
        cause = f"A Map Run can be redriven {MAX_REDRIVES} times."
        raise failure_of_map_run(env, StatesErrorNameType.StatesRuntime, cause)
    run.engine = engine = Engine(
        run, component._get_iteration_program(), lambda child: _environment(env, run, child)
    )
    ending = _Running(engine)
    with env._state_mutex:
        env.waiting_callbacks.add(ending)
        if not env.is_running():
            engine.close()
    try:
        engine.run()
    finally:
        env.waiting_callbacks.discard(ending)
    if engine.is_exceeded:
        raise failure_of_map_run(
            env, StatesErrorNameType.StatesExceedToleratedFailureThreshold, cause=EXCEEDED
        )
    env.stack.append([json.loads(one.output) for one in run.children if one.output is not None])


def _environment(parent: Environment, run: MapRun, child: Child) -> Environment:
    """Make the environment of a child: it knows nothing of its parent's variables, nor of its context."""
    arn = f"{run.execution_prefix}{child.name}"
    name = parent.states.context_object.context_object_data["StateMachine"]["Name"]
    given = json.loads(child.given)
    execution = ExecutionData(
        Id=arn,
        Input=given,
        Name=child.name,
        RoleArn=parent.aws_execution_details.role_arn,
        StartTime=iso(datetime.now(UTC)),
    )
    session = parent.cloud_watch_logging_session
    if session is not None:
        session = CloudWatchLoggingSession(execution_arn=arn, configuration=session.configuration)
    env = Environment(
        aws_execution_details=parent.aws_execution_details,
        execution_type=parent.execution_type,
        context=ContextObjectData(
            Execution=execution,
            StateMachine=StateMachineData(Id=run.map_state_machine_arn, Name=f"{name}/{run.label}"),
        ),
        event_history_context=EventHistoryContext.of_program_start(),
        cloud_watch_logging_session=session,
        activity_store=parent.activity_store,
        local_mock_test_case=parent.local_mock_test_case,
    )
    env.callback_pool_manager = parent.callback_pool_manager
    env.map_run_record_pool_manager = parent.map_run_record_pool_manager
    env.states.reset(input_value=given)
    earlier = None if run.is_express else child.progress
    take_up(env, Progress() if earlier is None else earlier.again(child.error))
    env._program_state = ProgramRunning()  # it can be stopped before its first state
    return env
