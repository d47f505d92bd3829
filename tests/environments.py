"""The Python environments of images, as the driver makes them; each is made once on a machine."""

import os
from functools import cache
from pathlib import Path

from driver.host.environments import Environments, environments_folder
from driver.images.environments import ImageEnvironments
from driver.images.image import read_image

ROOT = Path(__file__).resolve().parents[1]


def image_environments() -> ImageEnvironments:
    """Give those of this user."""
    return ImageEnvironments(Environments(environments_folder(os.environ), os.environ), os.environ)


@cache
def image_python(name: str = "scikit") -> str:
    """Make the environment of an image of this project, if need be; give its interpreter."""
    return str(image_environments().make(read_image(ROOT / "resources" / "images" / name)))


def own_cache(folder: Path) -> dict[str, str]:
    """Make a cache without snapshots, that has the environments of this user; give the variable for it."""
    (folder / "sagestep").mkdir(parents=True)
    environments = environments_folder(os.environ)
    environments.mkdir(parents=True, exist_ok=True)
    (folder / "sagestep" / environments.name).symlink_to(environments)
    return {"XDG_CACHE_HOME": str(folder)}
