from pathlib import Path

import pytest

from driver.images.environments import image_for
from driver.images.image import check_images, read_image, read_images, ready_made
from driver.model.exceptions import ManifestError, WrongUseError
from tests.unit.driver.images.conftest import IMAGE, MakeImage

ROOT = Path(__file__).resolve().parents[4]
REGISTRY = "123456789012.dkr.ecr.us-west-2.amazonaws.com"


def test_an_image_is_what_its_manifest_says(make_image: MakeImage) -> None:
    folder = make_image()
    image = read_image(folder)
    assert (image.name, image.title, image.folder) == ("mine", "Mine", folder)
    assert image.uris == ("*/mine:*", "*/other:1")
    assert image.programs == {"train": ("python", "train.py"), "process": ("python",)}
    assert image.requirements == folder / "requirements.txt"
    assert image.working_directory == folder
    assert not image.is_ready_made


def test_a_lock_is_taken_before_what_it_was_made_of(make_image: MakeImage) -> None:
    folder = make_image()
    (folder / "requirements.lock").touch()
    assert read_image(folder).requirements == folder / "requirements.lock"


def test_what_may_be_left_out_has_a_default(make_image: MakeImage) -> None:
    folder = make_image(manifest="title: Mine\nuris: ['*/mine:1']\n")
    (folder / "requirements.txt").unlink()
    image = read_image(folder)
    assert image.requirements is None
    assert (image.python, image.programs, image.environment) == (">=3.11", {}, {})


@pytest.mark.parametrize(
    ("manifest", "line", "text"),
    [
        ("title: Mine\n", 1, "uris: missing"),
        ("title: Mine\nuris: []\n", 2, "uris: expected a list of 1 to any number of items"),
        ("title: Mine\nuris:\n  - mine\n", 3, "an image URI with a tag, such as */my-image:*"),
        (IMAGE.replace('"3.27"', "3.27"), 3, 'write it in quotes: "3.27"'),
        (IMAGE.replace('"3.27"', "newest"), 3, "a version such as 3.12"),
        (IMAGE.replace("train:", "training:"), 5, "there is no such key; did you mean train?"),
        (IMAGE.replace("train.py", "trian.py"), 5, "programs.train: there is no file trian.py"),
        (IMAGE.replace("[python, train.py]", "python train.py"), 5, "programs.train: expected a list"),
        (IMAGE.replace('A: "1"', "A: 1"), 8, 'environment.A: expected text, not 1; write it in quotes: "1"'),
        (f"{IMAGE}requirements: packages.txt\n", 9, "requirements: there is no file packages.txt"),
        (f"{IMAGE}folder: ../programs\n", 9, "folder: there is no folder ../programs"),
        (IMAGE.replace('["*/mine:*", "*/other:1"]', "[*/mine:*]"), 2, "must be in quotes"),
    ],
)
def test_a_mistake_is_told_with_file_and_line(
    make_image: MakeImage, manifest: str, line: int, text: str
) -> None:
    folder = make_image(manifest=manifest)
    (mistake,) = check_images(folder.parent)
    assert (mistake.file, mistake.line) == (folder / "image.yaml", line)
    assert text in mistake.text
    with pytest.raises(ManifestError, match="has 1 mistake"):
        read_images(folder.parent)


def test_the_name_of_the_folder_is_the_images(make_image: MakeImage) -> None:
    folder = make_image("My Image")
    (mistake,) = check_images(folder.parent)
    assert "its folder is called My Image" in mistake.text


def test_a_projects_images_come_before_the_ready_made(make_image: MakeImage) -> None:
    name = ready_made()[0].name
    folder = make_image(name, IMAGE.replace("*/mine:*", "*/sagemaker-*:*"))
    images = read_images(folder.parent)
    assert [image.name for image in images].count(name) == 1
    assert len(images) == len(ready_made())
    found = image_for(images, f"{REGISTRY}/sagemaker-xgboost:1.7-1")
    assert found
    assert found.folder == folder


def test_the_file_of_earlier_versions_is_refused(make_image: MakeImage) -> None:
    folder = make_image().parent
    (folder.parent / "images.toml").touch()
    with pytest.raises(WrongUseError, match="no longer read") as raised:
        read_images(folder)
    assert "resources/images/NAME/image.yaml" in raised.value.why


def test_the_image_of_this_project_is_first() -> None:
    images = read_images(ROOT / "resources" / "images")
    found = image_for(images, f"{REGISTRY}/my-own-prefix-scikit:2026-11")
    assert found
    assert found.name == "scikit"
    assert image_for(images, f"{REGISTRY}/unknown:1") is None


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3", "scikit-learn"),
        ("683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1", "xgboost"),
        ("341280168497.dkr.ecr.ca-central-1.amazonaws.com/sagemaker-xgboost:3.0-5", "xgboost"),
        ("450853457545.dkr.ecr.cn-north-1.amazonaws.com.cn/sagemaker-xgboost:1.5-1-cpu-py3", "xgboost"),
        ("246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-xgboost:1.0-1-cpu-py3", "xgboost-1-2"),
        ("246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-xgboost:1.2-2", "xgboost-1-2"),
        ("763104351884.dkr.ecr.us-west-2.amazonaws.com/pytorch-training:2.8.0-cpu-py312", "pytorch"),
        ("763104351884.dkr.ecr.us-west-2.amazonaws.com/pytorch-inference:2.6.0-cpu-py312", "pytorch"),
        ("763104351884.dkr.ecr.us-west-2.amazonaws.com/pytorch-training:2.8.0-gpu-py312", None),
        ("246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-scikit-learn:1.2-1-gpu-py3", None),
    ],
)
def test_images_of_aws_are_found_by_the_uris_of_its_sdk(uri: str, name: str | None) -> None:
    found = image_for(ready_made(), uri)
    assert (found.name if found else None) == name


@pytest.mark.parametrize(
    ("lines", "mistakes"),
    [
        ("--extra-index-url https://e.com/simple\ntorch==2 --hash=sha256:00", []),
        ("--index-url https://e.com/simple\ntorch==2", []),
        ("torch==2\n--extra-index-url https://e.com/simple", ["2: a second index may give any package"]),
        ("-i https://me:secret@e.com/simple", ["1: a password does not belong in a file"]),
        ("--find-links=https://token@e.com/x", ["1: a password does not belong in a file"]),
        ("torch @ git+https://me:secret@e.com/x.git", ["1: a password does not belong in a file"]),
        ("-i https://me:${PIP_PASSWORD}@e.com/simple", []),
        ("x @ git+ssh://git@e.com/x.git@main # not https://me:secret@e.com", []),
    ],
)
def test_an_index_is_named_in_the_file_of_requirements_where_that_is_safe(
    make_image: MakeImage, lines: str, mistakes: list[str]
) -> None:
    folder = make_image(requirements=lines)
    found = [f"{one.line}: {one.text}" for one in check_images(folder.parent)]
    assert [text for text, wanted in zip(found, mistakes, strict=True) if not text.startswith(wanted)] == []
