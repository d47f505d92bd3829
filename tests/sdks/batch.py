"""SageMaker SDK: processing with the image's program and with scripts of one's own, and batch transform."""

from pathlib import Path

from sagemaker.estimator import Estimator
from sagemaker.processing import ProcessingInput, ProcessingOutput, Processor
from sagemaker.sklearn import SKLearnProcessor

from tests.sdks.account import IMAGE, INSTANCE, run
from tests.sdks.surroundings import Surroundings, prepare

SCRIPT = Path(__file__).with_name("evaluate.py")


def split(place: Surroundings) -> str:
    """Split the data set with the image's own entry point; give the folder of the parts."""
    processor = Processor(
        role=place.role,
        image_uri=IMAGE,
        instance_count=1,
        instance_type=INSTANCE,
        sagemaker_session=place.session,
    )
    processor.run(
        inputs=[ProcessingInput(source=place.wine, destination="/opt/ml/processing/input")],
        outputs=[ProcessingOutput(source="/opt/ml/processing/output", output_name="parts")],
        arguments=["--test-fraction", "0.3"],
        logs=False,
    )
    return str(processor.latest_job.outputs[0].destination)


def train(place: Surroundings, parts: str) -> Estimator:
    """Train without a word."""
    estimator = Estimator(
        image_uri=IMAGE,
        role=place.role,
        instance_count=1,
        instance_type=INSTANCE,
        sagemaker_session=place.session,
    )
    estimator.fit({"training": f"{parts}/training/"}, logs=False)
    return estimator


def evaluate(place: Surroundings, parts: str, model: str) -> str:
    """Evaluate with a script of one's own in AWS's scikit-learn image, the log shown; give the folder."""
    processor = SKLearnProcessor(
        framework_version="1.2-1",
        role=place.role,
        instance_count=1,
        instance_type=INSTANCE,
        env={"EVALUATED_BY": place.name},
        sagemaker_session=place.session,
    )
    processor.run(
        code=str(SCRIPT),
        inputs=[
            ProcessingInput(source=model, destination="/opt/ml/processing/model"),
            ProcessingInput(source=f"{parts}/test/", destination="/opt/ml/processing/test"),
        ],
        outputs=[ProcessingOutput(source="/opt/ml/processing/evaluation")],
        arguments=["--decimals", "3"],
    )
    return str(processor.latest_job.outputs[0].destination)


def transform(place: Surroundings, estimator: Estimator, parts: str) -> str:
    """Predict the test's rows, joined with their input; give the folder."""
    transformer = estimator.transformer(
        instance_count=2,
        instance_type=INSTANCE,
        strategy="MultiRecord",
        assemble_with="Line",
        accept="text/csv",
        output_path=f"{place.folder}/predictions",
    )
    transformer.transform(f"{parts}/features/", content_type="text/csv", split_type="Line")
    return str(transformer.output_path)


def main() -> dict[str, object]:
    """Run the four jobs, one after the other."""
    place = prepare("batch")
    parts = split(place)
    estimator = train(place, parts)
    return {
        "name": place.name,
        "parts": parts,
        "evaluation": evaluate(place, parts, estimator.model_data),
        "predictions": transform(place, estimator, parts),
    }


if __name__ == "__main__":
    run(main)
