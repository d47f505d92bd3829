"""Any error, put into the driver's words; loads what knows AWS's errors only if one can be AWS's."""

from __future__ import annotations

import sys

from driver.host.disk_space import full_disk, is_full
from driver.model.exceptions import EnvironmentNotReadyError, InterruptedByUserError, SagestepError


def explain(raised: BaseException) -> SagestepError:
    """Turn any exception into an error of the driver."""
    if isinstance(raised, SagestepError):
        return raised
    if isinstance(raised, KeyboardInterrupt):
        return InterruptedByUserError("Interrupted.", "", "Run the same command again.")
    if "botocore" in sys.modules:  # else the error cannot be botocore's, and importing it takes a while
        from driver.aws.errors import explain_aws_error  # noqa: PLC0415

        explained = explain_aws_error(raised)
        if explained:
            return explained
    if isinstance(raised, OSError) and is_full(raised):
        return full_disk(raised)
    if isinstance(raised, OSError) and raised.filename:
        return EnvironmentNotReadyError(
            f"{raised.filename} cannot be used.",
            f"{raised.strerror}.",
            "Check that it exists and you own it.",
        )
    return SagestepError(
        f"Unexpected error: {type(raised).__name__}.",
        str(raised),
        "Report it with the output of the same command with --debug.",
    )
