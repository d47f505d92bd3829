import json
import re
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver.commands.run_pipeline import RunRequest, understood
from driver.commands.run_pipeline import run_pipeline as run_command
from driver.executions.parameters import fill
from driver.executions.starting import object_name, run_name
from driver.model.exceptions import CoordinatesError, ExecutionFailedError, NotDeployedError, WrongUseError
from driver.model.values import Outputs
from driver.tables.reading import Reading
from tests.unit.driver.deployed_pipelines import GEOCODING
from tests.unit.driver.fakes import AWS, BUCKET, ID, OUTPUTS, PIPELINE, STEP, World
from tests.unit.driver.orders import run_pipeline as run

STARTED = f"{PIPELINE}/execution/{ID}"


def keep_pipelines(world: World, **pipelines: object) -> None:
    """Let the deployment have these pipelines; the first is the default."""
    default = next(iter(pipelines))
    world.workspace.keep_outputs({**OUTPUTS, "pipelines": pipelines, "default_pipeline": default})


@pytest.mark.parametrize("direct", [False, True])
def test_coordinates_go_up_and_addresses_come_down(
    succeeding: World, coordinates: Path, direct: bool
) -> None:
    run(succeeding, coordinates, rows=1, direct=direct)
    (result,) = succeeding.workspace.runs()
    assert re.fullmatch(ID if direct else r"run-\w+-\w+", result.parent.name)
    assert result.read_text() == succeeding.pipelines.result
    assert "Anchorage" in succeeding.screen.text
    assert "Berlin" not in succeeding.screen.text
    assert "The result has 2 rows:" in succeeding.screen.text
    assert str(result) in succeeding.screen.text


@pytest.mark.parametrize("direct", [False, True])
def test_each_state_of_a_step_is_told_once_with_its_duration(
    succeeding: World, coordinates: Path, direct: bool
) -> None:
    run(succeeding, coordinates, direct=direct)
    assert succeeding.screen.text.count(f"{STEP} (Lambda): Executing") == 1
    assert succeeding.screen.text.count(f"{STEP} (Lambda): Succeeded  0.5 s") == 1


def test_it_ends_with_the_state_machines_output(succeeding: World, coordinates: Path) -> None:
    run(succeeding, coordinates)
    text = succeeding.screen.text
    assert re.search(r"✓ state machine run-\w+-\w+: SUCCEEDED after 6.0 s", text)
    assert f"  pipelineExecutionArn  {STARTED}\n  results\n    vej_status  COMPLETED\n" in text


def test_the_pipeline_alone_is_started_without_the_state_machine(
    succeeding: World, coordinates: Path
) -> None:
    run(succeeding, coordinates, direct=True)
    assert f"✓ execution {ID}: Succeeded after 5.0 s" in succeeding.screen.text
    assert "GetExecutionHistory" not in [operation for _, operation in succeeding.pipelines.asked]


@pytest.mark.parametrize("direct", [False, True])
def test_a_second_passes_before_each_request_the_first_one_too(
    succeeding: World, coordinates: Path, direct: bool
) -> None:
    run(succeeding, coordinates, direct=direct)
    times = [0.0, *(time for time, _ in succeeding.pipelines.asked)]
    assert times == [float(second) for second in range(len(times))]


def test_the_job_reads_what_was_uploaded_and_writes_under_its_own_prefix(
    succeeding: World, coordinates: Path
) -> None:
    run(succeeding, coordinates)
    parameters = succeeding.pipelines.started_with[STARTED]
    source = json.loads(parameters["parameter_vej_input_config"])["DataSourceConfig"]["S3Data"]["S3Uri"]
    assert succeeding.storage.objects[source.removeprefix("s3://")] == coordinates.read_text()
    assert re.fullmatch(rf"s3://{BUCKET}/samplefiles/run-\w+-\w+/my_places\.csv", source)
    export = json.loads(parameters["parameter_vej_export_config"])["S3Data"]["S3Uri"]
    assert re.fullmatch(rf"s3://{BUCKET}/outputfiles/run-\w+-\w+/", export)
    (started,) = succeeding.state_machines.states
    assert source.split("/")[-2] == export.split("/")[-2] == started.rpartition(":")[2]


