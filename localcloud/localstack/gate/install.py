"""Puts the gate in front of LocalStack's gateway, and takes away what LocalStack trusts by itself."""

import logging
import os
import sys
from collections.abc import Mapping

from localstack import config, constants
from localstack.aws.handlers import cors
from localstack.runtime import get_current_runtime, hooks
from localstack.services.s3 import presigned_url
from rolo.gateway import Gateway

from localcloud.localstack.gate import sessions
from localcloud.localstack.gate.handler import Gate
from localcloud.localstack.gate.keys import ISSUED, KeyRing
from localcloud.localstack.gate.origin import Addresses, checked_origin, names
from localcloud.localstack.gate.root_key import AccessKey, new_root_key
from localcloud.localstack.permissions.install import install_permissions
from localcloud.localstack.settings import (
    ALLOWED_ORIGINS_VARIABLE,
    GATE_HOSTS_VARIABLE,
    GATE_VARIABLE,
    INSTANCE_VARIABLE,
    KEY_ID_VARIABLE,
    OPEN_VARIABLE,
    SECRET_VARIABLE,
)

LOG = logging.getLogger(__name__)

_DOCKER_DESKTOP = "host.docker.internal"  # how its containers reach this machine


@hooks.on_infra_start(priority=100)  # before anybody makes a client, or reads a key from the environment
def install() -> None:
    """Install the gate; in a LocalStack that somebody else runs, only where it is asked for."""
    if not is_wanted(os.environ):
        return
    addresses, ring = _addresses(os.environ), _ring()
    if ring is not None:
        replace_internal_secret(ring.internal_secret)
        let_the_gate_alone_verify_presigned_addresses()
        sessions.apply(ISSUED)
    trust_only(addresses.origins)
    gateway = get_current_runtime().components.gateway
    install_permissions(gateway, ISSUED, None if ring is None else ring.root_id, os.environ)
    gateway.request_handlers.insert(0, Gate(addresses, ring))


def is_wanted(environment: Mapping[str, str]) -> bool:
    """Tell whether there is to be a gate: always in a cloud of ours."""
    return INSTANCE_VARIABLE in environment or environment.get(GATE_VARIABLE) == "1"


def is_open(environment: Mapping[str, str]) -> bool:
    """Tell whether the cloud is open to whoever reaches it."""
    return environment.get(OPEN_VARIABLE) == "1"


def is_guarded(gateway: Gateway) -> bool:
    """Tell whether the gate is in front of all other handlers."""
    return bool(gateway.request_handlers) and isinstance(gateway.request_handlers[0], Gate)


def replace_internal_secret(secret: str) -> None:
    """Let LocalStack's services sign their calls to each other with a secret of this process.

    The name of the constant is bound by whatever has imported it so far.
    """
    known = constants.INTERNAL_AWS_SECRET_ACCESS_KEY
    for module in list(sys.modules.values()):
        if getattr(module, "__name__", "").startswith("localstack."):
            members = vars(module)
            if members.get("INTERNAL_AWS_SECRET_ACCESS_KEY") == known:
                members["INTERNAL_AWS_SECRET_ACCESS_KEY"] = secret


def trust_only(origins: frozenset[str]) -> None:
    """Defect: LocalStack trusts pages of every localhost address, of app.localstack.cloud, and of buckets."""
    cors.ALLOWED_CORS_ORIGINS[:] = sorted(origins)
    cors.DYNAMIC_INTERNAL_ORIGINS = ()
    # Preflight requests have no signature: they are answered before any service, whatever they name.
    config.DISABLE_CORS_CHECKS = config.DISABLE_PREFLIGHT_PROCESSING = False
    config.DISABLE_CUSTOM_CORS_APIGATEWAY = True


def let_the_gate_alone_verify_presigned_addresses() -> None:
    """Defect: LocalStack verifies presigned addresses of S3 with a wrong secret for the cloud's own key."""
    config.S3_SKIP_SIGNATURE_VALIDATION = True
    logging.getLogger(presigned_url.__name__).setLevel(logging.ERROR)  # it warns of each


def _ring() -> KeyRing | None:
    key_id, secret = os.environ.pop(KEY_ID_VARIABLE, ""), os.environ.pop(SECRET_VARIABLE, "")
    if is_open(os.environ):
        return None
    if not key_id or not secret:
        LOG.error(
            "the gate has no key, so it refuses everything: set %s and %s, or %s=1 to serve everybody",
            KEY_ID_VARIABLE,
            SECRET_VARIABLE,
            OPEN_VARIABLE,
        )
        return KeyRing(new_root_key(), ISSUED)
    return KeyRing(AccessKey(key_id, secret), ISSUED)


def _addresses(environment: Mapping[str, str]) -> Addresses:
    listening = [*config.GATEWAY_LISTEN, config.LOCALSTACK_HOST]
    return Addresses(
        ports=frozenset(int(address.port) for address in listening),
        names=names(
            [config.LOCALSTACK_HOST.host, _DOCKER_DESKTOP, *environment.get(GATE_HOSTS_VARIABLE, "").split()]
        ),
        origins=frozenset(map(checked_origin, environment.get(ALLOWED_ORIGINS_VARIABLE, "").split())),
    )
