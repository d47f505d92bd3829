"""What is said of a command line that cannot be understood, by the program that a user starts."""

import subprocess
import sys
from copy import deepcopy
from pathlib import Path

import pytest
from invoke.exceptions import ParseError
from invoke.parser import Parser

from driver.cli.namespace import tasks_of
from driver.cli.parsing import CommandLineError

ROOT = Path(__file__).resolve().parents[4]


def refused(*words: str) -> CommandLineError:
    # A copy: a task gives its flags' help away the first time it is asked for them.
    parser = Parser(contexts=deepcopy(tasks_of(str(ROOT / "tasks.py"))).to_contexts())
    with pytest.raises(CommandLineError) as caught:
        parser.parse_argv(list(words))
    return caught.value


@pytest.mark.parametrize(
    ("words", "told", "code"),
    [
        ("new --project", "✗ --project needs a value.", 2),
        ("status --target --json", "✗ --target needs a value.", 2),
        ("logs -x --errors", "✗ --execution needs a value.", 2),
        ("run-pipeline --input", "✗ --input needs a value.", 2),  # invoke itself drops it
        ("run-pipeline --set a=1 --set --rows 3", "✗ --set needs a value.", 2),
        ("run-pipeline --longitude-colum=x", "Did you mean --longitude-column?", 2),
        ("status -q -Z", "✗ status has no flag -Z.", 2),
        ("status extra", "✗ status does not take 'extra'.", 2),
        ("status --json=3", "✗ status does not take '3'.", 2),
        ("statu", "Did you mean status?", 2),
        ("plan --bogus", "✗ plan has no flag --bogus.", 1),  # 2 is what plan says of changes
    ],
)
def test_what_is_not_understood_is_said_in_our_words(words: str, told: str, code: int) -> None:
    error = refused(*words.split())
    assert told in str(error)
    assert "Argument" not in str(error)
    assert error.code == code
    assert isinstance(error, ParseError)  # with which invoke completes words


def test_the_program_prints_it_once_and_ends_with_2() -> None:
    for program in ("invoke", "driver.cli.program"):
        call = "main()" if program != "invoke" else "__import__('invoke').main.program.run()"
        code = f"import sys; sys.argv[1:] = ['new', '--project']; from {program} import main; {call}"
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 2, done
        assert done.stderr.count("needs a value") == 1