@pytest.mark.parametrize("direct", [False, True])
def test_a_pipeline_is_told_its_places_by_the_parameters_of_its_manifest(
    succeeding: World, coordinates: Path, direct: bool
) -> None:
    keep_pipelines(succeeding, geospatial={**GEOCODING, "arn": PIPELINE})
    run(succeeding, coordinates, direct=direct, parameter_instance_type="ml.m5.xlarge")
    parameters = succeeding.pipelines.started_with[STARTED]
    assert parameters.pop("parameter_instance_type") == "ml.m5.xlarge"
    assert set(parameters) == {"parameter_input_uri", "parameter_output_uri"}
    source, target = parameters["parameter_input_uri"], parameters["parameter_output_uri"]
    assert succeeding.storage.objects[source.removeprefix("s3://")] == coordinates.read_text()
    assert re.fullmatch(rf"s3://{BUCKET}/outputfiles/run-\w+-\w+/", target)
    assert source.split("/")[-2] == target.split("/")[-2]
    assert "Anchorage" in succeeding.screen.text


def test_a_pipeline_that_takes_nothing_and_leaves_nothing_is_started_and_followed(succeeding: World) -> None:
    churn = {**GEOCODING, "parameters": {"Name": "${run_id}"}, "parameter_names": ["Name"], "arn": PIPELINE}
    keep_pipelines(succeeding, geospatial=churn)
    run(succeeding, None)
    assert re.fullmatch(r"run-\w+-\w+", succeeding.pipelines.started_with[STARTED]["Name"])
    assert "Uploading" not in succeeding.screen.text
    assert "SUCCEEDED after" in succeeding.screen.text
    assert "The result" not in succeeding.screen.text


def test_a_table_of_ones_own_is_read_as_people_write_it(succeeding: World, tmp_path: Path) -> None:
    table = {"kind": "table", "columns": {"price": "number"}}
    keep_pipelines(succeeding, geospatial={**GEOCODING, "arn": PIPELINE, "input": table})
    path = tmp_path / "prices.csv"
    path.write_text("Price;more\n1,5;2\n")
    run(succeeding, path)
    source = succeeding.pipelines.started_with[STARTED]["parameter_input_uri"]
    assert succeeding.storage.objects[source.removeprefix("s3://")] == "price,more\n1.5,2\n"
    assert "semicolons between the cells, Price as price, decimal commas" in _line(succeeding)
    assert "prices.csv: 1 row" in _line(succeeding)


def test_it_is_not_said_how_to_read_what_goes_up_as_it_is(succeeding: World, tmp_path: Path) -> None:
    keep_pipelines(succeeding, geospatial={**GEOCODING, "arn": PIPELINE, "input": {"kind": "file"}})
    path = tmp_path / "prices.csv"
    path.write_text("price\n1.5\n")
    with pytest.raises(WrongUseError, match="uploaded as it is"):
        run_command(succeeding.context(), RunRequest([str(path)], reading=Reading(delimiter=";")))
    assert not [key for key in succeeding.storage.objects if "samplefiles" in key]


def _line(world: World) -> str:
    return " ".join(world.screen.text.split())


def test_a_file_and_a_folder_go_up_as_they_are(succeeding: World, tmp_path: Path) -> None:
    (tmp_path / "data/more").mkdir(parents=True)
    (tmp_path / "data/a b.txt").write_text("one")
    (tmp_path / "data/more/c.bin").write_text("two")
    for kind, path in (("file", tmp_path / "data/a b.txt"), ("folder", tmp_path / "data")):
        keep_pipelines(succeeding, geospatial={**GEOCODING, "arn": PIPELINE, "input": {"kind": kind}})
        run(succeeding, path)
        uri = succeeding.pipelines.started_with[STARTED]["parameter_input_uri"]
        up = {key: text for key, text in succeeding.storage.objects.items() if "samplefiles" in key}
        found = {f"s3://{key}".removeprefix(uri): text for key, text in up.items() if uri in f"s3://{key}"}
        assert found == ({"": "one"} if kind == "file" else {"a_b.txt": "one", "more/c.bin": "two"})
        succeeding.storage.objects.clear()


def test_a_failure_points_to_the_logs_of_what_worked_for_it(failing: World, coordinates: Path) -> None:
    failing.target.deployment = AWS
    failing.deploy(AWS)
    with pytest.raises(ExecutionFailedError) as failed:
        run(failing, coordinates)
    pages = re.findall(r"log-groups/log-group/(\S+)", str(failed.value))
    assert [unquote(unquote(page)) for page in pages] == [
        "/aws/lambda/sagestep-geospatial",
        "/aws/lambda/sagestep-start-pipeline",
        "/aws/lambda/sagestep-answer-task",
        "/aws/vendedlogs/states/sagestep-run-pipeline",
    ]


