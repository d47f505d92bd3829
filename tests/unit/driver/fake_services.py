"""SageMaker and Step Functions as timetables: what is true of an execution, and since when."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from driver.aws.history import HistoryEvent, HistoryPage, Reading
from driver.aws.hosting import Hosting
from driver.aws.pipelines import Pipelines
from driver.aws.state_machines import StateMachines
from driver.executions.timeline import Timeline
from driver.model.exceptions import WrongUseError
from driver.model.status import StateMachineStatus, Status
from driver.model.values import Endpoint, Notebook, PipelineExecution, StateMachineExecution, Step

_NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
RESULT = "Longitude,Latitude,reverse_geo.label\n-149.9,61.2,Anchorage\n13.4,52.5,Berlin\n"


@dataclass
class FakePipelines(Pipelines):
    """SageMaker. Executions pass through the states they were given, each from its second on.

    Parameters
    ----------
    clock
        Seconds.
    objects
        The buckets, into which every execution that is started writes its result.
    """

    clock: Callable[[], float]
    objects: dict[str, str]
    result: str = RESULT
    states: dict[str, list[tuple[float, PipelineExecution, tuple[Step, ...]]]] = field(default_factory=dict)
    next_arn: str = ""
    started_with: dict[str, dict[str, str]] = field(default_factory=dict)
    stops: list[str] = field(default_factory=list)
    asked: list[tuple[float, str]] = field(default_factory=list)
    instances: list[Notebook] = field(default_factory=list)
    obeys: bool = True
    definitions: dict[str, Mapping[str, object]] = field(default_factory=dict)  # by pipeline or execution

    def plays(self, execution: PipelineExecution, *steps: Step, since: float = 0.0) -> None:
        """Let something be true of an execution from a second on; the next one started is the last told."""
        self.states.setdefault(execution.arn, []).append((since, execution, steps))
        self.next_arn = execution.arn

    def start(self, pipeline_name: str, display_name: str, parameters: Mapping[str, str]) -> str:
        self.started_with[self.next_arn] = dict(parameters)
        said = re.search(r"s3://[^/]+/outputfiles/[^\s\"]+", " ".join(parameters.values()))
        if said:
            self.objects[f"{said[0].removeprefix('s3://')}job/results_0.csv"] = self.result
        return self.next_arn

    def describe(self, arn: str) -> PipelineExecution:
        self.asked.append((self.clock(), "DescribePipelineExecution"))
        return self._now(arn)[0]

    def steps(self, arn: str) -> tuple[Step, ...]:
        self.asked.append((self.clock(), "ListPipelineExecutionSteps"))
        return self._now(arn)[1]

    def executions(self, pipeline_name: str) -> Iterator[PipelineExecution]:
        found = [self._now(arn)[0] for arn in self.states if f":pipeline/{pipeline_name}/" in arn]
        return iter(sorted(found, key=lambda seen: seen.started, reverse=True))

    def parameters(self, arn: str) -> dict[str, str]:
        return self.started_with.get(arn, {})

    def definition(self, pipeline_name: str) -> Mapping[str, object]:
        return self.definitions.get(pipeline_name, {"Version": "2020-12-01", "Steps": []})

    def definition_of_execution(self, arn: str) -> Mapping[str, object]:
        return self.definitions.get(arn, {"Version": "2020-12-01", "Steps": []})

    def stop(self, arn: str) -> None:
        self.stops.append(arn)
        if self.obeys:
            execution, steps = self._now(arn)
            self.plays(replace(execution, status=Status.STOPPED), *steps, since=self.clock())

    def notebooks(self, limit: int) -> list[Notebook]:
        return self.instances[:limit]

    def why_no_pipelines(self) -> str:
        return ""

    def _now(self, arn: str) -> tuple[PipelineExecution, tuple[Step, ...]]:
        true = [(execution, steps) for since, execution, steps in self.states[arn] if since <= self.clock()]
        return true[-1]


@dataclass(frozen=True, slots=True)
class Run(StateMachineExecution):
    """An execution of the state machine around the pipeline, and the pipeline execution that it started."""

    pipeline_arn: str = ""


@dataclass
class FakeStateMachines(StateMachines):
    """Step Functions.

    Executions of the state machine start pipelines, and pass through states as theirs do, of which their
    histories are made; those of workflows have histories, of which each event has its second.
    """

    pipelines: FakePipelines
    states: dict[str, list[tuple[float, StateMachineExecution]]] = field(default_factory=dict)
    next_states: list[tuple[float, StateMachineExecution]] = field(default_factory=list)
    stops: list[str] = field(default_factory=list)
    started_with: dict[str, dict[str, object]] = field(default_factory=dict)
    histories: dict[str, list[tuple[float, HistoryEvent]]] = field(default_factory=dict)
    next_history: list[tuple[float, HistoryEvent]] = field(default_factory=list)
    page: int = 1000  # events in an answer
    definitions: dict[str, Mapping[str, object]] = field(default_factory=dict)  # by machine or execution

    def plays(self, execution: StateMachineExecution, *, since: float = 0.0) -> None:
        """Let something be true of an execution from a second on, and of the next one that is started."""
        self.states.setdefault(execution.arn, []).append((since, execution))
        self.next_states.append((since, execution))

    def start(self, state_machine_arn: str, name: str, inputs: Mapping[str, object]) -> str:
        arn = f"{state_machine_arn.replace('stateMachine', 'execution')}:{name}"
        self.started_with[arn] = dict(inputs)
        parameters = inputs.get("parameters")
        if isinstance(parameters, dict):
            self.states = {arn: [(since, replace(state, arn=arn)) for since, state in self.next_states]}
            self.pipelines.start("", name, parameters)
        else:
            self.histories[arn] = [
                (self.pipelines.clock() + since, event) for since, event in self.next_history
            ]
        return arn

    def describe(self, arn: str) -> StateMachineExecution:
        self.pipelines.asked.append((self.pipelines.clock(), "DescribeExecution"))
        return self._now(arn)

    def history(self, arn: str, reading: Reading) -> HistoryPage:
        self.pipelines.asked.append((self.pipelines.clock(), "GetExecutionHistory"))
        written = self.histories.get(arn) or self._written(arn)
        if not written:
            raise WrongUseError(f"There is no execution {arn.rpartition(':')[2]}.")
        happened = [event for since, event in written if since <= self.pipelines.clock()]
        newest_first = happened[::-1]
        begin = int(reading.next_token or 0)
        end = begin + min(self.page, reading.page_size)
        return HistoryPage(tuple(newest_first[begin:end]), str(end) if end < len(newest_first) else "")

    def executions(
        self, state_machine_arn: str, status: StateMachineStatus | None = None
    ) -> Iterator[StateMachineExecution]:
        runs = f"{state_machine_arn.replace('stateMachine', 'execution')}:"
        known = [*self.states, *self.histories]
        found = [self._now(arn) for arn in known if arn.startswith(runs)]
        listed = [seen for seen in found if status in {None, seen.status}]
        return iter(sorted(listed, key=lambda seen: str(seen.started), reverse=True))

    def definition(self, state_machine_arn: str) -> Mapping[str, object]:
        return self.definitions[state_machine_arn]

    def definition_of_execution(self, arn: str) -> Mapping[str, object]:
        return self.definitions.get(arn, {"StartAt": "Train", "States": {}})

    def stop(self, arn: str) -> None:
        self.stops.append(arn)
        if arn in self.histories:
            events = [item for item in self.histories[arn] if item[0] <= self.pipelines.clock()]
            end = HistoryEvent(len(events) + 1, 0, "ExecutionAborted", _NOON)
            self.histories[arn] = [*events, (self.pipelines.clock(), end)]
            return
        ended = replace(self._now(arn), status=StateMachineStatus.ABORTED)
        self.plays(ended, since=self.pipelines.clock())

    def _written(self, arn: str) -> list[tuple[float, HistoryEvent]]:
        """Write the history of an execution that passes through states."""
        events: list[tuple[float, HistoryEvent]] = []

        def add(since: float, kind: str, time: datetime | None, **details: object) -> None:
            number = len(events) + 1
            events.append((since, HistoryEvent(number, number - 1, kind, time or _NOON, details)))

        pipeline = ""
        for since, state in self.states.get(arn, []):
            if not events:
                add(since, "ExecutionStarted", state.started)
                add(since, "TaskStateEntered", state.started, name="RunPipeline")
                work = {"resourceType": "lambda", "resource": "invoke.waitForTaskToken"}
                add(since, "TaskScheduled", state.started, **work)
            if isinstance(state, Run) and state.pipeline_arn not in {"", pipeline}:
                pipeline = state.pipeline_arn
                answer = json.dumps({"Payload": {"pipelineExecutionArn": pipeline}})
                add(since, "TaskSubmitted", state.started, output=answer)
            if state.status is StateMachineStatus.SUCCEEDED:
                add(since, "TaskSucceeded", state.ended)
                add(since, "TaskStateExited", state.ended, name="RunPipeline")
            if state.status.is_terminal:
                end = f"Execution{state.status.title().replace('_', '')}"
                said = {"output": state.output, "error": state.error, "cause": state.cause}
                add(since, end, state.ended, **said)
        return events

    def _now(self, arn: str) -> StateMachineExecution:
        if arn in self.histories:
            timeline = Timeline()
            for since, event in self.histories[arn]:
                if since <= self.pipelines.clock():
                    timeline.add(event)
            end = timeline.end
            return StateMachineExecution(
                arn,
                timeline.status,
                timeline.started,
                *((end.time, end.output, end.error, end.cause) if end else ()),
            )
        return [state for since, state in self.states[arn] if since <= self.pipelines.clock()][-1]


@dataclass
class FakeHosting(Hosting):
    """Models and endpoints. An endpoint that is deleted is gone some seconds later."""

    clock: Callable[[], float]
    states: dict[str, Endpoint] = field(default_factory=dict)
    config_models: dict[str, list[str]] = field(default_factory=dict)
    model_names: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    gone_at: dict[str, float] = field(default_factory=dict)
    answer: bytes = b""
    invoked: list[tuple[str, bytes, str, str]] = field(default_factory=list)
    behind: dict[str, list[str]] = field(default_factory=dict)  # the instances of each endpoint

    def instances(self, endpoint_name: str) -> list[str]:
        return self.behind.get(endpoint_name, [])

    def endpoints(self, prefix: str) -> list[Endpoint]:
        return [found for name in sorted(self.states) if (found := self.describe(name)) and prefix in name]

    def configs(self, prefix: str) -> list[str]:
        return sorted(name for name in self.config_models if name.startswith(prefix))

    def models(self, prefix: str) -> list[str]:
        return sorted(name for name in self.model_names if name.startswith(prefix))

    def describe(self, endpoint_name: str) -> Endpoint | None:
        if self.gone_at.get(endpoint_name, self.clock() + 1) <= self.clock():
            return None
        return self.states.get(endpoint_name)

    def models_of(self, config_name: str) -> list[str]:
        return self.config_models.get(config_name, [])

    def delete_endpoint(self, name: str) -> None:
        self.deleted.append(name)
        self.gone_at[name] = self.clock() + 2
        self.states[name] = replace(self.states[name], status="Deleting")

    def delete_config(self, name: str) -> None:
        self.deleted.append(name)
        self.config_models.pop(name)

    def delete_model(self, name: str) -> None:
        self.deleted.append(name)
        self.model_names.remove(name)

    def invoke(self, endpoint_name: str, body: bytes, content_type: str, accept: str) -> bytes:
        self.invoked.append((endpoint_name, body, content_type, accept))
        return self.answer
