"""LocalStack's catalogue of services, made once for this installation.

Making it takes seconds and 350 MB, which the runtime would keep; so a process of its own makes it, and all
local clouds of this virtual environment share it.
"""

import contextlib
import shutil
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

from localcloud.localstack.pin import LOCALSTACK_VERSION

SHARED = Path(sys.prefix, "share", "sagestep-localcloud")
"""Where all local clouds of this virtual environment keep what is made once."""


def provide_catalog(directory: Path) -> None:
    """Put the catalogue into LocalStack's directory of static libraries.

    Where the installation cannot be written, the runtime makes a catalogue of its own.
    """
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        catalog = make_catalog()
        shutil.copyfile(catalog, directory / catalog.name)


def make_catalog() -> Path:
    """Make the catalogue where there is none yet, and tell where it is.

    Raises `OSError` if the installation cannot be written. Raises `subprocess.CalledProcessError` if
    LocalStack failed to make it.
    """
    name = f"service-catalog-{LOCALSTACK_VERSION}-{metadata.version('botocore')}".replace(".", "_") + ".dill"
    catalog = SHARED / name
    if not catalog.exists():
        catalog.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=catalog.parent) as root:
            made = Path(root, "usr/lib/localstack", name)
            made.parent.mkdir(parents=True)
            environment = {"FILESYSTEM_ROOT": root, "HOME": root, "TMPDIR": root, "OVERRIDE_IN_DOCKER": "0"}
            command = [sys.executable, "-I", "-m", "localstack.aws.spec"]
            subprocess.run(command, env=environment, check=True, capture_output=True)
            made.replace(catalog)
    return catalog
