"""SageMaker SDK: a pipeline that checks its data's quality and bias, run in part; a Run of an experiment."""

import contextlib
from pathlib import Path
from typing import Any

from botocore.exceptions import WaiterError
from sagemaker.clarify import BiasConfig, DataConfig
from sagemaker.experiments import Run, list_runs
from sagemaker.model_monitor import DatasetFormat
from sagemaker.processing import ProcessingInput, ProcessingOutput, ScriptProcessor
from sagemaker.workflow.check_job_config import CheckJobConfig
from sagemaker.workflow.clarify_check_step import ClarifyCheckStep, DataBiasCheckConfig
from sagemaker.workflow.execution_variables import ExecutionVariables
from sagemaker.workflow.functions import Join
from sagemaker.workflow.parameters import ParameterBoolean, ParameterString
from sagemaker.workflow.pipeline import Pipeline, _PipelineExecution
from sagemaker.workflow.pipeline_context import PipelineSession
from sagemaker.workflow.quality_check_step import DataQualityCheckConfig, QualityCheckStep
from sagemaker.workflow.selective_execution_config import SelectiveExecutionConfig
from sagemaker.workflow.steps import ProcessingStep

from tests.sdks.account import INSTANCE, WINE, run
from tests.sdks.steps import IMAGE
from tests.sdks.surroundings import Surroundings, prepare

SCRIPT = Path(__file__).with_name("source") / "count_columns.py"
SUPPLIED = ("Statistics", "Constraints")


def build(place: Surroundings) -> Pipeline:
    """Check data and bias, then count the columns of the baseline that the check has calculated."""
    session = PipelineSession(default_bucket=place.session.default_bucket())
    data = ParameterString("Data", default_value=place.wine)
    first = ParameterBoolean("First", default_value=False)
    supplied = {name: ParameterString(name, default_value="") for name in (*SUPPLIED, "Bias")}
    outputs = Join(on="/", values=[place.folder, ExecutionVariables.PIPELINE_EXECUTION_ID])
    job = CheckJobConfig(place.role, instance_type=INSTANCE, sagemaker_session=session)
    check = QualityCheckStep(
        name="Check",
        quality_check_config=DataQualityCheckConfig(
            baseline_dataset=data,
            dataset_format=DatasetFormat.csv(header=True),
            output_s3_uri=outputs,
        ),
        check_job_config=job,
        skip_check=first,
        register_new_baseline=first,
        supplied_baseline_statistics=supplied["Statistics"],
        supplied_baseline_constraints=supplied["Constraints"],
    )
    bias = ClarifyCheckStep(
        name="Bias",
        clarify_check_config=DataBiasCheckConfig(
            data_config=DataConfig(
                s3_data_input_path=data,
                s3_output_path=Join(on="/", values=[outputs, "bias"]),
                s3_analysis_config_output_path=f"{place.folder}/analysis",
                label="target",
                dataset_type="text/csv",
            ),
            data_bias_config=BiasConfig([1], "alcohol", [13.0]),
            methods=["CI", "DPL"],
        ),
        check_job_config=job,
        skip_check=first,
        register_new_baseline=first,
        supplied_baseline_constraints=supplied["Bias"],
    )
    processor = ScriptProcessor(
        image_uri=IMAGE,
        command=["python3"],
        role=place.role,
        instance_count=1,
        instance_type=INSTANCE,
        sagemaker_session=session,
    )
    folder = "/opt/ml/processing"
    arguments = processor.run(
        code=str(SCRIPT),
        inputs=[ProcessingInput(check.properties.CalculatedBaselineStatistics, f"{folder}/input/baseline")],
        outputs=[ProcessingOutput(f"{folder}/output", f"{place.folder}/columns")],
        arguments=[f"{folder}/input/baseline/statistics.json", f"{folder}/output/columns.txt"],
    )
    count = ProcessingStep("Count", step_args=arguments)
    parameters = [data, first, *supplied.values()]
    return Pipeline(place.name, parameters=parameters, steps=[check, bias, count], sagemaker_session=session)


def end(execution: _PipelineExecution) -> dict[str, dict[str, Any]]:
    """Wait for an execution; give its steps by name."""
    with contextlib.suppress(WaiterError):  # of an execution that fails
        execution.wait(delay=2, max_attempts=120)
    return {step["StepName"]: step for step in execution.list_steps()}


def track(place: Surroundings) -> dict[str, object]:
    """Log a run of an experiment, and find it again."""
    with Run(experiment_name=place.name, run_name="one", sagemaker_session=place.session) as one:
        one.log_parameters({"trees": 20, "kind": "forest"})
        for step, loss in enumerate([0.9, 0.4, 0.2]):
            one.log_metric(name="loss", value=loss, step=step)
        one.log_file(str(WINE), name="data", is_output=False)
    (found,) = list_runs(place.name, sagemaker_session=place.session)
    client = place.session.sagemaker_client
    component = client.describe_trial_component(TrialComponentName=one._trial_component.trial_component_name)
    searched = client.search(
        Resource="ExperimentTrialComponent",
        SearchExpression={
            "Filters": [{"Name": "Parameters.trees", "Operator": "GreaterThan", "Value": "10"}]
        },
    )
    query = {
        "MetricName": "loss",
        "ResourceArn": component["TrialComponentArn"],
        "MetricStat": "Last",
        "Period": "IterationNumber",
        "XAxisType": "IterationNumber",
    }
    read = place.session.sagemaker_metrics_client.batch_get_metrics(MetricQueries=[query])
    names = [item["TrialComponent"]["TrialComponentName"] for item in searched["Results"]]
    return {
        "run": found.run_name,
        "component": component,
        "searched": names,
        "read": read["MetricQueryResults"],
    }


def main() -> dict[str, object]:
    """Calculate baselines, check poor data and good data against them, and run the last step again."""
    place = prepare("quality")
    head, *rows = WINE.read_text(encoding="utf-8").splitlines()
    fewer = [row for row in rows if not (float(row.split(",")[0]) > 13 and row.endswith(",1"))]
    poor = "\n".join([head, *fewer, "," * head.count(",")])
    place.session.upload_string_as_file_body(poor, place.session.default_bucket(), "poor/wine.csv")
    pipeline = build(place)
    pipeline.upsert(place.role)
    first = end(pipeline.start(parameters={"First": True}))
    calculated = first["Check"]["Metadata"]["QualityCheck"]
    baseline = {name: calculated[f"CalculatedBaseline{name}"] for name in SUPPLIED}
    baseline["Bias"] = first["Bias"]["Metadata"]["ClarifyCheck"]["CalculatedBaselineConstraints"]
    refused = end(pipeline.start(parameters={**baseline, "Data": f"{place.folder}/poor"}))
    whole = pipeline.start(parameters=dict(baseline))
    passed = end(whole)
    part = pipeline.start(selective_execution_config=SelectiveExecutionConfig(selected_steps=["Count"]))
    selected = end(part)
    found = {"first": first, "refused": refused, "passed": passed, "selected": selected}
    described = part.describe()
    pipeline.delete()
    return found | {"part": described, "whole": whole.arn, "folder": place.folder, "tracked": track(place)}


if __name__ == "__main__":
    run(main)