def test_what_cannot_be_run_is_said_before_anything_is_uploaded(world: World, coordinates: Path) -> None:
    world.deploy()
    for request, said in (
        (RunRequest(pipeline="churn"), "There is no pipeline 'churn'. There are geocoding, geospatial."),
        (RunRequest(settings=["C"]), "--set 'C' sets nothing."),
        (RunRequest(settings=["parameter_vej_input=x"]), "Did you mean parameter_vej_input_config?"),
        (RunRequest(pipeline="geocoding"), "The pipeline geocoding needs an input."),
    ):
        with pytest.raises(WrongUseError) as raised:
            run_command(world.context(), request)
        assert said in " ".join(str(raised.value).split())
    keep_pipelines(world, geospatial={**GEOCODING, "parameters": {}})
    with pytest.raises(WrongUseError, match="takes no input"):
        run_command(world.context(), RunRequest([str(coordinates)]))
    assert world.storage.objects == {}


PARAMETERS: list[dict[str, object]] = [
    {"Name": "Zip", "Type": "Integer"},
    {"Name": "City", "Type": "String"},
    {"Name": "Size", "Type": "String", "DefaultValue": "S", "EnumValues": ["S", "M"]},
    {"Name": "Exact", "Type": "Boolean", "DefaultValue": False},
    {"Name": "Share", "Type": "Float", "DefaultValue": 0.5},
    {"Name": "parameter_run_id", "Type": "String"},
]


def keep_address(world: World) -> None:
    """Let the deployment have a pipeline with parameters of all types, two without a default."""
    world.deploy()
    address = {
        "arn": PIPELINE.replace("geospatial", "address"),
        "name": "sagestep-address",
        "parameter_names": [str(parameter["Name"]) for parameter in PARAMETERS],
    }
    keep_pipelines(world, address=address)
    world.pipelines.definitions["sagestep-address"] = {"Version": "2020-12-01", "Parameters": PARAMETERS}


@pytest.mark.parametrize(
    ("settings", "said", "cure"),
    [
        ([], ["without a value and a default: Zip, City"], "Add --set City=VALUE --set Zip=VALUE."),
        (
            ["Zip=abc", "City=Ulm", "Exact=yes", "Share=half", "Size=L"],
            [
                'Zip: expected a whole number (Integer), not "abc"',
                'Size: expected one of S, M, not "L"',
                'Exact: expected true or false (Boolean), not "yes"',
                'Share: expected a number (Float), not "half"',
            ],
            "Add --set Exact=VALUE --set Share=VALUE --set Size=VALUE --set Zip=VALUE.",
        ),
        (
            ["Zip=1", "City=Ulm", "parameter_run_id=mine"],
            ["parameter_run_id cannot be given: the state machine sets it"],
            "Leave parameter_run_id out.",
        ),
    ],
)
def test_parameters_are_checked_against_the_definition(
    world: World, settings: list[str], said: list[str], cure: str
) -> None:
    keep_address(world)
    with pytest.raises(WrongUseError, match="Pipeline address cannot be started") as raised:
        run_command(world.context(), RunRequest(settings=settings))
    assert raised.value.why.splitlines() == said
    assert raised.value.next_step == cure
    assert world.pipelines.started_with == {}


def test_no_state_machine_sets_a_parameter_of_a_pipeline_alone(world: World) -> None:
    keep_address(world)
    with pytest.raises(WrongUseError, match="a default: parameter_run_id"):
        run_command(world.context(), RunRequest(settings=["Zip=1", "City=Ulm"], is_direct=True))


@pytest.mark.parametrize(
    "settings", [["Zip=-7", "City=7"], ["Zip=1", "City=Ulm", "Exact=TRUE", "Share=1e-3"]]
)
def test_values_that_fit_are_taken_as_they_are(world: World, settings: list[str]) -> None:
    keep_address(world)
    with understood(world.context(), RunRequest(settings=settings)) as asked:
        assert [f"{name}={value}" for name, value in asked.order.settings.items()] == settings


