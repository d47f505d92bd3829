"""The registry file."""

from pathlib import Path

import pytest

from localcloud.containers.container import ContainerError
from localcloud.containers.registry import find_entry

REGISTRY = """
[[image]]
uri = "*.dkr.ecr.*.amazonaws.com/my-scikit*"
folder = "scikit"
python = "../venv/bin/python"
train = ["python", "train.py"]
environment = { OMP_NUM_THREADS = "1" }

[[image]]
uri = "*/my-*"
folder = "/else/where"
python = "python3.12"
serve = ["./serve"]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "images.toml"
    file.write_text(REGISTRY, "utf-8")
    return file


def test_the_first_pattern_that_fits_wins(file: Path) -> None:
    entry = find_entry(file, "123456789012.dkr.ecr.eu-west-1.amazonaws.com/my-scikit:1")
    assert entry is not None
    assert entry.folder == file.parent / "scikit"
    assert entry.python == str(file.parent / "../venv/bin/python")
    assert entry.commands == {"train": ("python", "train.py")}
    assert entry.environment == {"OMP_NUM_THREADS": "1"}


def test_paths_may_be_absolute_and_interpreters_names(file: Path) -> None:
    entry = find_entry(file, "host/my-other")
    assert entry is not None
    assert (entry.folder, entry.python) == (Path("/else/where"), "python3.12")


def test_no_pattern_fits(file: Path) -> None:
    assert find_entry(file, "host/other") is None
    file.write_text("", "utf-8")
    assert find_entry(file, "host/my-other") is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[image]", "is not TOML"),
        ("[images]", r"must hold \[\[image\]\] tables and nothing else"),
        ("[image]\nuri = 'a'", r"must hold \[\[image\]\] tables"),
        ("image = ['a']", "number 1 of the image registry .* is not a table"),
        ("[[image]]\nuri = 'a'", "number 1 of the image registry .* must name uri and folder"),
        ("[[image]]\nuri = 1\nfolder = ''", "uri must be a string"),
        ("[[image]]\nuri = 'a'\nfolder = ''\nbuild = 'x'", "unknown keys: build"),
        ("[[image]]\nuri = 'a'\nfolder = ''\ndocker = 'x'", "docker must be true or false"),
        ("[[image]]\nuri = 'a'\nfolder = ''\ntrain = 'train.py'", "train must be a list of strings"),
        ("[[image]]\nuri = 'a'\nfolder = ''\ntrain = []", "train must be a list of strings"),
        ("[[image]]\nuri = 'a'\nfolder = ''\nenvironment = { A = 1 }", "must be a table of strings"),
    ],
)
def test_what_is_no_registry_says_why(file: Path, text: str, message: str) -> None:
    file.write_text(text, "utf-8")
    with pytest.raises(ContainerError, match=message):
        find_entry(file, "host/other")


def test_a_registry_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ContainerError, match=r"none\.toml cannot be read: No such file"):
        find_entry(tmp_path / "none.toml", "host/other")
