"""Runs of the fan-out: its items are read, executed, stopped, and what became of them is written."""

import json
from collections.abc import Callable, Iterator
from functools import partial

from tests.integration.wire import Document
from tests.policies.place import Place
from tests.policies.workflows import LONG

_FOLDER = "samplefiles/proof-fan-out/"
_GEOCODING = {
    "pipeline": "geocoding",
    "parameters": {"parameter_input_uri": "${input_uri}", "parameter_output_uri": "${output_uri}"},
}


def _start(place: Place, reader: str, key: str, machine: str, **target: object) -> str:
    """Fan a state machine out over the items of this key; give the execution's ARN."""
    run = {"results": "outputfiles/proof-fan-out/", "state_machine_arn": place.machines[machine], **target}
    return place.start(
        "fan-out",
        reader=reader,
        key=key,
        max_concurrency=1,
        tolerated_failure_count=0,
        tolerated_failure_percentage=0,
        run=run,
    )


def _put(place: Place, name: str, content: str) -> str:
    place.stack.s3.put_object(Bucket=place.bucket, Key=f"{_FOLDER}{name}", Body=content.encode())
    return f"{_FOLDER}{name}"


def over_objects(place: Place) -> Document:
    """Geocode what is below a prefix; tell how that ended, and whether it was written."""
    _put(place, "inputs/places.csv", "Longitude,Latitude\n13.4,52.5\n")
    described = place.finish(_start(place, "Objects", f"{_FOLDER}inputs/", "run-pipeline", **_GEOCODING))
    output = json.loads(described.get("output") or "{}")
    return {"status": described["status"], "error": described.get("error"), "written": bool(output)}


def over_members(place: Place) -> Document:
    """Run a workflow for the members of an array."""
    key = _put(place, "items.json", json.dumps([{"model_name": place.model}]))
    described = place.finish(_start(place, "Members", key, "configure-endpoint", inputs={}))
    return {"status": described["status"], "error": described.get("error")}


def is_stopped(place: Place) -> Document:
    """Stop a fan-out whose item runs; tell whether the item's execution ends with it."""
    key = _put(place, "long.json", json.dumps([LONG]))
    execution = _start(place, "Members", key, "train", inputs={})
    item = (
        f"{place.machines['train'].replace(':stateMachine:', ':execution:')}:{execution.rpartition(':')[2]}-0"
    )
    states = place.stack.states

    def status() -> str:
        try:
            return states.describe_execution(executionArn=item)["status"]
        except states.exceptions.ExecutionDoesNotExist:
            return ""

    place.until(status, "RUNNING".__eq__)
    states.stop_execution(executionArn=execution)
    ended = place.within_a_moment(lambda: status() == "ABORTED")
    if not ended:
        states.stop_execution(executionArn=item)
    return {"status": place.finish(execution)["status"], "ended": ended}


def runs(place: Place) -> Iterator[tuple[str, Callable[[], Document]]]:
    """List them by their names."""
    yield "fan-out over objects", partial(over_objects, place)
    yield "fan-out over members", partial(over_members, place)
    yield "fan-out is stopped", partial(is_stopped, place)
