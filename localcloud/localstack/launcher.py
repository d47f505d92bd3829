"""Checks that the local cloud can start here, then becomes the runtime with a clean environment.

Exit codes: 0 it was stopped, 1 it failed while running, 2 wrong use, 3 the environment is not ready.
"""

import argparse
import fcntl
import json
import os
import shutil
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from localcloud.containers.container import ContainerError
from localcloud.containers.registry import find_entry
from localcloud.iam.authorization import IAM_POLICY
from localcloud.iam.policies import PolicyError, parse_policy
from localcloud.iam.rules import compile_policy
from localcloud.localstack.catalog import provide_catalog
from localcloud.localstack.gate.origin import checked_origin
from localcloud.localstack.gate.root_key import new_root_key
from localcloud.localstack.pin import LOCALSTACK_VERSION, installed_version
from localcloud.localstack.settings import (
    DEFAULT_IAM_MODE,
    DEFAULT_SERVICES,
    HOST,
    IAM_MODES,
    Entry,
    StateDirectory,
    runtime_environment,
)
from localcloud.localstack.state.vault import UNUSABLE, UnusableStateError, Vault
from localcloud.localstack.state.version import version

EXIT_NOT_READY = 3


class NotReadyError(Exception):
    """The local cloud cannot start here; the message says why and what to do."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Replace this process by the runtime, or exit where that is impossible."""
    options = _parser().parse_args(arguments)
    os.umask(0o077)  # no other user of the machine reads what is here; the runtime and its processes keep it
    try:
        check_version(installed_version())
        check_port(HOST, options.port)
        images = check_images(options.images)
        state = StateDirectory(options.state_dir.resolve())
        policy = check_policy(options.deployer_policy)
        entry = make_entry(options.open, options.allow_origin, iam=options.iam, deployer_policy=policy)
        environment = runtime_environment(
            options.port, state, options.instance, entry, services=options.services, images=images
        )
        claim(state)
        prepare(state)
        check_saved(state)
        write_credentials(state, entry)
        provide_catalog(state.static_libraries)
    except NotReadyError as error:
        sys.stderr.write(f"sagestep local cloud: {error}\n")
        sys.exit(EXIT_NOT_READY)
    _become_the_runtime(environment)


def check_version(installed: str | None) -> None:
    """Refuse to run on another LocalStack than the pinned one.

    Raises `NotReadyError` if LocalStack is missing or another version.
    """
    if installed != LOCALSTACK_VERSION:
        found = f"localstack-core {installed}" if installed else "no localstack-core"
        raise NotReadyError(
            f"it needs localstack-core {LOCALSTACK_VERSION}, and {found} is installed in {sys.prefix}; "
            "install localcloud/requirements.lock there (`make install` does)"
        )


