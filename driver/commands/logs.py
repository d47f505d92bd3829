"""Where the logs are that tell more of a failure."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from driver.models import Deployment


def where_logs_are(deployment: Deployment, groups: Iterable[str], directory: Path) -> str:
    """Say where the logs of some of CloudWatch's groups can be read.

    Parameters
    ----------
    deployment
        What made them.
    groups
        Their names; empty ones are left out.
    directory
        The target's folder, where a local cloud has its own log.
    """
    named = [group for group in groups if group]
    if deployment.endpoint_url is None:
        region = deployment.region
        console = f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}"
        pages = [f"{console}#logsV2:log-groups/log-group/{quote(quote(g, safe=''), safe='')}" for g in named]
        return "\n".join(["The logs are at", *pages])
    return (
        f"The logs are in CloudWatch's groups at {deployment.endpoint_url}: {', '.join(named)}; "
        f"the local cloud's own are in {directory / 'cloud.log'}."
    )
