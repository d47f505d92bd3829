"""What a function finds around it: environment variables and the packages of AWS's Python runtimes.

Source: AWS Lambda developer guide, "Working with Lambda environment variables" and "Python runtime".
"""

import contextlib
import importlib.util
from collections.abc import Mapping
from pathlib import Path

RUNTIME_PACKAGES = (
    "awslambdaric", "simplejson", "snapshot_restore_py",
    "boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3",
)  # fmt: skip
"""What ``/var/runtime`` holds on AWS: the runtime client and boto3, each with what it imports.

Not ``runtime_client``, the part of it in C: it knows the Runtime API at a TCP address only.
"""


def function_environment(
    lambda_variables: Mapping[str, object], task_root: Path, runtime_directory: Path, temporary: Path
) -> dict[str, str]:
    """Build a function's whole environment; nothing of ours or of the user's shell is in it.

    - `lambda_variables`: what Lambda and the function's configuration define; these win over the defaults
      here.
    - `task_root`: where the function's package lies, unpacked.
    - `runtime_directory`: what `make_runtime_directory` made.
    - `temporary`: stands for ``/tmp``: an empty directory of this process alone.
    """
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": str(temporary),
        "TMPDIR": str(temporary),
        **{name: str(value) for name, value in lambda_variables.items()},
        "LAMBDA_TASK_ROOT": str(task_root),
        "LAMBDA_RUNTIME_DIR": str(runtime_directory),
    }


def make_runtime_directory(directory: Path) -> Path:
    """Make the directory that stands for ``/var/runtime``, with a link to each package in this environment.

    A function must not find LocalStack's other packages: what it imports without bringing it along would
    fail on AWS, and so it fails here.
    """
    directory.mkdir(parents=True, exist_ok=True)
    for name in RUNTIME_PACKAGES:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            continue
        origin = Path(spec.origin)
        target = origin.parent if spec.submodule_search_locations else origin
        with contextlib.suppress(FileExistsError):
            (directory / target.name).symlink_to(target)
    return directory