def check_port(host: str, port: int) -> None:
    """Make sure that nobody listens on a port.

    Raises `NotReadyError` if the port is taken, or may not be used.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server itself will
        try:
            probe.bind((host, port))
        except OSError as error:
            raise NotReadyError(f"cannot listen on {host}:{port}: {error.strerror}") from error


def check_images(registry: Path | None) -> Path | None:
    """Make sure that a registry of images can be read; give its absolute path.

    Raises `NotReadyError` if it cannot, or is no TOML of the right form.
    """
    if registry is None:
        return None
    try:
        find_entry(registry, "")
    except ContainerError as error:
        raise NotReadyError(str(error)) from error
    return registry.absolute()


def claim(state: StateDirectory) -> None:
    """Make this process, and the runtime it becomes, the only one that uses a state directory.

    The claim ends with the process, however it ends.

    Raises `NotReadyError` if another local cloud uses it, or it cannot be written.
    """
    try:
        state.path.mkdir(parents=True, exist_ok=True)
        state.path.chmod(0o700)  # an older version may have made it
        lock = os.open(state.lock, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.set_inheritable(lock, True)  # the runtime keeps it open, and nobody else
    except BlockingIOError as error:
        raise NotReadyError(f"another local cloud is using {state.path}; stop it first") from error
    except OSError as error:
        raise NotReadyError(f"cannot use {state.path} as state directory: {error.strerror}") from error


def prepare(state: StateDirectory) -> None:
    """Make the directories and clear away what an earlier run left behind."""
    shutil.rmtree(state.temporary, ignore_errors=True)
    state.temporary.mkdir(parents=True)
    state.static_libraries.mkdir(parents=True, exist_ok=True)


def check_saved(state: StateDirectory) -> None:
    """Make sure that what an earlier run has saved can be loaded; the runtime checks each file it reads.

    Raises `NotReadyError` if it cannot: it is of another version or folder, or a file is missing.
    """
    try:
        Vault(state.saved, version()).open()
    except UnusableStateError as error:
        raise NotReadyError(f"{UNUSABLE} {state.saved} cannot be loaded: {error}") from error
    except OSError as error:
        raise NotReadyError(f"{UNUSABLE} {state.saved} cannot be read: {error.strerror}") from error


def check_policy(file: Path | None) -> Path | None:
    """Make sure that a file holds a policy of IAM; give its absolute path.

    Raises `NotReadyError` if it cannot be read, or holds none.
    """
    if file is None:
        return None
    try:
        policy = parse_policy(str(file), IAM_POLICY, file.read_text(encoding="utf-8"))
        compile_policy(policy)
    except (OSError, UnicodeDecodeError, PolicyError) as error:
        raise NotReadyError(f"cannot use the policy of the deployer in {file}: {error}") from error
    return file.absolute()


def make_entry(
    is_open: bool,
    origins: Sequence[str],
    *,
    iam: str = DEFAULT_IAM_MODE,
    deployer_policy: Path | None = None,
) -> Entry:
    """Make the key of this local cloud, anew at each start; an open one has the key that everybody knows."""
    if is_open:
        return Entry("test", "test", True, origins, iam, deployer_policy)
    key = new_root_key()
    return Entry(key.access_key_id, key.secret_access_key, False, origins, iam, deployer_policy)


def write_credentials(state: StateDirectory, entry: Entry) -> None:
    """Write the key where the user's own programs find it, before anything listens.

    Raises `NotReadyError` if it cannot be written.
    """
    temporary = state.credentials.with_suffix(".new")
    try:
        temporary.unlink(missing_ok=True)
        file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "w", encoding="utf-8") as stream:
            json.dump(entry.credentials, stream)
        temporary.replace(state.credentials)
    except OSError as error:
        raise NotReadyError(f"cannot write {state.credentials}: {error.strerror}") from error


def _become_the_runtime(environment: Mapping[str, str]) -> NoReturn:
    # -I: neither the current folder nor variables of the shell decide which modules are imported.
    command = [sys.executable, "-I", "-m", "localcloud.localstack.runtime"]
    os.execve(sys.executable, command, environment)  # noqa: S606 - no shell is what we want


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m localcloud.localstack",
        description="Run the local cloud in the foreground; SIGTERM or SIGINT ends it.",
    )
    parser.add_argument("--port", type=_port, required=True, help=f"port to listen on, at {HOST}")
    parser.add_argument(
        "--state-dir", type=Path, required=True, help="folder for all files of this local cloud"
    )
    parser.add_argument(
        "--images",
        type=Path,
        metavar="FILE",
        help="which programs stand for which container images (TOML, see docs/local-cloud.md)",
    )
    parser.add_argument("--instance", required=True, help="token that /_sagestep/info answers with")
    parser.add_argument(
        "--services",
        type=_names,
        default=DEFAULT_SERVICES,
        metavar="NAME,NAME",
        help=f"services to load (default: {','.join(DEFAULT_SERVICES)})",
    )
    parser.add_argument(
        "--open",
        action="store_true",
        help="serve every program of this machine, of every user, whatever key it has: the key is test/test",
    )
    parser.add_argument(
        "--allow-origin",
        type=_origin,
        action="append",
        default=[],
        metavar="ORIGIN",
        help="serve web pages of this origin, such as http://localhost:3000 (repeatable; default: none)",
    )
    parser.add_argument(
        "--iam",
        choices=IAM_MODES,
        default=DEFAULT_IAM_MODE,
        help="deny what IAM denies, serve and record it, or do not ask IAM (default: %(default)s)",
    )
    parser.add_argument(
        "--deployer-policy",
        type=Path,
        metavar="FILE",
        help="IAM policy of the cloud's own key, as JSON (default: it may do everything)",
    )
    return parser


def _origin(text: str) -> str:
    try:
        return checked_origin(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _port(text: str) -> int:
    port = int(text)
    if not 0 < port < 65536:
        raise argparse.ArgumentTypeError(f"{port} is no port number (1 to 65535)")
    return port


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise argparse.ArgumentTypeError("name at least one service")
    return names
