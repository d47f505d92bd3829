"""A project of a user's own, from the built wheel: the commands of docs/own-work.md, and what they lead to.

One deployment for all. The project of the page also gets tests/projects/churn: a pipeline with Processing,
Training, Condition on a property file, RegisterModel and Lambda, a workflow that chooses by its metric; and
tests/projects/scripted: a program with the SageMaker SDK, whose scripts are uploaded as archives.
"""

import json
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import psutil
import pytest

from tests.environments import own_cache
from tests.integration.installed import Installed, build_wheel
from tests.integration.sdk_programs import SDKS_PYTHON
from tests.integration.stack import ROOT, Stack, free_port
from tests.integration.wire import eventually
from tests.page import Command, File, parts_of
from tests.wheels import write_wheel

pytestmark = pytest.mark.integration

PAGE = parts_of(ROOT / "docs/own-work.md")
BEFORE = (
    "Begin a project",
    "A pipeline as JSON",
    "A pipeline as a program",
    "A workflow, a function, an image",
)
DEPLOY, RUN, CHANGE, TEST, DESTROY = "Check and deploy", "Run", "Change", "Test", "Destroy"
NOT_RUN = ("Install", "To AWS")  # the first needs the network, the second an account
OF_THE_CLOUD = """
def test_the_cloud_is_the_projects_own(deployed, local_cloud):
    assert deployed.cloud is local_cloud
    assert not local_cloud.endpoint_url.endswith(":4566")
    buckets = {found["Name"] for found in local_cloud.client("s3").list_buckets()["Buckets"]}
    assert deployed.outputs["bucket_name"] in buckets
    deployed.invoke("run-pipeline", "--pipeline", "example")
    assert deployed.results[0].name == "summary.json"
"""

FROM_A_SNAPSHOT = """
from pathlib import Path

def test_terraform_has_applied_nothing(deployed):
    home = Path(deployed.cloud.environment["SAGESTEP_HOME"])
    assert (home / "local/terraform.tfstate").exists()
    assert not (home / "local/terraform-data").exists()
    name = deployed.outputs["functions"]["parity"]["name"]
    assert deployed.client("lambda").get_function(FunctionName=name)
"""

GREET = "export const handler = async (event) => { console.log('greeted'); return `hello ${event.name}`; };\n"


