"""Distributed Maps: EXPRESS child workflows, batches of items, and how many of them may fail."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from localstack.aws.api.stepfunctions import HistoryEventType, MapRunFailedEventDetails
from localstack.services.stepfunctions.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from localstack.services.stepfunctions.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from localstack.services.stepfunctions.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.iteration.distributed_iteration_component import (  # noqa: E501
    DistributedIterationComponent,
    DistributedIterationComponentEvalInput,
)
from localstack.services.stepfunctions.asl.eval.environment import Environment
from localstack.services.stepfunctions.asl.eval.event.event_detail import EventDetails
from localstack.services.stepfunctions.asl.eval.states import ItemData, MapData
from localstack.services.stepfunctions.asl.parse.asl_parser import AmazonStateLanguageParser
from localstack.services.stepfunctions.asl.parse.test_state.asl_parser import (
    TestStateAmazonStateLanguageParser,
)
from localstack.services.stepfunctions.asl.utils.json_path import extract_json
from localstack.utils.patch import patch

from localcloud.localstack.patches.expressions import variables
from localcloud.states_language.batches import batches
from localcloud.states_language.fields import expression, is_expression, states
from localcloud.states_language.jsonata import evaluate

EXCEEDED = "The specified tolerated failure threshold was exceeded"
BATCHER = "ItemBatcher"
TOLERANCES = {
    "ToleratedFailureCount": "tolerated_failure_count",
    "ToleratedFailurePercentage": "tolerated_failure_percentage",
}
"""Fields of a Map, and of its Map Run."""
_WRITES = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {}}


def apply() -> None:
    """Apply all patches of this module."""
    read_what_the_grammar_lacks()
    divide_items_into_batches()


def read_what_the_grammar_lacks() -> None:
    """Defect: EXPRESS child workflows, ItemBatcher and whole percentages are syntax errors.

    So is most of ItemReader and ResultWriter, and tolerances in JSONata have no effect. What is left out for
    the grammar is read of the definition itself: `own_field`. The types of child workflows differ in their
    ARN and in what a redrive does: an EXPRESS one runs anew.
    """
    original = AmazonStateLanguageParser.parse

    def parse(definition: str) -> Any:
        return original(readable(definition))

    original_of_one = TestStateAmazonStateLanguageParser.parse

    def parse_one(definition: str, state_name: str | None = None) -> Any:
        return original_of_one(readable(definition), state_name)

    AmazonStateLanguageParser.parse = staticmethod(parse)
    TestStateAmazonStateLanguageParser.parse = staticmethod(parse_one)


def readable(definition: str) -> str:
    """Rewrite a definition for LocalStack's grammar; as it is where there is nothing to rewrite."""
    try:
        document = json.loads(definition)
    except ValueError:
        return definition
    is_rewritten = False
    for _, _, state in states(_machine(document, "")):
        assert isinstance(state, dict)
        for field in ("ItemProcessor", "Iterator"):
            config = (state.get(field) or {}).get("ProcessorConfig") or {}
            if config.get("ExecutionType") == "EXPRESS":
                config["ExecutionType"], is_rewritten = "STANDARD", True
        for field in TOLERANCES:
            if is_expression(state.get(field)):
                del state[field]
                is_rewritten = True
        if isinstance(percentage := state.get("ToleratedFailurePercentage"), int):
            state["ToleratedFailurePercentage"], is_rewritten = float(percentage), True
        if state.pop(BATCHER, None) is not None:
            is_rewritten = True
        reader, writer = state.get("ItemReader"), state.get("ResultWriter")
        if isinstance(reader, dict) and isinstance(config := reader.get("ReaderConfig"), dict):
            limits = {name: config[name] for name in ("MaxItems", "MaxItemsPath") if name in config}
            reader["ReaderConfig"], is_rewritten = {"InputType": "JSON", **limits}, True
        if isinstance(writer, dict) and (writer.keys() & {"Arguments", "WriterConfig"}):
            known = {name: value for name, value in writer.items() if name in _WRITES}
            state["ResultWriter"], is_rewritten = {**_WRITES, **known}, True
    return json.dumps(document) if is_rewritten else definition


def _machine(document: Any, name: str) -> Any:
    """Give the states of what TestState is given: a machine, or one state alone."""
    is_alone = isinstance(document, dict) and "States" not in document
    return {"States": {name: document}} if is_alone else document


