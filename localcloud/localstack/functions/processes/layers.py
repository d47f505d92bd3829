"""A function's layers in its process: at ``/opt`` where the system allows it, and on ``sys.path``."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from localcloud.containers.supervisor import namespaces
from localcloud.containers.supervisor.specification import Specification

OPT = "/opt"
NOT_MOUNTED = "The function's layers are on its path, but not at /opt: {}.\n"


def show(content: str, *needed: str) -> str:
    """Put the content of the layers at ``/opt``, for this process alone; give where it is to be found.

    ``needed`` are folders that must not be hidden by it.
    """
    if sys.platform != "linux":
        problem = "only Linux allows a mount for one process"
    elif any(Path(OPT) in Path(folder).parents for folder in needed):
        problem = "the local cloud itself lies there"
    else:
        try:
            namespaces.enter(Specification(command=(), directory="/", binds={OPT: content}))
        except OSError as error:
            problem = f"this system allows no mount for one process ({error})"
        else:
            return OPT
    sys.stderr.write(NOT_MOUNTED.format(problem))
    sys.stderr.flush()
    return content


def paths(root: str) -> list[str]:
    """Name the folders of Python modules, in AWS's order."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return [f"{root}/python/lib/{version}/site-packages", f"{root}/python"]


def with_layers(environment: Mapping[str, str], root: str) -> dict[str, str]:
    """Give a function's environment with the programs, libraries and Node.js modules of its layers."""
    runtime = environment.get("AWS_EXECUTION_ENV", "").rpartition("_")[2].removesuffix(".x")
    modules = [
        f"{root}/nodejs/{runtime.replace('nodejs', 'node')}/node_modules",
        f"{root}/nodejs/node_modules",
    ]
    return {
        **environment,
        **({"NODE_PATH": os.pathsep.join(modules)} if runtime.startswith("nodejs") else {}),
        "PATH": os.pathsep.join(filter(None, (environment.get("PATH"), f"{root}/bin"))),
        "LD_LIBRARY_PATH": os.pathsep.join(filter(None, (environment.get("LD_LIBRARY_PATH"), f"{root}/lib"))),
    }
