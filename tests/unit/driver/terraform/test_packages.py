import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver.model.exceptions import WrongUseError
from driver.terraform.packages import build_packages, pack, pack_installed

names = st.from_regex(r"[a-z]{1,8}/[a-z]{1,8}\.py", fullmatch=True)


@given(st.dictionaries(names, st.binary(), min_size=1))
def test_the_same_files_give_the_same_bytes_in_any_order(files: dict[str, bytes]) -> None:
    assert pack(files) == pack(dict(reversed(files.items())))


@given(st.dictionaries(names, st.binary()))
def test_what_goes_in_comes_out_readable_by_all(files: dict[str, bytes]) -> None:
    with zipfile.ZipFile(io.BytesIO(pack(files))) as package:
        assert package.testzip() is None
        assert {entry.filename: package.read(entry) for entry in package.infolist()} == files
        assert all(entry.external_attr >> 16 == 0o100644 for entry in package.infolist())


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "lambda_src"
    for name, content in {
        "__init__.py": "",
        "shared/__init__.py": "",
        "shared/logs.py": "LEVEL = 'INFO'",
        "shared/__pycache__/logs.cpython-312.pyc": "x",
        "answer_task/__init__.py": "",
        "answer_task/handler.py": "def lambda_handler(event, context): ...",
        "geospatial/__init__.py": "",
        "geospatial/handler.py": "from ..shared.logs import LEVEL\ndef lambda_handler(event, context): ...",
        "geospatial/jobs/__init__.py": "",
        "geospatial/__pycache__/handler.cpython-312.pyc": "x",
        "geospatial/.handler.py.swp": "x",
        "README.md": "",
        "notes/idea.txt": "",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return folder


def test_each_function_is_packed_with_what_all_share(source: Path, tmp_path: Path) -> None:
    packages = build_packages(source, tmp_path / "packages")
    assert [path.name for path in packages] == ["answer_task.zip", "geospatial.zip"]
    with zipfile.ZipFile(packages[1]) as package:
        assert package.namelist() == [
            "lambda_src/__init__.py",
            "lambda_src/geospatial/__init__.py",
            "lambda_src/geospatial/handler.py",
            "lambda_src/geospatial/jobs/__init__.py",
            "lambda_src/shared/__init__.py",
            "lambda_src/shared/logs.py",
        ]


def test_a_handler_is_found_by_its_name_in_the_zip_alone(source: Path, tmp_path: Path) -> None:
    [_, package] = build_packages(source, tmp_path / "packages")
    name = "lambda_src.geospatial.handler"
    program = (
        f"import sys; sys.path[:0] = [{str(package)!r}]; import {name} as it; print(it.LEVEL, it.__file__)"
    )
    said = subprocess.run(
        [sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert said.stdout.split() == ["INFO", f"{package}/lambda_src/geospatial/handler.py"]


def test_a_touched_source_leaves_the_zip_alone(source: Path, tmp_path: Path) -> None:
    [_, package] = build_packages(source, tmp_path / "packages")
    before = package.stat()
    os.utime(source / "geospatial/handler.py", (0, 0))
    (source / "geospatial/handler.py").chmod(0o700)
    build_packages(source, tmp_path / "packages")
    assert package.stat() == before


def test_a_changed_source_changes_the_zip(source: Path, tmp_path: Path) -> None:
    [_, package] = build_packages(source, tmp_path / "packages")
    before = package.read_bytes()
    (source / "geospatial/handler.py").write_text("")
    build_packages(source, tmp_path / "packages")
    assert package.read_bytes() != before


def test_a_change_in_what_all_share_changes_every_zip(source: Path, tmp_path: Path) -> None:
    packages = build_packages(source, tmp_path / "packages")
    before = {package: package.read_bytes() for package in packages}
    (source / "shared/logs.py").write_text("")
    build_packages(source, tmp_path / "packages")
    assert all(package.read_bytes() != before[package] for package in packages)


def test_only_some_functions_are_packed_where_they_are_named(source: Path, tmp_path: Path) -> None:
    packages = build_packages(source, tmp_path / "packages", ("answer_task", "start_pipeline"))
    assert [path.name for path in packages] == ["answer_task.zip"]


def test_a_project_need_not_have_what_ours_shares(tmp_path: Path) -> None:
    (tmp_path / "lambda_src/score").mkdir(parents=True)
    (tmp_path / "lambda_src/score/handler.py").write_text("def lambda_handler(event, context): ...")
    [package] = build_packages(tmp_path / "lambda_src", tmp_path / "packages")
    with zipfile.ZipFile(package) as zipped:
        assert zipped.namelist() == ["lambda_src/score/handler.py"]


def test_what_a_function_needs_lies_beside_its_code(source: Path, tmp_path: Path) -> None:
    archive = tmp_path / "packages.zip"
    archive.write_bytes(pack_installed({"numpy/__init__.py": b"x" * 1000}))
    installed = {"geospatial": archive, "answer_task": None}
    (source / "geospatial/x-1.0-py3-none-any.whl").write_bytes(b"")
    [unknown, package] = build_packages(source, tmp_path / "packages", installed=installed)
    assert not unknown.exists()  # what it needs is not at hand: an older package stays as it is
    build_packages(source, tmp_path / "packages", installed=installed, to_destroy=True)
    assert unknown.exists()  # Terraform reads it to destroy, on a machine that has not deployed it, too
    before = package.read_bytes()
    with zipfile.ZipFile(package) as zipped:
        assert zipped.testzip() is None
        assert zipped.namelist()[:2] == ["numpy/__init__.py", "lambda_src/__init__.py"]
        assert "lambda_src/geospatial/x-1.0-py3-none-any.whl" not in zipped.namelist()
        assert zipped.getinfo("numpy/__init__.py").compress_size < 100
    build_packages(source, tmp_path / "packages", installed=installed)
    assert package.read_bytes() == before


def test_a_function_in_node_js_has_its_files_at_the_root(tmp_path: Path) -> None:
    folder = tmp_path / "node_modules/lambda_src/greet"  # the project may lie anywhere
    (folder / "node_modules/x").mkdir(parents=True)
    (folder / "function.yaml").write_text("runtime: nodejs22.x\n")
    (folder / "index.mjs").write_text("export const handler = () => 1;\n")
    (folder / "node_modules/x/index.js").touch()
    archive = tmp_path / "packages.zip"
    archive.write_bytes(pack_installed({"node_modules/y/index.js": b""}))
    (package,) = build_packages(folder.parent, tmp_path / "packages", installed={"greet": archive})
    with zipfile.ZipFile(package) as zipped:
        assert zipped.namelist() == ["node_modules/y/index.js", "function.yaml", "index.mjs"]


def test_a_package_that_lambda_would_not_take_is_refused_with_its_size(source: Path, tmp_path: Path) -> None:
    archive = tmp_path / "packages.zip"
    archive.write_bytes(pack_installed({"data": bytes(250 * 1024**2 + 1)}))
    with pytest.raises(WrongUseError, match=r"answer_task is too large.* 250.0 MB unzipped; .* 250 MB"):
        build_packages(source, tmp_path / "packages", installed={"answer_task": archive})
    archive.write_bytes(pack({"data": bytes(50 * 1024**2)}))
    with pytest.raises(WrongUseError, match=r"50.0 MB as a zip file that is uploaded"):
        build_packages(source, tmp_path / "packages", installed={"answer_task": archive})
    (package,) = build_packages(
        source, tmp_path / "packages", ("answer_task",), {"answer_task": archive}, to_destroy=True
    )
    assert package.exists()  # a function that has grown too large can still be destroyed


def test_a_linked_folder_is_packed_as_well(source: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "rules.py").write_text("LIMIT = 3")
    (source / "answer_task/common").symlink_to(elsewhere, target_is_directory=True)
    with zipfile.ZipFile(build_packages(source, tmp_path / "packages")[0]) as package:
        assert package.read("lambda_src/answer_task/common/rules.py") == b"LIMIT = 3"
