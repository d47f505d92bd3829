"""Makes driver/commands/doctor/deployer_policy.json: what deploying, running and destroying need on AWS.

    python -m tools.make_deployer_policy

A local cloud records what IAM decides while `invoke up`, `run-pipeline` and `down` work on it; the policies
are written as `invoke permissions --deployer` writes them. It takes about a minute and a half.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from driver.aws.permissions import fetch_record
from driver.commands.doctor.deployer import POLICY_FILE
from driver.commands.permissions import of_deployer
from driver.inspection.permissions.cures import deployer_policies
from driver.inspection.permissions.decisions import read_decisions
from driver.model.values import Keys
from tests.integration.stack import Stack, local_cloud

_COMMANDS = (("up",), ("run-pipeline",), ("down", "--yes"))
_PREFIX = "sagestep"  # terraform/variables.tf, name_prefix


def main() -> None:
    """Write the file, and say how many actions it names."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        with local_cloud(folder, "--iam", "enforce") as port:
            stack = Stack(folder / "home", port, target="localstack", cloud_state=folder / "state")
            started = datetime.now(UTC)  # what was asked before it set up the cloud
            for command in _COMMANDS:
                stack.invoke(*command)
            keys = Keys(stack.keys.access_key_id, stack.keys.secret_access_key)
            record = fetch_record(stack.endpoint, "us-west-2", keys)
    asked = [decided for decided in read_decisions(record) if decided.first >= started]
    policies = deployer_policies(of_deployer(asked), _PREFIX)
    written = json.dumps(policies, indent=1).replace(f"{_PREFIX}-", "${name_prefix}-")
    POLICY_FILE.write_text(written + "\n", encoding="utf-8")
    needed = {decided.action for decided in of_deployer(asked)}
    sys.stdout.write(f"{POLICY_FILE.name}: {len(needed)} actions, {len(policies)} policies\n")


if __name__ == "__main__":
    main()