def divide_items_into_batches() -> None:
    """Defect: ItemBatcher does nothing."""

    @patch(DistributedIterationComponent._map_run)
    def map_run(
        original: Callable[..., None],
        self: DistributedIterationComponent,
        env: Environment,
        eval_input: DistributedIterationComponentEvalInput,
    ) -> None:
        batcher, fill = own_field(env, BATCHER, eval_input.state_name)
        if batcher:
            items = selected_items(env, eval_input, env.stack.pop())
            most_items, most_bytes = (
                _limit(batcher, fill, name) for name in ("MaxItemsPerBatch", "MaxInputBytesPerBatch")
            )
            head = {"BatchInput": fill(batcher["BatchInput"])} if "BatchInput" in batcher else {}
            env.stack.append([head | {"Items": batch} for batch in batches(items, most_items, most_bytes)])
            eval_input.are_batches = True
        original(self, env=env, eval_input=eval_input)


def failure_of_map_run(env: Environment, kind: StatesErrorNameType, cause: str) -> FailureEventException:
    """Make the error that ends a Distributed Map."""
    name = StatesErrorName(typ=kind)
    details = MapRunFailedEventDetails(error=name.error_name, cause=cause)
    event = EventDetails(mapRunFailedEventDetails=details)
    return FailureEventException(FailureEvent(env, name, HistoryEventType.MapRunFailed, event))


class _Template:
    def __init__(self, env: Environment, given: object, *, is_jsonata: bool) -> None:
        self._env, self._given, self._is_jsonata = env, given, is_jsonata

    def fill(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            filled = {}
            for name, item in value.items():
                is_path = name.endswith(".$") and not self._is_jsonata
                filled[name.removesuffix(".$") if is_path else name] = (
                    self.path(item) if is_path else self.fill(item)
                )
            return filled
        if isinstance(value, list):
            return [self.fill(item) for item in value]
        if self._is_jsonata and is_expression(value):
            known = {**variables(self._env), "states": self._env.states._states_data}
            return evaluate(expression(value), known)
        return value

    def path(self, path: str) -> Any:
        if path.startswith("$$"):
            return extract_json(path[1:], self._env.states.context_object.context_object_data)
        return extract_json(path, self._given)


def _limit(batcher: Mapping[str, Any], fill: Callable[[Any], Any], name: str) -> int | None:
    wanted = fill({f"{name}.$": batcher[f"{name}Path"]}) if f"{name}Path" in batcher else batcher
    value = fill(wanted.get(name))
    if value is None:
        return None
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 1 or value % 1:
        raise ValueError(f"{name} of an ItemBatcher must be a positive integer, but is {json.dumps(value)}")
    return int(value)


def own_field(env: Environment, field: str, name: str = "") -> tuple[Any, Callable[[Any], Any]]:
    """Read a field of a state's definition, an empty object where there is none, and what evaluates it.

    `name`: of the state; empty for the one that runs.
    """
    name = name or env.states.context_object.context_object_data["State"]["Name"]
    document = json.loads(env.aws_execution_details.definition)
    for _, known, state in states(_machine(document, name)):
        if known == name and (found := state.get(field)) is not None:
            language = state.get("QueryLanguage", document.get("QueryLanguage"))
            return found, _Template(env, env.states.get_input(), is_jsonata=language == "JSONata").fill
    return {}, lambda value: value


def selected_items(
    env: Environment, eval_input: DistributedIterationComponentEvalInput, items: Sequence[object]
) -> Sequence[object]:
    """Give the items as the state's ItemSelector makes them."""
    selector = eval_input.item_selector or eval_input.parameters
    if selector is None:
        return items
    frame = env.open_inner_frame()
    given = env.states.get_input()
    frame.states.reset(input_value=given)
    selected = []
    try:
        for index, item in enumerate(items):
            context = frame.states.context_object.context_object_data
            context["Map"] = MapData(Item=ItemData(Index=index, Value=item))
            frame.stack[:] = [given]
            selector.eval(frame)
            selected.append(frame.stack.pop())
        return selected
    finally:
        env.delete_frame(frame)


@lru_cache(maxsize=256)
def express_maps(definition: str) -> frozenset[str]:
    """Name the Maps whose children are EXPRESS."""
    return frozenset(
        name
        for _, name, state in states(json.loads(definition))
        if isinstance(state, dict)
        for field in ("ItemProcessor", "Iterator")
        if ((state.get(field) or {}).get("ProcessorConfig") or {}).get("ExecutionType") == "EXPRESS"
    )
