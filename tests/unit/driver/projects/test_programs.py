"""Programs that make pipelines, run by the driver's own Python; the SDK's are in tests/integration."""

import json
import os
import py_compile
import sys
import tarfile
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from driver.host.environments import Environments
from driver.images.environments import ImageEnvironments
from driver.model.exceptions import ManifestError
from driver.projects.contents import Contents
from driver.projects.definitions import Definitions
from driver.projects.templates import fill
from driver.settings.project import Project

HEAD = """
import json, tarfile, time
from pathlib import Path

class Pipeline:
    name = "mine"
    def __init__(self, *steps):
        self.steps = steps
    def definition(self):
        return json.dumps({"Version": "2020-12-01", "Steps": self.steps})
"""
Make = Callable[[str], Any]


class Folder:
    """A project with one program."""

    def __init__(self, folder: Path) -> None:
        self.program = folder / "resources/pipelines/mine/pipeline.py"
        self.program.parent.mkdir(parents=True)
        (folder / "tasks.py").touch()
        (folder / "resources/images/python").mkdir(parents=True)
        (folder / "lambda_src/score").mkdir(parents=True)
        self.made = folder / "made"
        self.said: list[str] = []
        self.shown: list[str] = []
        environments = Environments(folder / "environments", os.environ)
        self.definitions = Definitions(
            Contents(Project(folder)),
            self.made,
            os.environ,
            environments,
            ImageEnvironments(environments, os.environ),
            lambda text: self.shown.append(text) or nullcontext(),  # type: ignore[func-returns-value]
            self.said.append,
        )

    def write(self, text: str) -> None:
        self.program.write_text(HEAD + text)

    def make(self, text: str = "") -> Any:
        """Make the definition; returns it with its placeholders filled by their names."""
        if text:
            self.write(text)
        assert self.definitions.make("eu-west-1") == self.made
        template = (self.made / "mine.json").read_text()
        names = ("role_arn", "bucket_name", "code_uri", "queue_url", "account_id")
        values: dict[str, Any] = {name: f"<{name}>" for name in names}
        maps = {"images": {"python": "<image>"}, "functions": {"score": "<function>"}}
        filled = fill(template, values | maps)
        assert filled.wrong == ()
        return json.loads(filled.text)

    def files(self) -> dict[str, bytes]:
        folder = self.made / "mine"
        return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_names_of_the_project_become_terraforms_placeholders(folder: Folder) -> None:
    made = folder.make("""
def get_pipeline(role, region, images, functions, queue_url, default_bucket):
    place = f"s3://{default_bucket}/x"
    return Pipeline(role, region, images["python"], functions["score"], queue_url, place, "${y}")
""")
    assert made["Steps"] == [
        "<role_arn>",
        "eu-west-1",
        "<image>",
        "<function>",
        "<queue_url>",
        "s3://<bucket_name>/x",
        "${y}",
    ]


def test_what_the_program_uploads_lies_beside_the_definition_under_its_content(folder: Folder) -> None:
    (folder.program.parent / "code.py").write_text("print(1)")
    text = """
def get_pipeline(bucket_name):
    import boto3
    s3 = boto3.client("s3")
    key = f"mine/{time.time()}/code.py"
    s3.upload_file("code.py", bucket_name, key)
    s3.put_object(Bucket=bucket_name, Key="many/a/b.txt", Body=b"b" * 9_000_000)
    return Pipeline(f"s3://{bucket_name}/{key}", f's3://{bucket_name}/many/', json.dumps(f"s3://{bucket_name}/{key}"))
"""
    first = folder.make(text)["Steps"]
    assert {len(content) for content in folder.files().values()} == {8, 9_000_000}
    code, many, quoted = first
    assert code.startswith("<code_uri>")
    assert folder.files()[code.removeprefix("<code_uri>")] == b"print(1)"
    assert folder.files()[f"{many.removeprefix('<code_uri>')}a/b.txt"]
    assert json.loads(quoted) == code
    assert folder.make(f"{text}\n# changed")["Steps"] == first  # whenever it is made


def test_an_archive_is_the_same_whenever_it_is_made(folder: Folder) -> None:
    (folder.program.parent / "code.py").write_text("print(1)")
    text = """
def get_pipeline(bucket_name):
    with tarfile.open("/tmp/{0}.tar.gz", "w:gz") as archive:
        archive.add("code.py")
    import boto3
    boto3.client("s3").upload_file("/tmp/{0}.tar.gz", bucket_name, "source/sourcedir.tar.gz")
    return Pipeline(f"s3://{bucket_name}/source/sourcedir.tar.gz")
""".replace("/tmp/{0}", str(folder.made.parent / "archive"))
    first = folder.make(text)
    os.utime(folder.program.parent / "code.py", (1, 1))
    assert folder.make(f"{text}\n#") == first
    ((name, _),) = folder.files().items()
    with tarfile.open(folder.made / "mine" / name) as archive:
        assert archive.getnames() == ["code.py"]


def test_files_of_an_older_definition_stay_for_the_executions_that_run(folder: Folder) -> None:
    text = """
def get_pipeline(bucket_name):
    import boto3
    boto3.client("s3").put_object(Bucket=bucket_name, Key="x/data", Body=b"{}")
    return Pipeline(f"s3://{{bucket_name}}/x/data")
"""
    hours = 0.0
    folder.definitions = replace(folder.definitions, clock=lambda: hours * 3600)
    contents = []
    for moment, body in ((0, "first"), (48, "second"), (60, "third"), (73, "second")):
        hours = moment
        folder.make(text.format(body))
        contents.append(sorted(content.decode() for content in folder.files().values()))
    # The first went out of use at 48, so it is gone at 73; the third has only just.
    assert contents == [["first"], ["first", "second"], ["first", "second", "third"], ["second", "third"]]


