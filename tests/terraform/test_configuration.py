"""The Terraform configuration: its format, its validity, its own tests, and what waits for what."""

import re
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from .module_readmes import MODULES, readme_of
from .program import ROOT, Outcome, Terraform

pytestmark = pytest.mark.terraform

FOLDERS = [".", *(f"modules/{path.name}" for path in MODULES)]

_OUTPUT_OR_VARIABLE = re.compile(r'^(?:output|variable) "(\w+)" \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="session")
def outcomes(terraform: Terraform) -> Iterator[dict[str, Future[Outcome]]]:
    """Every folder's checks, two folders at a time: each spends its time starting the provider."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        yield {folder: pool.submit(_check, terraform, folder) for folder in FOLDERS}


def _check(terraform: Terraform, folder: str) -> Outcome:
    """Initialise and test a folder; before each of its runs, `terraform test` validates it."""
    outcome = terraform.run(folder, "init", "-input=false", "-no-color")
    return outcome if outcome.code else terraform.run(folder, "test", "-no-color")


def test_configuration_is_formatted(terraform: Terraform) -> None:
    outcome = terraform.run(".", "fmt", "-check", "-diff", "-recursive", "-no-color")
    assert outcome == Outcome(0, "")


@pytest.mark.parametrize("folder", FOLDERS)
def test_folder_is_valid_and_its_tests_pass(outcomes: dict[str, Future[Outcome]], folder: str) -> None:
    outcome = outcomes[folder].result()
    assert outcome.code == 0, outcome.output
    assert re.search(r"^Success! [1-9]\d* passed, 0 failed\.$", outcome.output, re.MULTILINE), outcome.output


@pytest.fixture(scope="session")
def needed_by(terraform: Terraform, outcomes: dict[str, Future[Outcome]]) -> dict[str, set[str]]:
    """What waits for each resource, as Terraform's graph has it."""
    assert outcomes["."].result().code == 0
    graph = terraform.run(".", "graph")
    assert graph.code == 0, graph.output
    found: dict[str, set[str]] = defaultdict(set)
    for dependant, needed in re.findall(r'^\s*"([^"]+)" -> "([^"]+)";$', graph.output, re.MULTILINE):
        found[needed].add(dependant)
    return found


def test_nothing_but_the_mapping_waits_for_the_queues(needed_by: dict[str, set[str]]) -> None:
    """The provider takes 25 s for each queue, and whatever waits for them adds its own time."""
    assert _all_after("module.queue.aws_sqs_queue.dlq", needed_by) == {
        "module.queue.aws_sqs_queue.this",
        "module.function.aws_lambda_event_source_mapping.this",
    }
    assert _all_after("module.lost_events.aws_sqs_queue.this", needed_by) == {
        "module.answer_task_function.aws_lambda_function_event_invoke_config.this",
        "module.answer_task_function.aws_cloudwatch_event_target.this",
    }


def test_scripts_are_uploaded_once_the_bucket_keeps_versions(needed_by: dict[str, set[str]]) -> None:
    """Else the state has no version of them and S3 the version "null": `sync` then has to ask Terraform."""
    after = _all_after("module.bucket.aws_s3_bucket_versioning.this", needed_by)
    assert "module.pipeline.aws_s3_object.code" in after


def _all_after(resource: str, needed_by: dict[str, set[str]]) -> set[str]:
    return needed_by[resource].union(*(_all_after(dependant, needed_by) for dependant in needed_by[resource]))


def test_examples_are_valid(terraform: Terraform) -> None:
    """One configuration calls the example of every module: a single start of the provider checks them all."""
    folder = terraform.tree / "terraform" / "examples"
    folder.mkdir()
    calls = [
        f'module "{module.name}" {{\n  source = "../modules/{module.name}/examples/complete"\n}}\n'
        for module in MODULES
    ]
    (folder / "main.tf").write_text("".join(calls), encoding="utf-8")
    for command in ("init", "validate"):
        outcome = terraform.run("examples", command, "-no-color")
        assert outcome.code == 0, outcome.output


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_readme_has_every_input_and_output(module: Path) -> None:
    """`python -m tests.terraform.module_readmes` writes the tables."""
    assert (module / "README.md").read_text(encoding="utf-8") == readme_of(module)


@pytest.mark.parametrize("folder", [ROOT / "terraform", *MODULES], ids=lambda path: path.name)
def test_every_variable_and_output_says_what_it_is(folder: Path) -> None:
    for file in ("variables.tf", "outputs.tf"):
        blocks = _OUTPUT_OR_VARIABLE.findall((folder / file).read_text(encoding="utf-8"))
        assert blocks
        for name, body in blocks:
            assert re.search(r'^  description = "\S', body, re.MULTILINE), f"{file}: {name}"
            assert file == "outputs.tf" or re.search(r"^  type +=", body, re.MULTILINE), f"{file}: {name}"
