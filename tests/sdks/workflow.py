"""Data Science SDK: split, train, save, transform, deploy and wait as one workflow, then an update of it."""

import json

import boto3
from sagemaker.deserializers import JSONDeserializer
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.predictor import Predictor
from sagemaker.processing import ProcessingInput, ProcessingOutput, Processor
from sagemaker.serializers import CSVSerializer
from sagemaker.transformer import Transformer
from stepfunctions.inputs import ExecutionInput
from stepfunctions.steps import (
    Catch,
    Chain,
    Choice,
    ChoiceRule,
    EndpointConfigStep,
    EndpointStep,
    Fail,
    ModelStep,
    ProcessingStep,
    Retry,
    Succeed,
    Task,
    TrainingStep,
    TransformStep,
    Wait,
)
from stepfunctions.workflow import ExecutionStatus, Workflow

from tests.sdks.account import IMAGE, INSTANCE, METRICS, features, run
from tests.sdks.surroundings import Surroundings, prepare

GIVEN = ExecutionInput(schema={"Name": str, "Endpoint": str, "Trees": str})


def split(place: Surroundings) -> ProcessingStep:
    """Split the data set with the image's own entry point."""
    source, target = "/opt/ml/processing/input", "/opt/ml/processing/output"
    return ProcessingStep(
        "Split",
        processor=Processor(
            role=place.role,
            image_uri=IMAGE,
            instance_count=1,
            instance_type=INSTANCE,
            sagemaker_session=place.session,
        ),
        job_name=GIVEN["Name"],
        inputs=[ProcessingInput(source=place.wine, destination=source, input_name="wine")],
        outputs=[ProcessingOutput(source=target, destination=f"{place.folder}/parts", output_name="parts")],
        container_arguments=["--test-fraction", "0.2"],
    )


def train(place: Surroundings, failed: Fail) -> TrainingStep:
    """Train on a part of it, with a retry and a catch."""
    estimator = Estimator(
        image_uri=IMAGE,
        role=place.role,
        instance_count=1,
        instance_type=INSTANCE,
        output_path=f"{place.folder}/models",
        metric_definitions=METRICS,
        hyperparameters={"random-state": "7"},
        sagemaker_session=place.session,
    )
    step = TrainingStep(
        "Train",
        estimator=estimator,
        data={"training": TrainingInput(f"{place.folder}/parts/training/", content_type="text/csv")},
        job_name=GIVEN["Name"],
        hyperparameters={"n-estimators": GIVEN["Trees"]},
        tags={"Project": "wine"},
    )
    step.add_retry(Retry(error_equals=["SageMaker.AmazonSageMakerException"], max_attempts=2))
    step.add_catch(Catch(error_equals=["States.ALL"], next_step=failed))
    return step


def transform(place: Surroundings) -> TransformStep:
    """Predict the test's rows, one line each."""
    transformer = Transformer(
        model_name=None,
        instance_count=1,
        instance_type=INSTANCE,
        output_path=f"{place.folder}/predictions",
        accept="text/csv",
        assemble_with="Line",
        strategy="MultiRecord",
        sagemaker_session=place.session,
    )
    return TransformStep(
        "Transform",
        transformer=transformer,
        job_name=GIVEN["Name"],
        model_name=GIVEN["Name"],
        data=f"{place.folder}/parts/features/",
        content_type="text/csv",
        split_type="Line",
    )


def until_in_service() -> Chain:
    """Ask for the endpoint's status until it is there: the SDK has no step for it."""
    describe = Task(
        "Describe endpoint",
        resource="arn:aws:states:::aws-sdk:sagemaker:describeEndpoint",
        parameters={"EndpointName": GIVEN["Endpoint"]},
    )
    pause = Wait("Wait for endpoint", seconds=1)
    pause.next(describe)
    choice = Choice("In service?")
    status = describe.output()["EndpointStatus"]
    choice.add_choice(ChoiceRule.StringEquals(status, "InService"), Succeed("Deployed"))
    choice.add_choice(ChoiceRule.StringEquals(status, "Failed"), Fail("Not deployed", error="EndpointFailed"))
    choice.default_choice(pause)
    return Chain([describe, choice])


def deployment(*, update: bool) -> Chain:
    """Configure an endpoint, make or update it, and wait for it."""
    return Chain(
        [
            EndpointConfigStep(
                "Configure",
                endpoint_config_name=GIVEN["Name"],
                model_name=GIVEN["Name"],
                initial_instance_count=1,
                instance_type=INSTANCE,
            ),
            EndpointStep(
                "Deploy", endpoint_name=GIVEN["Endpoint"], endpoint_config_name=GIVEN["Name"], update=update
            ),
            until_in_service(),
        ]
    )


def definition(place: Surroundings, *, update: bool) -> Chain:
    """Put the steps together; an update does without splitting and transforming."""
    trained = train(place, Fail("Training failed", error="NoModel", cause="see the training job"))
    saved = ModelStep("Save model", model=trained.get_expected_model(), model_name=GIVEN["Name"])
    if update:
        return Chain([trained, saved, deployment(update=True)])
    return Chain([split(place), trained, saved, transform(place), deployment(update=False)])


def main() -> dict[str, object]:
    """Create, execute, update, execute again, and delete the workflow; predict with what it has deployed."""
    place = prepare("workflow")
    workflow = Workflow(
        name=place.name, definition=definition(place, update=False), role=place.role, execution_input=GIVEN
    )
    arn = workflow.create()
    first = workflow.execute(inputs={"Name": f"{place.name}-1", "Endpoint": place.name, "Trees": "20"})
    first_output = first.get_output(wait=True)

    workflow.update(definition=definition(place, update=True))
    second = workflow.execute(inputs={"Name": f"{place.name}-2", "Endpoint": place.name, "Trees": "5"})
    second_output = second.get_output(wait=True)

    predictor = Predictor(
        place.name, place.session, serializer=CSVSerializer(), deserializer=JSONDeserializer()
    )
    predictions = predictor.predict(features())["predictions"]
    predictor.delete_endpoint()
    attached = Workflow.attach(arn)
    found = {
        "name": place.name,
        "folder": place.folder,
        "role": place.role,
        "created": arn,
        "created_again": Workflow(name=place.name, definition=workflow.definition, role=place.role).create(),
        "attached": json.loads(attached.definition.to_json()),
        "updated": json.loads(workflow.definition.to_json()),
        "first": {"arn": first.execution_arn, "input": first.get_input(), "output": first_output},
        "second": {
            "arn": second.execution_arn,
            "status": second.describe()["status"],
            "output": second_output,
        },
        "events": [event["type"] for event in first.list_events(max_items=1000)],
        "last_event": second.list_events(reverse_order=True)[0]["type"],
        "succeeded": [
            item.execution_arn for item in workflow.list_executions(status_filter=ExecutionStatus.Succeeded)
        ],
        "predictions": [row["predicted_label"] for row in predictions],
    }
    workflow.delete()
    listed = Workflow.list_workflows(client=boto3.client("stepfunctions"))
    return found | {"left": [item["name"] for item in listed]}


if __name__ == "__main__":
    run(main)
