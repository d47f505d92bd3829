import pytest

from driver.commands.scenario.functions import judge_update, present_functions
from driver.terraform.plan import Action, Change, Plan
from driver.terraform.state import ManagedResource, read_managed_resources
from tests.unit.driver.states import whole_state

FUNCTION = "module.answer_task_function.aws_lambda_function.this"
PIPELINE = 'module.pipeline["geospatial"].aws_sagemaker_pipeline.this'
STATE_MACHINE = 'module.workflow["train"].aws_sfn_state_machine.this'
MAPPING = 'module.function["geospatial"].aws_lambda_event_source_mapping.this'


@pytest.fixture
def resources() -> list[ManagedResource]:
    return read_managed_resources(whole_state())


def plan(*addresses: str, action: Action = Action.UPDATE) -> Plan:
    return Plan(tuple(Change("", address, action) for address in addresses))


def test_where_there_are_no_functions_nothing_is_updated() -> None:
    assert present_functions([ManagedResource("module.queue", "aws_sqs_queue.this", "queue")]) == ()


def test_functions_that_are_there_are_named(resources: list[ManagedResource]) -> None:
    assert present_functions(resources) == (
        "sagestep-answer-task",
        "sagestep-geospatial",
        "sagestep-start-pipeline",
    )


def test_what_is_built_on_a_changed_function_waits_and_the_rest_does_not(
    resources: list[ManagedResource],
) -> None:
    update = judge_update(resources, plan(FUNCTION, PIPELINE, STATE_MACHINE, MAPPING))
    assert update.changed == ("sagestep-answer-task",)
    assert update.held_back == (PIPELINE,)
    assert update.rest == (MAPPING, STATE_MACHINE)
    assert update.can_be_declined


def test_what_belongs_to_a_function_without_being_one_is_no_update_of_it(
    resources: list[ManagedResource],
) -> None:
    update = judge_update(resources, plan(MAPPING))
    assert (update.changed, update.rest) == ((), (MAPPING,))


def test_a_function_that_is_replaced_is_changed_too(resources: list[ManagedResource]) -> None:
    assert judge_update(resources, plan(FUNCTION, action=Action.REPLACE)).changed == ("sagestep-answer-task",)


def test_what_is_to_be_created_may_be_built_on_functions(resources: list[ManagedResource]) -> None:
    new = Plan((*plan(FUNCTION).changes, *plan("module.new.aws_thing.this", action=Action.CREATE).changes))
    assert not judge_update(resources, new).can_be_declined
