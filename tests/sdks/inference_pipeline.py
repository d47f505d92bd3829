"""Data Science SDK: its ready-made InferencePipeline, of two models behind one endpoint, and a TuningStep."""

from pathlib import Path

import boto3
from sagemaker.debugger import DebuggerHookConfig
from sagemaker.deserializers import CSVDeserializer
from sagemaker.estimator import Estimator
from sagemaker.predictor import Predictor
from sagemaker.serializers import CSVSerializer
from sagemaker.sklearn import SKLearn
from sagemaker.tuner import HyperparameterTuner, IntegerParameter
from stepfunctions.steps import Chain, TuningStep
from stepfunctions.template.pipeline import InferencePipeline
from stepfunctions.workflow import Workflow

from tests.sdks.account import IMAGE, INSTANCE, METRICS, WINE, features, run
from tests.sdks.surroundings import Surroundings, prepare

SCRIPTS = Path(__file__).with_name("source")


def estimator(place: Surroundings, script: str) -> SKLearn:
    """Make one of the two; the template writes into the hook's configuration."""
    return SKLearn(
        entry_point=str(SCRIPTS / script),
        framework_version="1.2-1",
        role=place.role,
        instance_count=1,
        instance_type=INSTANCE,
        debugger_hook_config=DebuggerHookConfig(s3_output_path=f"{place.folder}/debug"),
        sagemaker_session=place.session,
    )


def serial(place: Surroundings) -> dict[str, object]:
    """Train the preprocessor, transform the data with it, train on that, and ask both models at once."""
    rows = "\n".join(WINE.read_text(encoding="utf-8").splitlines()[1:])
    data = place.session.upload_string_as_file_body(rows, place.session.default_bucket(), "train/wine.csv")
    pipeline = InferencePipeline(
        preprocessor=estimator(place, "scale_wine.py"),
        estimator=estimator(place, "train_scaled.py"),
        inputs={"train": data.rpartition("/")[0]},
        s3_bucket=place.name,
        role=place.role,
        content_type="text/csv",
        pipeline_name=place.name,
    )
    pipeline.create()
    endpoint = f"{place.name}-a"
    execution = pipeline.execute(job_name=endpoint)
    output = execution.get_output(wait=True)
    client = boto3.client("sagemaker")
    client.get_waiter("endpoint_in_service").wait(EndpointName=endpoint, WaiterConfig={"Delay": 1})
    predictor = Predictor(endpoint, place.session, CSVSerializer(), CSVDeserializer())
    predictions = predictor.predict(features())
    predictor.delete_endpoint()
    pipeline.get_workflow().delete()
    return {
        "status": execution.describe()["status"],
        "output": output,
        "transformed": f"{place.folder}/{place.name}/preprocessor-transform-{endpoint}/transform",
        "containers": len(client.describe_model(ModelName=endpoint)["Containers"]),
        "predictions": [int(float(cell)) for row in predictions for cell in row],
    }


def tuned(place: Surroundings) -> dict[str, object]:
    """Tune as the only state of a workflow."""
    forest = Estimator(
        image_uri=IMAGE,
        role=place.role,
        instance_count=1,
        instance_type=INSTANCE,
        output_path=f"{place.folder}/models",
        hyperparameters={"random-state": 1},
        metric_definitions=METRICS,
        sagemaker_session=place.session,
    )
    tuner = HyperparameterTuner(
        forest,
        "accuracy",
        {"n-estimators": IntegerParameter(2, 20)},
        METRICS,
        strategy="Random",
        max_jobs=1,
        max_parallel_jobs=1,
    )
    step = TuningStep("Tune", tuner, place.name, {"training": place.wine})
    workflow = Workflow(f"{place.name}-tuning", Chain([step]), place.role)
    workflow.create()
    output: dict[str, object] = workflow.execute().get_output(wait=True)
    workflow.delete()
    return output


def main() -> dict[str, object]:
    """Run both."""
    place = prepare("inference")
    return {"name": place.name, "serial": serial(place), "tuned": tuned(place)}


if __name__ == "__main__":
    run(main)
