import json
import subprocess
import sys
from pathlib import Path

import pytest

from localcloud.localstack.functions import processes

MODULES = sorted(path.stem for path in Path(processes.__file__).parent.glob("[!_]*.py"))
ROOT = Path(__file__).resolve().parents[5]

LOADED = """
import importlib, json, sys
sys.path.insert(0, sys.argv[1])
importlib.import_module(f"localcloud.localstack.functions.processes.{sys.argv[2]}")
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules} - sys.stdlib_module_names)))
"""


@pytest.mark.parametrize("module", MODULES)
def test_functions_processes_start_with_the_standard_library_alone(module: str) -> None:
    """They run without `site`; and what they import, a function would find in its memory."""
    command = [sys.executable, "-I", "-S", "-c", LOADED, str(ROOT), module]
    loaded = json.loads(subprocess.check_output(command))
    assert set(loaded) <= {"__main__", "localcloud"}
