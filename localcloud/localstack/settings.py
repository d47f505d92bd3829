"""Every setting of the LocalStack runtime, decided here and nowhere else.

The runtime gets this environment and nothing of the user's: a proxy, a profile or a ``PYTHONPATH`` of the
shell must not change what the local cloud does. Each setting is described at
https://docs.localstack.cloud/aws/capabilities/config/configuration/ or in ``localstack/config.py``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

HOST = "127.0.0.1"
"""The only address that the local cloud listens on."""

DEFAULT_SERVICES = (
    "s3", "sqs", "sns", "lambda", "iam", "sts", "kms", "logs", "events", "stepfunctions",
    "cloudwatch", "ecr", "scheduler", "sagemaker", "sagemaker-metrics", "sagemaker-runtime",
    "sagemaker-geospatial",
)  # fmt: skip
"""What our Terraform, Lambda functions and workflows use."""

LOADED_WHEN_READY = frozenset({"stepfunctions"})
"""Takes more than a second, and is needed long after the first request; all others are there before it."""

INSTANCE_VARIABLE = "SAGESTEP_INSTANCE"
"""Carries the token of ``--instance`` to the runtime."""

SAVED_VARIABLE = "SAGESTEP_SAVED"
"""Names the folder of the saved state; a LocalStack that somebody else runs has none, and saves nothing."""

IMAGES_VARIABLE = "SAGESTEP_IMAGES"
"""Names the file of ``--images``: which program stands for which container image."""

GATE_VARIABLE = "SAGESTEP_GATE"
"""Set to 1, it puts the gate in front of a LocalStack that somebody else runs; ours has it always."""

KEY_ID_VARIABLE = "SAGESTEP_ACCESS_KEY_ID"
SECRET_VARIABLE = "SAGESTEP_SECRET_ACCESS_KEY"  # noqa: S105 - the name of a variable
"""Carry the cloud's own key to the gate, which takes them out of the environment."""

OPEN_VARIABLE = "SAGESTEP_OPEN"
"""Set to 1, it lets the gate take every key and requests without a signature: ``--open``."""

ALLOWED_ORIGINS_VARIABLE = "SAGESTEP_ALLOW_ORIGINS"
"""Names the origins of ``--allow-origin``, with spaces between them."""

GATE_HOSTS_VARIABLE = "SAGESTEP_GATE_HOSTS"
"""Names further hosts that a LocalStack which somebody else runs is reached by, with spaces between them."""


IAM_VARIABLE = "SAGESTEP_IAM"
"""What a denial by IAM means: ``enforce``, ``audit`` or ``off``."""

DEPLOYER_POLICY_VARIABLE = "SAGESTEP_DEPLOYER_POLICY"
"""Names the file of ``--deployer-policy``: what the cloud's own key may do."""

IAM_MODES = ("enforce", "audit", "off")
DEFAULT_IAM_MODE = "enforce"


@dataclass(frozen=True, slots=True)
class Entry:
    """Who may use a cloud: its own key, whether it is open to everybody, the pages it serves.

    - `iam`: what a denial by IAM means, one of `IAM_MODES`.
    - `deployer_policy`: the file with the policy of the cloud's own key; None lets it do everything.
    """

    access_key_id: str
    secret_access_key: str = field(repr=False)
    is_open: bool = False
    origins: Sequence[str] = ()
    iam: str = DEFAULT_IAM_MODE
    deployer_policy: Path | None = None

    @property
    def variables(self) -> dict[str, str]:
        """Give the variables by which the runtime knows it."""
        return {
            KEY_ID_VARIABLE: self.access_key_id,
            SECRET_VARIABLE: self.secret_access_key,
            OPEN_VARIABLE: "1" if self.is_open else "0",
            ALLOWED_ORIGINS_VARIABLE: " ".join(self.origins),
            IAM_VARIABLE: self.iam,
            **({DEPLOYER_POLICY_VARIABLE: str(self.deployer_policy)} if self.deployer_policy else {}),
        }

    @property
    def credentials(self) -> dict[str, object]:
        """Give what the driver and other programs of the same user may read."""
        return {
            "access_key_id": self.access_key_id,
            "secret_access_key": self.secret_access_key,
            "is_open": self.is_open,
        }


