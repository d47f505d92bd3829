from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from driver.manifests.complaints import Complaint, complaints
from driver.manifests.manifest import Manifest, check_manifest, read_manifest
from driver.model.exceptions import ManifestError

SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": ["title"],
    "additionalProperties": False,
    "properties": {
        "title": {"type": "string", "minLength": 1},
        "python": {"type": "string", "pattern": r"^3\.\d+$", "description": "a version such as 3.12"},
        "uris": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
    },
}


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "image.yaml"


def test_a_manifest_that_fits_is_read(file: Path) -> None:
    file.write_text("title: Mine\nuris: [a]\n", "utf-8")
    manifest = read_manifest(file, SCHEMA)
    assert manifest.content == {"title": "Mine", "uris": ["a"]}
    error = manifest.wrong("it is taken by another image", "uris", 0)
    assert error.what == "image.yaml has 1 mistake."
    assert error.why == "image.yaml:2: it is taken by another image"


def test_every_mistake_is_told_with_file_and_line(file: Path) -> None:
    file.write_text("pyhton: 3\nuris:\n  - a\n  - 1\npython: 3.10\n", "utf-8")
    with pytest.raises(ManifestError) as raised:
        read_manifest(file, SCHEMA)
    assert raised.value.what == "image.yaml has 4 mistakes."
    assert raised.value.why.splitlines() == [
        "image.yaml:1: title: missing; expected text of 1 to any number of characters",
        "image.yaml:1: pyhton: there is no such key; did you mean python?",
        'image.yaml:4: uris[1]: expected text, not 1; write it in quotes: "1"',
        'image.yaml:5: python: expected text that matches ^3\\.\\d+$, not 3.1; write it in quotes: "3.10"',
    ]


def test_only_the_first_mistakes_are_told_one_by_one(file: Path) -> None:
    file.write_text("".join(f"key{number}: 1\n" for number in range(8)), "utf-8")
    with pytest.raises(ManifestError, match="has 9 mistakes") as raised:
        read_manifest(file, SCHEMA)
    assert len(raised.value.why.splitlines()) == 6
    assert raised.value.why.endswith("…")


@pytest.mark.parametrize(
    ("content", "line", "text"),
    [
        (None, 1, "cannot be read: No such file or directory"),
        (b"title: x\npython: \xff\n", 2, "not written in UTF-8"),
        (b"title: [\n", 2, "it is no YAML"),
        (b"- a\n", 1, "expected an object"),
        (b"", 1, "title: missing"),
        (b"title: x\nuris: [a, a]\n", 2, "non-unique"),
        (b'title: x\npython: "2"\n', 2, '(a version such as 3.12), not "2"'),
    ],
)
def test_a_file_that_is_no_manifest(file: Path, content: bytes | None, line: int, text: str) -> None:
    if content is not None:
        file.write_bytes(content)
    found = check_manifest(file, SCHEMA)
    assert not isinstance(found, Manifest)
    assert found[0].line == line
    assert text in found[0].text


def test_a_file_outside_the_working_directory_is_named_in_full(
    file: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other") / "image.yaml"
    with pytest.raises(ManifestError) as raised:
        read_manifest(other, SCHEMA)
    assert str(other) in raised.value.what


def test_a_place_is_written_as_one_would() -> None:
    schema = {"properties": {"a": {"items": {"properties": {"b": {"type": "integer"}}}}}}
    assert complaints(schema, {"a": [{"b": 1}, {"b": "x"}]}) == [
        Complaint(("a", 1, "b"), 'expected a whole number, not "x"')
    ]
    assert Complaint(("a", 1, "b"), "").path == "a[1].b"
