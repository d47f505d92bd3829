"""Which LocalStack this plugin was written for and tested with."""

from importlib import metadata

LOCALSTACK_VERSION = "4.13.1"
"""The same as in ``requirements.in``; our patches reach into this version and no other."""


def installed_version() -> str | None:
    """Tell which LocalStack is installed beside us, None where there is none."""
    try:
        return metadata.version("localstack-core")
    except metadata.PackageNotFoundError:
        return None
