"""What `import driver` gives, and what it costs."""

import subprocess
import sys
from pathlib import Path

import pytest

import driver

ROOT = Path(driver.__file__).resolve().parents[1]


def test_every_name_is_listed_and_there() -> None:
    assert set(driver.__all__) <= set(dir(driver))
    for name in driver.__all__:
        assert getattr(driver, name).__name__ == name
        assert getattr(driver, name).__doc__
    with pytest.raises(AttributeError, match="nothing"):
        getattr(driver, "not" + "hing")


def test_type_checkers_are_told_of_the_same_names() -> None:
    source = Path(driver.__file__).read_text(encoding="utf-8")
    told = {line.rpartition(" as ")[2] for line in source.splitlines() if line.startswith("    from driver.")}
    assert told == set(driver.__all__)
    assert (Path(driver.__file__).parent / "py.typed").is_file()


@pytest.mark.parametrize("name", ["Endpoint", "Execution", "Pipeline", "Project", "Workflow"])
def test_all_that_a_class_offers_says_what_it_is(name: str) -> None:
    members = vars(getattr(driver, name))
    assert [member for member in members if not member.startswith("_") and not members[member].__doc__] == []


def test_nothing_of_it_is_loaded_before_it_is_used() -> None:
    heavy = "{'boto3', 'botocore', 'jsonschema', 'rich', 'pandas', 'driver.api'} & set(sys.modules)"
    code = (
        f"import sys, driver, driver.cli.command; assert not {heavy};"
        "driver.Execution; assert 'driver.api.execution' in sys.modules and 'pandas' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
