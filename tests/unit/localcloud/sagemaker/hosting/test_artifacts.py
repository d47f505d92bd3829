import io
import tarfile
from pathlib import Path

import pytest

from localcloud.sagemaker.hosting.artifacts import ModelDataError, provide_model
from tests.unit.localcloud.sagemaker.cloud import FakeHost
from tests.unit.localcloud.sagemaker.hosting.account import MODEL_DATA
from tests.unit.localcloud.sagemaker.hosting.archive import archive


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    directory = tmp_path / "ml" / "model"
    directory.mkdir(parents=True)
    return directory


def provide(directory: Path, content: bytes | None, *, is_wanted: bool = True) -> None:
    host = FakeHost()
    if content is not None:
        host.objects["bucket", "model.tar.gz"] = content
    provide_model(host, MODEL_DATA, directory, lambda: is_wanted)


def test_an_archive_is_unpacked_and_nothing_else_is_left(directory: Path) -> None:
    provide(directory, archive({"weights": b"1,2", "code/inference.py": b"pass"}))
    assert (directory / "weights").read_bytes() == b"1,2"
    assert (directory / "code" / "inference.py").read_bytes() == b"pass"
    assert [path.name for path in directory.parent.iterdir()] == ["model"]


def test_a_missing_object_is_told_in_aws_words(directory: Path) -> None:
    with pytest.raises(ModelDataError) as caught:
        provide(directory, None)
    assert str(caught.value) == (
        'Failed to download model data for container "container_1" from URL: "s3://bucket/model.tar.gz". '
        "Please ensure that there is an object located at the URL and that the role passed to CreateModel "
        "has permissions to download the object."
    )


@pytest.mark.parametrize(
    "content",
    [b"", b"no archive", archive({"weights": b"1" * 9999})[:-20]],
    ids=["empty", "text", "cut short"],
)
def test_what_is_no_archive_is_told_in_aws_words(directory: Path, content: bytes) -> None:
    with pytest.raises(ModelDataError) as caught:
        provide(directory, content)
    assert str(caught.value) == (
        'Failed to extract model data archive for container "container_1" from URL '
        '"s3://bucket/model.tar.gz". Please ensure that the object located at the URL is a valid tar.gz '
        "archive."
    )


def test_an_archive_without_compression_is_refused(directory: Path) -> None:
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("weights"))
    with pytest.raises(ModelDataError, match="Failed to extract"):
        provide(directory, plain.getvalue())


def test_an_archive_that_would_leave_its_directory_is_refused(directory: Path) -> None:
    with pytest.raises(ModelDataError, match="Failed to extract"):
        provide(directory, archive({"../../escaped": b"!"}))
    assert not list(directory.parents[1].glob("**/escaped"))


def test_a_download_that_is_no_longer_wanted_ends(directory: Path) -> None:
    with pytest.raises(ModelDataError):
        provide(directory, archive({"weights": b"1"}), is_wanted=False)
    assert not list(directory.iterdir())
