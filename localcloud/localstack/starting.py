"""What makes the runtime's start shorter: Python's collector waits, and modules that are seldom used do.

The runtime applies it before it imports LocalStack. A LocalStack that somebody else runs starts as it does.
"""

import gc
import importlib
import importlib.util
import json
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from botocore.loaders import JSONFileLoader


def shorten() -> None:
    """Apply all of it, before LocalStack is imported."""
    gc.disable()
    JSONFileLoader._load_file = _load_file  # type: ignore[attr-defined]  # botocore's stubs leave it out
    _replace_validators()
    sys.modules |= {
        # Each leads to moto's API Gateway, or to pydantic, for one function.
        name: _Later(name, function)
        for name, function in (
            ("localstack.services.apigateway.legacy.helpers", "extract_query_string_params"),
            ("localstack.utils.catalog.plugins", "get_aws_catalog"),
            ("localstack.aws.catalog_exceptions", "get_service_availability_exception"),
        )
    }
    # Step Functions wants the names of a job's statuses, and its package leads to all models of EC2: 130 MB.
    sys.modules["moto.batch"] = _Later("moto.batch", folders=_folders("moto", "batch"))


def make_no_certificate() -> None:
    """Let the runtime make no certificate, whose key takes 0.1 s: it serves plain HTTP alone."""
    from localstack.utils import ssl  # noqa: PLC0415 - only now it can be

    ssl.create_ssl_cert = lambda *_, **__: ("", "", "")


def settle() -> None:
    """Leave what was made until now out of all later collections: it stays as long as the process."""
    if not gc.isenabled():
        gc.freeze()


def end() -> None:
    """Let Python collect again.

    A start makes a million objects and next to no garbage: to look through them takes 1.1 s of CPU time.
    """
    gc.enable()


_replacing = threading.Lock()


class _Later(ModuleType):
    """Stands for a module until something of it is used.

    - `functions`: those that others import by their names; each loads the module when it is called.
    - `folders`: where the modules of a package are, which may be imported without it.
    """

    def __init__(self, name: str, *functions: str, folders: list[str] | None = None) -> None:
        super().__init__(name)
        vars(self).update({function: self._later(function) for function in functions})
        if folders is not None:
            self.__path__ = folders

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # the import system asks for such
            raise AttributeError(name)
        return getattr(self._load(), name)

    def _later(self, function: str) -> Callable[..., Any]:
        def call(*given: object, **named: object) -> Any:
            return getattr(self._load(), function)(*given, **named)

        return call

    def _load(self) -> ModuleType:
        with _replacing:  # else of two threads the second one would take out the module itself
            if sys.modules.get(self.__name__) is self:
                del sys.modules[self.__name__]
        return importlib.import_module(self.__name__)


def _folders(package: str, name: str) -> list[str]:
    found = importlib.util.find_spec(package)
    assert found is not None
    return [str(Path(folder, name)) for folder in found.submodule_search_locations or ()]


def _replace_validators() -> None:
    """Replace LocalStack's validators of its own API, which are off unless a setting asks for them."""

    class Validator:
        def __call__(self, *_: object) -> None:
            return None

    module = ModuleType("localstack.aws.handlers.validation")
    vars(module).update(OpenAPIRequestValidator=Validator, OpenAPIResponseValidator=Validator)
    sys.modules[module.__name__] = module


def _load_file(_: JSONFileLoader, path: str, open_file: Callable[..., Any]) -> object:
    """Load one of botocore's files as plain dictionaries, which keep their order as well."""
    if not Path(path).is_file():
        return None
    with open_file(path, "rb") as file:
        return json.loads(file.read())
