from pathlib import Path

import boto3
import pytest

from localcloud.localstack.functions.environment import function_environment, make_runtime_directory

TASK, RUNTIME, TEMPORARY = Path("/task"), Path("/runtime"), Path("/sandbox/tmp")


def test_a_function_sees_nothing_of_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "HTTPS_PROXY", "PYTHONPATH", "PYTEST_CURRENT_TEST"):
        monkeypatch.setenv(name, "leaks")
    assert "leaks" not in function_environment({}, TASK, RUNTIME, TEMPORARY).values()


def test_what_the_function_is_configured_with_wins_over_defaults() -> None:
    environment = function_environment({"LANG": "de_DE", "LIMIT": 3}, TASK, RUNTIME, TEMPORARY)
    assert (environment["LANG"], environment["LIMIT"]) == ("de_DE", "3")


def test_what_lambda_reserves_cannot_be_configured() -> None:
    configured = {"LAMBDA_TASK_ROOT": "/var/task", "LAMBDA_RUNTIME_DIR": "/var/runtime"}
    environment = function_environment(configured, TASK, RUNTIME, TEMPORARY)
    assert (environment["LAMBDA_TASK_ROOT"], environment["LAMBDA_RUNTIME_DIR"]) == ("/task", "/runtime")


def test_temporary_files_stay_with_the_process() -> None:
    environment = function_environment({}, TASK, RUNTIME, TEMPORARY)
    assert environment["TMPDIR"] == environment["HOME"] == "/sandbox/tmp"


def test_the_runtime_directory_links_to_packages_and_to_single_modules(tmp_path: Path) -> None:
    directory = make_runtime_directory(tmp_path / "runtime")
    assert (directory / "boto3" / "__init__.py").samefile(boto3.__file__)
    assert (directory / "six.py").exists()


def test_the_runtime_directory_has_nothing_that_aws_has_not(tmp_path: Path) -> None:
    assert not (make_runtime_directory(tmp_path) / "pytest").exists()


def test_the_runtime_directory_may_be_there_already(tmp_path: Path) -> None:
    made = sorted(make_runtime_directory(tmp_path).iterdir())
    assert sorted(make_runtime_directory(tmp_path).iterdir()) == made