@dataclass(frozen=True, slots=True)
class StateDirectory:
    """Where a local cloud keeps its files; only ``lasting`` and ``saved`` outlive a run."""

    path: Path

    @property
    def lasting(self) -> Path:
        """LocalStack's file system: certificates and the catalogue of services, worth keeping."""
        return self.path / "root"

    @property
    def static_libraries(self) -> Path:
        """Where the runtime looks for its catalogue of services first."""
        return self.lasting / "usr/lib/localstack"

    @property
    def temporary(self) -> Path:
        """Everything of one run: objects, unpacked functions, their processes' files."""
        return self.path / "tmp"

    @property
    def saved(self) -> Path:
        """What the services hold, so that the next run has it again."""
        return self.path / "saved"

    @property
    def lock(self) -> Path:
        """Held by the one local cloud that uses this directory."""
        return self.path / "lock"

    @property
    def credentials(self) -> Path:
        """The key of the local cloud that uses this directory, for its user alone."""
        return self.path / "credentials.json"


def runtime_environment(
    port: int,
    state: StateDirectory,
    instance: str,
    entry: Entry,
    *,
    services: Sequence[str] = DEFAULT_SERVICES,
    images: Path | None = None,
) -> dict[str, str]:
    """Build the whole environment of the runtime.

    - `state`: the directories of this local cloud, as absolute paths.
    - `instance`: the token by which the driver recognises the runtime it has started.
    - `entry`: who may use it.
    - `services`: LocalStack's names of the services to load.
    - `images`: the registry of programs that stand for container images, as an absolute path.
    """
    address = f"{HOST}:{port}"
    registry = {} if images is None else {IMAGES_VARIABLE: str(images)}
    return {
        **registry,
        **entry.variables,
        INSTANCE_VARIABLE: instance,
        SAVED_VARIABLE: str(state.saved),
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": str(state.lasting),
        "TMPDIR": str(state.temporary),
        "CONFIG_DIR": str(state.temporary),
        "LOCALSTACK_VOLUME_DIR": str(state.temporary),
        "FILESYSTEM_ROOT": str(state.lasting),
        "OVERRIDE_IN_DOCKER": "0",
        # One loopback listener, plain HTTP, no name server.
        "GATEWAY_LISTEN": address,
        "LOCALSTACK_HOST": address,
        "GATEWAY_SERVER": "loopback",
        "USE_SSL": "0",
        "DNS_ADDRESS": "0",
        # Nothing is fetched and nothing is told to anybody.
        "DISABLE_EVENTS": "1",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
        # Only what is asked for is loaded.
        "SERVICES": ",".join(services),
        "STRICT_SERVICE_LOADING": "1",
        "SQS_ENDPOINT_STRATEGY": "off",  # queue URLs with the path alone: the AWS provider refuses the others
        "SQS_DISABLE_CLOUDWATCH_METRICS": "1",
        "LAMBDA_RUNTIME_EXECUTOR": "process",
        "LAMBDA_KEEPALIVE_MS": "120000",  # an idle process holds some 10 MB
        # Seconds until an asynchronous invocation that failed is tried again, twice that until the last time.
        # AWS waits 1 and 2 minutes, but nobody wants to wait for that on a laptop.
        "LAMBDA_RETRY_BASE_DELAY": "1",
        # With long polling (see `patches`) there is nothing to wait for between two polls.
        "LAMBDA_EVENT_SOURCE_MAPPING_POLL_INTERVAL_SEC": "0.01",
        # LocalStack's log at warning, ours at info; TMPDIR is called deprecated, but nothing replaces it.
        "LS_LOG": "info",
        "LOG_LEVEL_OVERRIDES": (
            "localstack=WARNING,localstack.request=WARNING,localstack.aws.accounts=WARNING,"
            "localstack.deprecations=ERROR,"
            "localstack.services.lambda_.hints=CRITICAL,"  # advice on Docker
            "localstack.services.lambda_.invocation.assignment=CRITICAL,"  # functions that an update ends
            # A task's failure is in its execution's history; here it would be a page of inner state.
            "localstack.services.stepfunctions.asl.component=CRITICAL"
        ),
        # Some 40 threads at work would otherwise keep as many heaps.
        "MALLOC_ARENA_MAX": "2",
    }
