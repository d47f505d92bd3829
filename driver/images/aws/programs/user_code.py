"""The user's code of a model in script mode: fetched, unpacked, with its requirements installed.

The SDK says where it is in SAGEMAKER_SUBMIT_DIRECTORY: an archive in S3, or a folder of the model (`code/`).
"""

import logging
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import boto3

LOG = logging.getLogger(__name__)

ML = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))
MODEL = ML / "model"


def install_code() -> None:
    """Bring the user's code onto Python's path."""
    folder = _folder(os.environ.get("SAGEMAKER_SUBMIT_DIRECTORY", ""))
    sys.path.insert(0, str(folder))
    requirements = folder / "requirements.txt"
    if requirements.is_file():
        LOG.info("Installing %s", requirements)
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "-r", requirements.name], cwd=folder, check=True
        )


def _folder(place: str) -> Path:
    if not place.startswith("s3://"):
        return Path(place) if place else MODEL / "code"
    parts, folder = urlsplit(place), ML / "code"
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryFile() as archive:
        LOG.info("Fetching %s", place)
        boto3.client("s3").download_fileobj(parts.netloc, parts.path.removeprefix("/"), archive)
        archive.seek(0)
        with tarfile.open(fileobj=archive) as opened:
            opened.extractall(folder, filter="data")
    return folder
