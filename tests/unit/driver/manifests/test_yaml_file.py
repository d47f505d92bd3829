import pytest

from driver.manifests.yaml_file import YamlError, read_yaml


def test_each_key_and_item_has_its_line() -> None:
    read = read_yaml("title: One\nimages:\n  - a\n  - name: b\n    uris: []\n")
    assert read.content == {"title": "One", "images": ["a", {"name": "b", "uris": []}]}
    assert read.line(()) == 1
    assert read.line(("images",)) == 2
    assert read.line(("images", 0)) == 3
    assert read.line(("images", 1, "uris")) == 5
    assert read.line(("images", 1, "nothing", 7)) == 4  # the nearest around it


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("no", "no"),
        ("on", "on"),
        ("2024-01-01", "2024-01-01"),
        ("1:30", "1:30"),
        ("0123", "0123"),
        ("3.10", 3.1),
        ("-7", -7),
        ("1e3", 1000.0),
        ("~", None),
        ("1_000", "1_000"),
        ("0x1F", "0x1F"),
        ("=", "="),
        ("<<", "<<"),
    ],
)
def test_plain_values_are_those_of_yaml_1_2(text: str, value: object) -> None:
    assert read_yaml(f"key: {text}").content == {"key": value}


def test_how_a_number_is_written_is_kept() -> None:
    assert read_yaml("python: 3.10\nname: x\n").texts == {("python",): "3.10"}


def test_json_is_yaml() -> None:
    read = read_yaml('{\n "a": [1, 2.5, true, null],\n "b": "é\\n"\n}')
    assert read.content == {"a": [1, 2.5, True, None], "b": "é\n"}
    assert read.line(("b",)) == 3


def test_nothing_is_nothing() -> None:
    assert read_yaml("# only a comment\n").content is None


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("a: 1\nb: [1\n", 3, "expected"),
        ("a: 1\nb:\tx\n\tc: 2\n", 2, r"\\t"),
        ("a: 1\na: 2\n", 2, "the key a is written a second time"),
        ("b: 1\na:\n  c: 1\n  c: 1\n", 4, "the key c is written a second time"),
        ("uris:\n  - *any\n", 2, "must be in quotes"),
        ("a: &x 1\nb: *x\n", 1, "must be in quotes"),
        ("1: one\n", 1, "the key 1 must be in quotes"),
        ("? [a]\n: one\n", 1, "a key must be a text"),
        ("a: 1\nb: !!python/object/apply:os.system [ls]\n", 2, "python/object"),
        ("a: 1\n---\nb: 2\n", 2, "single document"),
        ("a: \x00", 1, "unacceptable character"),
        ("[" * 5000, 1, "nested too deeply"),
    ],
)
def test_what_is_not_taken_is_told_with_its_line(text: str, line: int, reason: str) -> None:
    with pytest.raises(YamlError, match=reason) as raised:
        read_yaml(text)
    assert raised.value.line == line
