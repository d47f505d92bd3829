"""Objects of S3: each local cloud has its own, also where they are too large for memory."""

import tempfile
from pathlib import Path

from localstack.services.s3 import provider


def apply() -> None:
    """Apply all patches of this module."""
    let_each_cloud_have_a_folder_of_its_own()


def let_each_cloud_have_a_folder_of_its_own() -> None:
    """Defect: large objects of all LocalStacks of a machine lie in one folder below /tmp.

    Whoever deletes a bucket there takes the folder from under a bucket of that name elsewhere.
    """
    provider.DEFAULT_S3_TMP_DIR = str(Path(tempfile.gettempdir(), "s3"))
