"""What the pages tell a reader to type and to open exists; a page that shows a file shows the file's text."""

import re
import shlex
from copy import deepcopy
from pathlib import Path

import pytest
from invoke.parser import Parser
from invoke.program import Program

from driver.cli.namespace import tasks_of
from driver.projects.beginnings import project_files

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "localcloud").glob("*.md")]
_COMMAND = re.compile(r"(?:invoke|sagestep) (.*)")
_LINK = re.compile(r"\]\(([^)#:]+)(#[^)]*)?\)")


@pytest.fixture(scope="module")
def parser() -> Parser:
    tasks = deepcopy(tasks_of(str(ROOT / "tasks.py")))  # invoke takes the help out of what it parses
    return Parser(contexts=tasks.to_contexts(), initial=Program().initial_context)


def commands_of(text: str) -> list[str]:
    """Give the commands of `invoke` without their comments."""
    typed = (
        line[2:].partition("  #")[0].split(" && ") for line in text.splitlines() if line.startswith("$ ")
    )
    return [match[1] for parts in typed for part in parts if (match := _COMMAND.fullmatch(part.strip()))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_command_of_a_page_exists_with_its_flags(page: Path, parser: Parser) -> None:
    for command in commands_of(page.read_text(encoding="utf-8")):
        assert parser.parse_argv(shlex.split(command)), command


@pytest.mark.parametrize("command", ["upp", "up --targett aws", "run-pipeline --pipeline"])
def test_a_command_that_does_not_exist_is_found(command: str, parser: Parser) -> None:
    (found,) = commands_of(f"$ invoke {command}  # for all")
    with pytest.raises(
        Exception, match=r"There is no task upp|up has no flag --targett|--pipeline needs a value"
    ):
        parser.parse_argv(shlex.split(found))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_file_that_a_page_links_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert [link for link, _ in _LINK.findall(text) if not (page.parent / link).exists()] == []


def test_the_page_on_ci_shows_the_workflow_of_a_new_project() -> None:
    workflow = project_files("shop", "sagestep")[Path(".github/workflows/test.yml")].decode()
    assert f"```yaml\n{workflow}```" in (ROOT / "docs/ci.md").read_text(encoding="utf-8")
