"""Modules that the fork server has imported: all functions share their memory, and nobody waits for them.

A function must not notice. What it brings along itself, or finds first on its own ``sys.path``, wins; and
``sys.modules`` holds boto3 only once the function has imported it.
"""

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

CAN_BE_SHARED = sys.platform == "linux"
"""On macOS a process that is forked and goes on without ``exec`` may not use the system's frameworks."""

_SDK = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")
_RUNTIME = (
    "lambda_context", "lambda_runtime_client", "lambda_runtime_exception", "lambda_runtime_log_utils",
    "lambda_runtime_marshaller",
)  # fmt: skip
"""Of ``awslambdaric``; not ``bootstrap``, which reads the function's environment when it is imported."""

_INTERPRETER_VARIABLES = ("PYTHON", "LD_", "MALLOC_", "GLIBC_", "OPENSSL_", "SSLKEYLOGFILE")
"""These begin the names of variables that are read when an interpreter, or a module of ours, starts."""

_hidden: dict[str, ModuleType] = {}
_kept: dict[str, object] = {}


def load() -> None:
    """Import what functions need."""
    for name in _RUNTIME:
        importlib.import_module(f"awslambdaric.{name}")
    _keep_what_botocore_reads()
    session = importlib.import_module("boto3.session").Session("none", "none", region_name="us-east-1")
    session.client("sts")  # imports what is imported only then


def read_models(services: Iterable[str]) -> Iterator[None]:
    """Read the descriptions of services that clients are made of, one with each step.

    That of SageMaker alone takes some 15 MB and a tenth of a second.
    """
    loader = importlib.import_module("botocore.loaders").create_loader()
    for service in services:
        for kind in ("service-2", "endpoint-rule-set-1"):
            loader.load_service_model(service, kind)
            yield


def _keep_what_botocore_reads() -> None:
    """Have botocore read each of its files once, not for each session; a function's process adds none.

    Clients of one session share what is read, and so botocore leaves it as it is.
    """
    loader = importlib.import_module("botocore.loaders").JSONFileLoader
    read, server = loader.load_file, os.getpid()

    def load_file(self: object, file_path: str) -> object:
        found = _kept.get(file_path)
        if found is None:
            found = read(self, file_path)
            if found is not None and os.getpid() == server:
                _kept[file_path] = found
        return found

    loader.load_file = load_file


def hide(package: str) -> dict[str, ModuleType]:
    """Take a package out of ``sys.modules``; gives its modules."""
    names = [name for name in sys.modules if name.partition(".")[0] == package]
    return {name: sys.modules.pop(name) for name in names}


def suits(environment: Mapping[str, str], directory: str) -> bool:
    """Tell whether a function may run in a fork, rather than in an interpreter of its own."""
    if not CAN_BE_SHARED or any(name.startswith(_INTERPRETER_VARIABLES) for name in environment):
        return False
    loaded = {name.partition(".")[0] for name in sys.modules}.difference(_SDK)
    return not any(entry.name.partition(".")[0] in loaded for entry in os.scandir(directory))


def offer() -> None:
    """Give the function boto3 from memory when it imports it, unless it would find another one."""
    for package in _SDK:
        _hidden.update(hide(package))
    sys.meta_path.insert(0, _Finder())


class _Finder(MetaPathFinder):
    """Finds all hidden modules, or none: the packages use one another."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a hidden module, as long as each package would be found at the same place."""
        if fullname not in _hidden:
            return None
        sys.meta_path.remove(self)
        if all(_is_at_its_place(package) for package in _SDK if package in _hidden):
            sys.modules.update(_hidden)
            found = ModuleSpec(fullname, _Loader(_hidden[fullname]))
        else:
            found = None
        _hidden.clear()
        return found


class _Loader(Loader):
    """Loads a module by returning the one that is imported already."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        self._spec = module.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Give the module."""
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        """Leave it as it is; the import has put its own spec there."""
        module.__spec__ = self._spec


def _is_at_its_place(package: str) -> bool:
    spec = _hidden[package].__spec__
    found = PathFinder.find_spec(package)
    return spec is not None and found is not None and spec.origin == found.origin
