"""Runs that take a moment: what AWS checks when something is made, and that functions write their logs."""

import json
import time
from collections.abc import Callable, Iterator
from functools import partial

from botocore.exceptions import ClientError

from tests.integration.wire import Document, unique
from tests.policies.place import Place


def state_machine_is_updated(place: Place, machine: str) -> Document:
    """Update a state machine to what it is: Step Functions looks at what its role may."""
    arn = place.machines[machine]
    definition = place.stack.states.describe_state_machine(stateMachineArn=arn)["definition"]
    place.stack.states.update_state_machine(stateMachineArn=arn, definition=definition)
    return {"updated": True}


def queue_feeds_the_function(place: Place) -> Document:
    """Ask for the event source that is there: Lambda looks at the role first."""
    try:
        place.stack.functions.create_event_source_mapping(
            EventSourceArn=place.stack.output("queue_arn"), FunctionName=place.function("geospatial")
        )
    except ClientError as error:
        return {"refused": error.response["Error"]["Code"]}
    return {}


def lost_events_have_a_destination(place: Place) -> Document:
    """Configure the destination that is there."""
    name = place.function("answer_task")
    before = place.stack.functions.get_function_event_invoke_config(FunctionName=name)
    place.stack.functions.put_function_event_invoke_config(
        FunctionName=name,
        DestinationConfig=before["DestinationConfig"],
        MaximumRetryAttempts=before["MaximumRetryAttempts"],
    )
    return {"configured": True}


def function_writes_its_log(place: Place, function: str) -> Document:
    """Give a function a new environment, which makes a new log stream, and call it with what it refuses."""
    functions, name, mark = place.stack.functions, place.function(function), unique("mark")
    variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    functions.update_function_configuration(
        FunctionName=name, Environment={"Variables": {**variables, "PROOF": mark}}
    )
    place.until(
        lambda: functions.get_function_configuration(FunctionName=name)["LastUpdateStatus"],
        "Successful".__eq__,
    )
    group, began = f"/aws/lambda/{name}", time.time() * 1000

    def found() -> bool:
        functions.invoke(FunctionName=name, Payload=json.dumps({mark: True}).encode())
        events = place.stack.logs.filter_log_events(logGroupName=group, filterPattern=f'"{mark}"')["events"]
        streams = place.stack.logs.describe_log_streams(logGroupName=group)["logStreams"]
        new = {stream["logStreamName"] for stream in streams if stream["creationTime"] >= began}
        return bool(new & {event["logStreamName"] for event in events})

    return {"log": place.within_a_moment(found)}


def runs(place: Place) -> Iterator[tuple[str, Callable[[], Document]]]:
    """List them by their names."""
    for machine in place.machines:
        yield f"update {machine}", partial(state_machine_is_updated, place, machine)
    yield "queue feeds the function", partial(queue_feeds_the_function, place)
    yield "destination of lost events", partial(lost_events_have_a_destination, place)
    for function in ("start_pipeline", "answer_task", "geospatial"):
        yield f"log of {function}", partial(function_writes_its_log, place, function)
