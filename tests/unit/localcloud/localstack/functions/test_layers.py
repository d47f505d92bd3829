from pathlib import Path

from localcloud.localstack.functions.layers import as_on_aws, merge
from localcloud.localstack.functions.processes.layers import paths, with_layers


def test_later_layers_replace_files_of_earlier_ones(tmp_path: Path) -> None:
    for name, files in {"a": {"x/1": "a", "x/2": "a"}, "b": {"x/2": "b", "y": "b"}}.items():
        for file, text in files.items():
            place = tmp_path / name / file
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
    layers = {"arn:a:1": tmp_path / "a", "arn:b:1": tmp_path / "b"}
    merged = merge(layers, tmp_path / "merged")
    assert merged is not None
    assert {file: (merged / file).read_text() for file in ("x/1", "x/2", "y")} == {
        "x/1": "a",
        "x/2": "b",
        "y": "b",
    }
    assert merge(layers, tmp_path / "merged") == merged
    other = merge(dict(reversed(layers.items())), tmp_path / "merged")
    assert other is not None
    assert (other / "x/2").read_text() == "a"
    assert merge({}, tmp_path) is None


def test_programs_and_libraries_of_layers_come_last() -> None:
    given = with_layers({"PATH": "/bin", "A": "1"}, "/opt")
    assert given == {"PATH": "/bin:/opt/bin", "LD_LIBRARY_PATH": "/opt/lib", "A": "1"}
    assert paths("/opt")[1] == "/opt/python"


def test_stack_traces_name_the_folders_of_aws() -> None:
    trace = b'File "/home/me/code/app.py", "/home/me/coded/app.py", "/layers/x/python/y.py"'
    places = [(Path("/home/me/code"), "/var/task"), (Path("/layers/x"), "/opt"), (None, "/never")]
    assert as_on_aws(trace, places) == b'File "/var/task/app.py", "/home/me/coded/app.py", "/opt/python/y.py"'