def test_a_pipeline_without_parameters_is_started(succeeding: World) -> None:
    keep_pipelines(succeeding, geospatial={"arn": PIPELINE, "name": "sagestep-own", "parameter_names": []})
    with pytest.raises(WrongUseError, match="pipeline geospatial has no parameter 'X'") as raised:
        run_command(succeeding.context(), RunRequest(settings=["X=1"]))
    assert raised.value.why == "It has none."
    run(succeeding, None)
    assert succeeding.pipelines.started_with[STARTED] == {}


def test_a_deployment_that_does_not_say_what_a_pipeline_takes_is_of_an_earlier_version(world: World) -> None:
    world.deploy()
    keep_pipelines(world, geospatial={"arn": PIPELINE, "name": "sagestep-geospatial"})
    with pytest.raises(NotDeployedError, match="What the pipeline geospatial takes is not known"):
        run(world, None)


def test_a_deployment_without_a_state_machine_says_what_to_run(succeeding: World, coordinates: Path) -> None:
    before = {name: value for name, value in OUTPUTS.items() if "state_machine" not in name}
    succeeding.workspace.keep_outputs(before)
    with pytest.raises(NotDeployedError, match="invoke up"):
        run(succeeding, coordinates)
    assert succeeding.storage.objects == {}
    run(succeeding, coordinates, direct=True)
    assert "Anchorage" in succeeding.screen.text


def test_a_bad_file_is_refused_before_anything_is_uploaded(world: World, tmp_path: Path) -> None:
    world.deploy()
    bad = tmp_path / "bad.csv"
    bad.write_text("Longitude,Latitude\n1,99\n")
    with pytest.raises(CoordinatesError, match="line 2"):
        run(world, bad)
    assert world.storage.objects == {}


def test_nothing_deployed_says_what_to_run(world: World, coordinates: Path) -> None:
    with pytest.raises(NotDeployedError, match="invoke up"):
        run(world, coordinates)


def test_a_deployment_that_is_gone_says_what_to_run(world: World, coordinates: Path) -> None:
    world.deploy()
    world.target.holds = False
    with pytest.raises(NotDeployedError, match="invoke up"):
        run(world, coordinates)


@given(st.datetimes(), st.text("0123456789abcdef", min_size=6, max_size=6))
def test_a_run_name_is_a_display_name(now: datetime, nonce: str) -> None:
    """Pattern and length: PipelineExecutionName in botocore's SageMaker model."""
    name = run_name(now.replace(tzinfo=UTC), nonce)
    assert re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,81}", name)


@given(st.text(min_size=1))
def test_every_parameter_fits_its_limit_whatever_the_file_is_called(file_name: str) -> None:
    name = run_name(datetime(2026, 11, 21, tzinfo=UTC), "0a1b2c")
    address = f"s3://{'b' * 63}/samplefiles/{name}/{object_name(file_name)}"
    for pipeline in Outputs.read(OUTPUTS).pipelines.values():
        parameters = fill(pipeline, address, f"s3://{'b' * 63}/outputfiles/{name}/", name)
        assert max(map(len, parameters.values())) <= 1024
    assert object_name(file_name).isascii()


def test_what_is_uploaded_is_the_plain_file_and_the_terminal_says_what_was_assumed(
    succeeding: World, tmp_path: Path
) -> None:
    path = tmp_path / "places.txt"
    path.write_bytes("Stadt;lat;lon\nKöln;50,9;6,9\n;;\n".encode("utf-16"))
    run(succeeding, path)
    (uploaded,) = [text for key, text in succeeding.storage.objects.items() if "samplefiles/" in key]
    assert uploaded == "Stadt,Latitude,Longitude\nKöln,50.9,6.9\n"
    said = " ".join(succeeding.screen.text.split())
    assert (
        "read with: UTF-16, semicolons between the cells, lon as Longitude, lat as Latitude, decimal" in said
    )
    assert "1 coordinate" in said


def test_a_result_with_many_rows_without_an_address_is_doubted(succeeding: World, coordinates: Path) -> None:
    sea = "No Result: no place within 100 km"
    succeeding.pipelines.result = (
        f"Longitude,Latitude,reverse_geo.status\n61.2,-14.9,{sea}\n52.5,13.4,Valid Data\n"
    )
    run(succeeding, coordinates)
    said = " ".join(succeeding.screen.text.split())
    assert f"The result has 2 rows (1 {sea}, 1 Valid Data):" in said
    assert "1 of 2 rows have no result." in said
    assert "--longitude-column Latitude --latitude-column Longitude" in said