def test_a_program_runs_again_only_when_something_about_it_changes(folder: Folder) -> None:
    folder.make("pipeline = Pipeline('one')")
    assert folder.shown == ["Running mine/pipeline.py"]
    folder.make()
    assert len(folder.shown) == 1
    (folder.program.parent / "helper.py").write_text("x = 1")
    folder.make("import helper\npipeline = Pipeline('two')")
    assert len(folder.shown) == 2
    folder.program.unlink()
    assert folder.definitions.make("eu-west-1") is None
    assert list(folder.made.iterdir()) == []


def test_the_program_of_a_pipeline_that_is_not_deployed_does_not_run(folder: Folder) -> None:
    folder.write("raise RuntimeError")
    assert replace(folder.definitions, chosen=("other",)).make("eu-west-1") is None
    with pytest.raises(ManifestError):
        replace(folder.definitions, chosen=("other", "mine")).make("eu-west-1")


def test_a_program_for_every_day_has_its_upsert_and_its_start_below_main(folder: Folder) -> None:
    made = folder.make("""
import boto3
client = boto3.client("sagemaker")
arn = boto3.client("sts").get_caller_identity()["Arn"]
definition = Pipeline(arn).definition()
more = {"RoleArn": "r" * 20, "ClientRequestToken": "t" * 32}
client.create_pipeline(PipelineName="mine", PipelineDefinition=definition, **more)
if __name__ == "__main__":
    client.start_pipeline_execution(PipelineName="mine")
""")
    assert made["Steps"][0].startswith("arn:aws:sts::<account_id>:assumed-role/")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("1 / 0", 13, "ZeroDivisionError"),
        ("def (", 13, "SyntaxError"),
        ("x = 1", 1, "it makes no pipeline: write a function get_pipeline"),
        ("def get_pipeline(size): ...", 1, "get_pipeline asks for size, which is not known"),
        ("import boto3; boto3.client('sagemaker').list_pipelines()", 13, "it asks AWS for ListPipelines"),
        (
            "import boto3; boto3.client('s3').get_object(Bucket='other', Key='k')",
            13,
            "it uses the bucket other",
        ),
        ("import sys; sys.exit(3)", 13, "SystemExit: 3"),
        ("import os; os._exit(3)", 1, "it ended without a pipeline"),
        ("pipeline = type('P', (), {'definition': 'no JSON'})", 1, "JSONDecodeError"),
    ],
)
def test_a_program_that_fails_is_told_with_its_line(folder: Folder, text: str, line: int, words: str) -> None:
    folder.write(f"\n\n{text}\n")
    with pytest.raises(ManifestError) as raised:
        folder.definitions.make("eu-west-1")
    assert f"pipeline.py:{line}: " in raised.value.why
    assert words in raised.value.why
    assert not (folder.made / "mine.json").exists()


def test_nothing_of_the_users_account_reaches_it(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "live")
    made = folder.make(
        "import os\npipeline = Pipeline(*sorted(n for n in os.environ if n.startswith('AWS_PRO')))"
    )
    assert made["Steps"] == []


def test_the_manifest_names_the_python_that_runs_it(folder: Folder) -> None:
    manifest = folder.program.parent / "pipeline.yaml"
    python = folder.made.parent / "python"
    python.write_text(f'#!/bin/sh\necho mine >> {folder.made.parent}/used\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    manifest.write_text(f"program: {{python: {python}}}\n")
    folder.make("pipeline = Pipeline()")
    assert (folder.made.parent / "used").read_text() == "mine\n"
    manifest.write_text("program: {image: none}\n")
    with pytest.raises(ManifestError, match="there is no image none"):
        folder.definitions.make("eu-west-1")


def test_a_program_runs_again_once_something_has_changed_that_it_read_elsewhere(folder: Folder) -> None:
    source = folder.made.parent / "src"
    source.mkdir()
    (source / "train.py").write_text("one")
    text = """
def get_pipeline(bucket_name):
    source = Path(__file__).parents[3] / "src"
    with tarfile.open("archive.tar", "w") as archive:
        archive.add(source, "src")
    Path("archive.tar").unlink()
    return Pipeline(*[path.read_text() for path in sorted(source.iterdir())])
"""
    assert folder.make(text)["Steps"] == ["one"]
    read = json.loads((folder.made / "mine.reads").read_text())
    assert read == [str(source), str(source / "train.py")]
    assert folder.make()["Steps"] == ["one"]
    assert len(folder.shown) == 1
    (source / "train.py").write_text("two")
    assert folder.make()["Steps"] == ["two"]
    (source / "more.py").write_text("three")
    assert folder.make()["Steps"] == ["three", "two"]
    (source / "train.py").unlink()
    assert folder.make()["Steps"] == ["three"]


def test_a_module_elsewhere_is_read_although_it_was_compiled(folder: Folder) -> None:
    source = folder.made.parent / "src"
    source.mkdir()
    (source / "shared_names.py").write_text("STEP = 1")
    py_compile.compile(str(source / "shared_names.py"))
    text = """
import sys
sys.path.insert(0, str(Path(__file__).parents[3] / "src"))
from shared_names import STEP
pipeline = Pipeline(STEP)
"""
    assert folder.make(text)["Steps"] == [1]
    (source / "shared_names.py").write_text("STEP = 22")
    assert folder.make()["Steps"] == [22]
