"""The check of functions, requirements, examples and Terraform files of a project."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

PIPELINE, WORKFLOW = "resources/pipelines/example/", "resources/workflows/example/"
DEFINITION, MANIFEST = f"{PIPELINE}pipeline.json", f"{PIPELINE}pipeline.yaml"
FUNCTION, IMAGE = "lambda_src/parity/", "resources/images/python/"
Found = tuple[list[str], list[str]]


@pytest.mark.parametrize(
    "line", ["-e .", "git+https://example.com/x", "x @ https://example.com/x.tar.gz", "./x", "--no-binary x"]
)
def test_packages_of_a_function_that_would_be_built_here_are_refused(
    project: Path, check: Callable[[], Found], line: str
) -> None:
    (project / FUNCTION / "requirements.txt").write_text(
        f"requests==2 # a/b\nx @ https://e.com/x.whl\n{line}\n"
    )
    (mistake,), _ = check()
    assert mistake.startswith(f"{FUNCTION}requirements.txt:3: it would be built on this machine")


def test_files_that_requirements_of_a_function_name_must_be_there(
    project: Path, check: Callable[[], Found]
) -> None:
    (project / FUNCTION / "requirements.txt").write_text("-r more.txt\n./no.whl\n")
    (project / FUNCTION / "more.txt").write_text("--index-url https://example.com/simple\nrequests\n")
    (mistake,), _ = check()
    assert mistake == f"{FUNCTION}requirements.txt:2: there is no file ./no.whl"


def test_files_of_requirements_are_named_from_their_own_folder_and_wheels_from_the_functions(
    project: Path, check: Callable[[], Found]
) -> None:
    folder = project / FUNCTION
    (folder / "sub").mkdir()
    (folder / "requirements.txt").write_text("-r sub/more.txt\n")
    (folder / "sub/more.txt").write_text("-c limits.txt\n./my-rc-1.0-py3-none-any.whl\n./sub/no.whl\n")
    (folder / "sub/limits.txt").write_text("python-rapidjson<2\n")
    (folder / "my-rc-1.0-py3-none-any.whl").touch()
    (mistake,), _ = check()
    assert mistake == f"{FUNCTION}sub/more.txt:3: there is no file ./sub/no.whl"


@pytest.mark.parametrize("folder", [FUNCTION, IMAGE, PIPELINE])
def test_a_requirement_that_pip_refuses_is_told_with_its_line(
    project: Path, check: Callable[[], Found], folder: str
) -> None:
    if folder == PIPELINE:
        (project / DEFINITION).unlink()
        (project / PIPELINE / "pipeline.py").write_text("pipeline = None\n")
    good = (
        "--index-url https://example.com/simple\n# a comment\n\nrequests[socks]>=2,<3; python_version > '3.8'"
        "\nnumpy==2.0 --hash=sha256:12 \\\n    --hash=sha256:34\nx @ https://e.com/x.whl\n${PIP_NAME}==1\n"
    )
    (project / folder / "requirements.txt").write_text(f"{good}scikit-learn==\nscipy=1.2 # one =\n")
    mistakes, _ = check()
    assert [one.partition(": ")[0] for one in mistakes] == [
        f"{folder}requirements.txt:9",
        f"{folder}requirements.txt:10",
    ]
    assert all("pip cannot read 'sci" in one for one in mistakes)


def test_an_example_is_read_as_run_pipeline_reads_it(project: Path, check: Callable[[], Found]) -> None:
    example = project / PIPELINE / "example.csv"
    text = example.read_text().replace("price", "Price").replace(",", ";")
    example.write_text(text, "utf-16")
    assert check() == ([], [])
    example.write_bytes(text.replace("Price", "Größe").encode("latin-1"))
    (mistake,), _ = check()
    assert mistake.startswith(f"{MANIFEST}:13: example.csv cannot be read as text. It is not UTF-8")


def test_a_variable_without_a_value_is_told_with_file_and_line(
    project: Path, check: Callable[..., Found]
) -> None:
    folder = project / "terraform"
    folder.mkdir()
    (folder / "mine.tf").write_text('variable "team" {\n  default = "x"\n}\n\nvariable "owner" {}\n')

    (mistake,), _ = check("team")
    assert mistake.startswith("terraform/mine.tf:5: the variable owner has no value: set it in the table")
    assert check("owner") == ([], [])
    for name in ("terraform.tfvars.example", "more.auto.tfvars.bak", "more.tfvars"):
        (folder / name).write_text('owner = "me"\n')
        assert check()[0] == [mistake]  # Terraform does not read it
    (folder / "more.auto.tfvars").write_text('owner = "me"\n')  # Terraform reads it itself
    assert check() == ([], [])
    (folder / "mine.tf").rename(folder / "own.tf")
    (mistake,), _ = check()
    assert mistake.startswith("terraform/own.tf:1: sagestep's own configuration")


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"index.mjs": ""}, ""),
        ({"src/main.js": "", "function.yaml": "runtime: nodejs20.x\nhandler: src/main.run\n"}, ""),
        ({}, "index.mjs:1: there is no such file, which may end in .mjs, .js, .cjs"),
        (
            {"function.yaml": "runtime: nodejs20.x\nhandler: main.run\n"},
            "function.yaml:2: main.mjs: there is no such file",
        ),
        (
            {"index.js": "", "package.json": '{"dependencies": {"x": "1"}}'},
            "package.json:1: its dependencies need",
        ),
        ({"index.js": "", "package.json": "{"}, "package.json:1: it is no JSON object"),
        ({"index.js": "", "package-lock.json": "{}"}, "package-lock.json:1: npm needs package.json"),
        ({"index.js": "", "requirements.txt": "x\n"}, "requirements.txt:1: a function in Node.js needs"),
        ({"index.js": "", "node_modules/x.js": ""}, "node_modules:1: it is not packed"),
        (
            {
                "index.js": "",
                "package.json": "{}",
                "package-lock.json": '{"packages": {"": {}, "node_modules/x": {"link": true}}}',
            },
            "package-lock.json:1: x is of this machine",
        ),
    ],
)
def test_functions_in_node_js_are_checked(
    project: Path, check: Callable[[], Found], files: dict[str, str], told: str
) -> None:
    folder = project / FUNCTION
    (folder / "handler.py").unlink()
    for name, text in {"function.yaml": "runtime: nodejs20.x\n", **files}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    mistakes, warnings = check()
    assert [one.startswith(f"{FUNCTION}{told}") for one in mistakes] == ([True] if told else []), mistakes
    assert warnings == []


def test_scripts_of_packages_that_are_not_run_are_a_warning(
    project: Path, check: Callable[[], Found]
) -> None:
    folder = project / FUNCTION
    (folder / "handler.py").rename(folder / "index.mjs")
    (folder / "function.yaml").write_text("runtime: nodejs20.x\n")
    (folder / "package.json").write_text('{"dependencies": {"x": "1"}}')
    lock = {"packages": {"node_modules/x": {"version": "1.0.0", "hasInstallScript": True}}}
    (folder / "package-lock.json").write_text(json.dumps(lock))
    assert check()[1][0].startswith(f"{FUNCTION}package-lock.json:1: x has a script that builds it")