@dataclass
class Reader:
    """A user who does what the page says."""

    installed: Installed
    folder: Path

    def follow(self, section: str) -> None:
        """Write the files and run the commands of a section."""
        for part in PAGE[section]:
            if isinstance(part, File):
                self.write(part.path, part.text)
            elif part.line.startswith("cd "):
                self.folder /= part.line.removeprefix("cd ")
            else:
                self.run(part)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text, encoding="utf-8")

    def run(self, command: Command | File) -> str:
        """Run a command; returns what it prints, with one space between words."""
        assert isinstance(command, Command)
        printed = " ".join(self.installed.run(command.line, self.folder).split())
        for line in command.prints:
            assert " ".join(line.split()) in printed, f"{command.line}\n{printed}"
        return printed


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def reader(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """The page's project, checked, with what is not on the page beside it: as it is deployed."""
    folder = tmp_path_factory.mktemp("own")
    reader = Reader(Installed.make(wheel, folder / "venv", free_port()), folder)
    for section in BEFORE:
        reader.follow(section)
    reader.run(PAGE[DEPLOY][0])
    pipelines = reader.folder / "resources/pipelines"
    shutil.copytree(ROOT / "tests/projects/scripted", pipelines / "scripted")
    for manifest in (pipelines / "count/pipeline.yaml", pipelines / "scripted/pipeline.yaml"):
        reader.write(
            str(manifest), f"{manifest.read_text('utf-8')}program: {{python: {SDKS_PYTHON}}}\n"
        )  # in place of an environment that is made from the network
    for name in ("resources", "lambda_src"):
        shutil.copytree(ROOT / "tests/projects/churn" / name, reader.folder / name, dirs_exist_ok=True)
    need_a_package(reader.folder / "lambda_src/note")
    reader.write("lambda_src/greet/function.yaml", "runtime: nodejs20.x\n")
    reader.write("lambda_src/greet/index.mjs", GREET)
    settings = (reader.folder / "sagestep.toml").read_text("utf-8")
    reader.write("sagestep.toml", f'{settings}default_pipeline = "churn"\n')
    reader.write("tests/test_cloud.py", OF_THE_CLOUD)
    return reader


def need_a_package(function: Path) -> None:
    write_wheel(function, "wording", "def describe(accuracy):\n    return f'accuracy {accuracy}'\n")
    (function / "requirements.txt").write_text("--no-index\n./wording-1.0-py3-none-any.whl\n")
    handler = function / "handler.py"
    code = handler.read_text("utf-8").replace(
        "f\"accuracy {event['accuracy']}\"", "describe(event['accuracy'])"
    )
    assert "describe(" in code
    handler.write_text(f"from wording import describe\n{code}")


@pytest.fixture(scope="module")
def tests_of_the_project(
    reader: Reader, tmp_path_factory: pytest.TempPathFactory
) -> Iterator["tuple[subprocess.Popen[str], Path]"]:
    """pytest as the page runs it, and its temporary folder; both it and `up` wait most of the time."""
    (command,) = PAGE[TEST]
    assert isinstance(command, Command)
    temporary = tmp_path_factory.mktemp("temporary")
    with session(reader, command.line, temporary, **own_cache(temporary / "cache")) as process:
        yield process, temporary


def session(
    reader: Reader, line: str, temporary: Path, **environ: str
) -> AbstractContextManager["subprocess.Popen[str]"]:
    """Run the project's tests; of its pipelines and workflows they use the examples only."""
    chosen = {f"SAGESTEP_{kind}": "example" for kind in ("PIPELINES", "WORKFLOWS", "DEFAULT_PIPELINE")}
    return reader.installed.running(line, reader.folder, TMPDIR=str(temporary), **chosen, **environ)


@pytest.fixture(scope="module")
def own(reader: Reader, tests_of_the_project: object) -> Iterator[Stack]:
    said = reader.run(PAGE[DEPLOY][1])
    assert "pipeline churn (default): Finds customers who leave" in said
    installed = reader.installed
    yield Stack(reader.folder / ".sagestep", installed.port, project=reader.folder, python=installed.python)
    reader.follow(DESTROY)


@pytest.fixture(scope="module")
def result(own: Stack) -> Path:
    """What the pipeline makes of the manifest's example."""
    said = " ".join(own.invoke("run-pipeline", "--pipeline", "churn").output.split())
    for step in (
        "prepare (ProcessingJob)",
        "train (TrainingJob)",
        "register (RegisterModel)",
        "note (Lambda)",
    ):
        assert f"✓ {step}: Succeeded" in said
    (found,) = (own.state / "runs").glob("*/report.json")
    return found


def test_the_wheel_carries_what_is_deployed_and_nothing_of_a_users(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    carried = {name.removeprefix("driver/installation/") for name in names}
    assert {
        "terraform/main.tf",
        "terraform/.terraform.lock.hcl",
        "terraform/modules/queue/main.tf",
        "lambda_src/start_pipeline/handler.py",
        "localcloud/requirements.lock",
        "localcloud/localstack/check.py",
        "requirements-build.lock",
        "driver/projects/scaffold/project/github/workflows/test.yml.in",
        "driver/manifests/schemas/pipeline.schema.json",
    } <= carried
    assert [name for name in names if ".venv" in name or "tfstate" in name or "__pycache__" in name] == []
    assert {name.partition("/")[0] for name in names if ".dist-info" not in name} == {"driver"}


def test_it_works_where_there_is_no_checkout(reader: Reader, tmp_path: Path) -> None:
    said = reader.installed.run("python -c 'import driver.cli.command as it; print(it.__file__)'", tmp_path)
    assert Path(said.strip()).is_relative_to(reader.installed.folder)
    assert "There is no project here" in reader.installed.run("sagestep status", tmp_path, expect=2)
    assert "run-pipeline" in reader.installed.run("invoke --list", reader.folder)


def test_no_section_of_the_page_is_left_out() -> None:
    assert set(PAGE) == {*BEFORE, DEPLOY, RUN, CHANGE, TEST, DESTROY, *NOT_RUN}


def test_a_pipeline_of_ones_own_runs_to_its_result(own: Stack, result: Path) -> None:
    assert json.loads(result.read_text("utf-8")) == {"accuracy": 1.0}
    (package,) = own.sagemaker.list_model_packages(ModelPackageGroupName="shop-churn")[
        "ModelPackageSummaryList"
    ]
    assert package["ModelApprovalStatus"] == "PendingManualApproval"


def test_tables_as_people_have_them_reach_a_condition_whose_failure_says_why(
    own: Stack, tmp_path: Path
) -> None:
    text = (own.project / "resources/pipelines/churn/customers.csv").read_text("utf-8")
    header, *rows = ([*line.split(",")] for line in text.replace("months", "Months").split())
    rows = [[months, f"{calls},0", left] for months, calls, left in rows]
    odd, book = tmp_path / "odd.csv", openpyxl.Workbook()
    odd.write_text("\n".join(";".join(row) for row in [header, *rows]), "utf-16")
    for row in [header, *rows]:
        book.active.append(row)
    book.save(tmp_path / "book.xlsx")
    inputs = ("--input", str(odd), "--input", str(tmp_path / "book.xlsx"))
    said = own.invoke("run-pipeline", "--set", "Threshold=1", *inputs, expect=1).output
    assert "UTF-16, semicolons between the cells, Months as months, decimal commas" in said
    assert said.count("The accuracy is 0.7") == 2, said


def test_a_workflow_of_ones_own_chooses_by_a_metric_of_the_pipeline(own: Stack, result: Path) -> None:
    bucket = own.output("bucket_name")
    key = "samplefiles/judged/customers.csv"
    example = own.project / "resources/pipelines/churn/customers.csv"
    own.s3.upload_file(str(example), bucket, key)
    said = own.invoke("run", "--workflow", "judge", "--set", f"customers=s3://{bucket}/{key}").output
    assert "✓ Good (Succeed)" in said
    assert "accuracy 1.0" in " ".join(said.split())


def test_every_command_knows_it(own: Stack, result: Path) -> None:
    assert "good-enough Condition accuracy >= Least" in own.invoke("graph", "--pipeline", "churn").output
    assert "noted arn:aws:sagemaker" in own.invoke("logs", "--function", "note").output
    assert "pipeline churn (default)" in own.invoke("status").output
    run = result.parent.name
    assert run in own.invoke("executions").output
    assert "accuracy" in own.invoke("attach", "--execution", run).output
    own.invoke("report", "--execution", run)
    assert own.invoke("plan").code == 0


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node on PATH")
def test_a_function_in_node_js_is_a_folder_as_any_other(own: Stack) -> None:
    answer = own.functions.invoke(FunctionName="shop-greet", Payload=json.dumps({"name": "Ann"}))
    assert json.load(answer["Payload"]) == "hello Ann"
    eventually(lambda: "greeted" in own.invoke("logs", "--function", "greet").output)


def test_what_cannot_be_run_is_refused_by_name(own: Stack) -> None:
    said = own.invoke("run-pipeline", "--pipeline", "geospatial", expect=2).output
    assert "There is no pipeline 'geospatial'." in said
    said = own.invoke("run-pipeline", "--set", "Treshold=1", expect=2).output
    assert "Did you mean Threshold?" in said
    table = own.home / "bad.csv"
    table.write_text("months,calls\n1,2\n")
    assert "lacks the column left" in own.invoke("run-pipeline", "--input", str(table), expect=2).output


def test_the_page_runs_its_pipelines_and_workflows(own: Stack, reader: Reader) -> None:
    reader.follow(RUN)


def test_a_program_of_the_sdk_runs_scripts_of_a_folder_on_awss_images(own: Stack) -> None:
    said = own.invoke("run-pipeline", "--pipeline", "scripted").output
    assert "✓ prepare (ProcessingJob): Succeeded" in said
    assert "accuracy  1.0" in said
    assert "customers  120" in said


def test_the_projects_own_tests_pass_and_leave_nothing_running(
    own: Stack, reader: Reader, tests_of_the_project: "tuple[subprocess.Popen[str], Path]"
) -> None:
    process, temporary = tests_of_the_project
    printed, _ = process.communicate(timeout=300)
    assert process.returncode == 0, printed
    assert "7 passed" in printed
    # The next session begins with what this one has deployed, as it was before its first test.
    reader.write("snapshot/test_it.py", FROM_A_SNAPSHOT)
    cache = {"XDG_CACHE_HOME": str(temporary / "cache")}
    with session(reader, "python -m pytest snapshot", temporary, **cache) as again:
        printed, _ = again.communicate(timeout=300)
    assert again.returncode == 0, printed
    assert [words for found in psutil.process_iter() if str(temporary) in (words := _words(found))] == []


def test_a_changed_definition_and_script_can_be_read_in_the_plan_and_are_synced(
    own: Stack, reader: Reader
) -> None:
    folder = own.project / "resources/pipelines/churn"
    definition, script = folder / "pipeline.json", folder / "code/train.py"
    before = definition.read_text("utf-8"), script.read_text("utf-8")
    definition.write_text(before[0].replace('"DefaultValue": 0.9', '"DefaultValue": 0.8'))
    script.write_text(before[1].replace("right = sum(", "right = 0 + sum("))
    program = own.project / "resources/pipelines/scripted/source/prepare.py"
    program.write_text(program.read_text("utf-8").replace("len(rows), ", 'len(rows), "share": 0.5, '))
    said = own.invoke("plan", expect=2).output
    assert "~ Parameters[Least].DefaultValue: 0.9 → 0.8" in said
    assert "+     right = 0 + sum(" in said
    (sync,) = PAGE[CHANGE]
    said = reader.run(sync)
    assert 'updated module.pipeline["churn"].aws_sagemaker_pipeline.this' in said
    assert 'updated module.pipeline["scripted"].aws_sagemaker_pipeline.this' in said
    assert "share      0.5" in own.invoke("run-pipeline", "--pipeline", "scripted").output


def test_code_that_changed_alone_is_uploaded_without_terraform_which_finds_nothing_to_change(
    own: Stack,
) -> None:
    for name, before, after in (
        ("lambda_src/note/handler.py", '{"note": ', '{"length": 7, "note": '),
        ("resources/pipelines/churn/code/train.py", "import csv", "import csv  # of customers"),
        ("resources/pipelines/churn/pipeline.json", '"DefaultValue": "5"', '"DefaultValue": "6"'),
        ("resources/workflows/judge/workflow.asl.json", "Trains by the", "Trains (>1 time) by the"),
    ):
        path = own.project / name
        text = path.read_text("utf-8")
        assert before in text
        path.write_text(text.replace(before, after))
    said = own.invoke("sync").output
    for address in (
        'module.pipeline["churn"].aws_s3_object.code["train.py"]',
        'module.pipeline["churn"].aws_sagemaker_pipeline.this',
        'module.workflow["judge"].aws_sfn_state_machine.this',
        'module.function["note"].aws_lambda_function.this',
    ):
        assert f"updated {address}" in said
    assert "Terraform" not in said
    assert own.invoke("plan").code == 0
    _is_deployed(own)


def _is_deployed(own: Stack) -> None:
    script = own.project / "resources/pipelines/churn/code/train.py"
    bucket, key = own.output("bucket_name"), "pipelines/churn/code/train.py"
    assert own.s3.get_object(Bucket=bucket, Key=key)["Body"].read() == script.read_bytes()
    tags = {tag["Key"]: tag["Value"] for tag in own.s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]}
    assert tags == {"Project": "shop", "ManagedBy": "terraform"}
    pipeline = own.sagemaker.describe_pipeline(PipelineName="shop-churn")["PipelineDefinition"]
    assert '"DefaultValue":"6"' in pipeline
    machine = own.states.describe_state_machine(
        stateMachineArn="arn:aws:states:us-west-2:000000000000:stateMachine:shop-judge"
    )
    assert json.loads(machine["definition"])["Comment"].startswith("Trains (>1 time) by the")
    event = json.dumps({"model_package_arn": "arn:aws:of-a-test", "accuracy": 1.0}).encode()
    answer = own.functions.invoke(FunctionName="shop-note", Payload=event)["Payload"].read()
    assert json.loads(answer)["length"] == 7


def _words(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""
