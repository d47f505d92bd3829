"""SageMaker and Step Functions as timetables: what is true of an execution, and since when."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from driver.models import Notebook, PipelineExecution, StateMachineExecution, Step
from driver.status import StateMachineStatus, Status

RESULT = "Longitude,Latitude,reverse_geo.label\n-149.9,61.2,Anchorage\n13.4,52.5,Berlin\n"


@dataclass
class FakePipelines:
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

    def plays(self, execution: PipelineExecution, *steps: Step, since: float = 0.0) -> None:
        """Let something be true of an execution from a second on; the next one started is the last told."""
        self.states.setdefault(execution.arn, []).append((since, execution, steps))
        self.next_arn = execution.arn

    def start(self, pipeline_name: str, display_name: str, parameters: Mapping[str, str]) -> str:
        self.started_with[self.next_arn] = dict(parameters)
        export = json.loads(parameters["parameter_vej_export_config"])["S3Data"]["S3Uri"]
        self.objects[f"{export.removeprefix('s3://')}job/results_0.csv"] = self.result
        return self.next_arn

    def describe(self, arn: str) -> PipelineExecution:
        self.asked.append((self.clock(), "DescribePipelineExecution"))
        return self._now(arn)[0]

    def steps(self, arn: str) -> tuple[Step, ...]:
        self.asked.append((self.clock(), "ListPipelineExecutionSteps"))
        return self._now(arn)[1]

    def executions(self, pipeline_name: str) -> Iterator[PipelineExecution]:
        found = [self._now(arn)[0] for arn in self.states]
        return iter(sorted(found, key=lambda seen: seen.started, reverse=True))

    def parameters(self, arn: str) -> dict[str, str]:
        return self.started_with.get(arn, {})

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


@dataclass
class FakeStateMachines:
    """Step Functions. Its executions start pipelines, and pass through states as theirs do."""

    pipelines: FakePipelines
    states: dict[str, list[tuple[float, StateMachineExecution]]] = field(default_factory=dict)
    next_states: list[tuple[float, StateMachineExecution]] = field(default_factory=list)
    stops: list[str] = field(default_factory=list)

    def plays(self, execution: StateMachineExecution, *, since: float = 0.0) -> None:
        """Let something be true of an execution from a second on, and of the next one that is started."""
        self.states.setdefault(execution.arn, []).append((since, execution))
        self.next_states.append((since, execution))

    def start(self, state_machine_arn: str, name: str, parameters: Mapping[str, str]) -> str:
        arn = f"{state_machine_arn.replace('stateMachine', 'execution')}:{name}"
        self.states = {arn: [(since, replace(state, arn=arn)) for since, state in self.next_states]}
        self.pipelines.start("", name, parameters)
        return arn

    def describe(self, arn: str) -> StateMachineExecution:
        self.pipelines.asked.append((self.pipelines.clock(), "GetExecutionHistory"))
        return self._now(arn)

    def executions(self, state_machine_arn: str) -> Iterator[StateMachineExecution]:
        found = [self._now(arn) for arn in self.states]
        return iter(sorted(found, key=lambda seen: str(seen.started), reverse=True))

    def stop(self, arn: str) -> None:
        self.stops.append(arn)
        ended = replace(self._now(arn), status=StateMachineStatus.ABORTED)
        self.plays(ended, since=self.pipelines.clock())

    def _now(self, arn: str) -> StateMachineExecution:
        return [state for since, state in self.states[arn] if since <= self.pipelines.clock()][-1]
