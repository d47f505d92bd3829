"""A Python environment of a container's own, on top of its image's: what a program installs ends with it.

It is a virtual environment (PEP 405) whose site-packages come first and lead on to those of the image's
interpreter, which therefore are not copied. pip installs into it, replaces nothing outside it, and finds what
is there. The scripts of the image's environment (``pip``, ``train``) are there again, for its interpreter.
"""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_ASK = """
import json, os, site, sys, sysconfig
scheme = "venv" if "venv" in sysconfig.get_scheme_names() else "posix_prefix"
packages = sysconfig.get_path("purelib", scheme, dict.fromkeys(("base", "platbase", "installed_base"), "/x"))
base = getattr(sys, "_base_executable", None) or os.path.realpath(sys.executable)
print(json.dumps({
    "executable": sys.executable, "base": base, "packages": os.path.relpath(packages, "/x"),
    "names": ["python", "python3", "python%d.%d" % sys.version_info[:2]],
    "sites": site.getsitepackages(), "roots": [sys.prefix, sys.base_prefix, *filter(None, sys.path)],
}))
"""
_SECONDS_TO_ANSWER = 30.0
_LONGEST_SCRIPT = 1 << 16
_NAMES = """
import socket
_hosts, _own = {hosts!r}, {own!r}
_lookup, _by_name, _by_name_ex = socket.getaddrinfo, socket.gethostbyname, socket.gethostbyname_ex
def _known(host):
    return _hosts.get(host.decode("ascii", "replace") if isinstance(host, bytes) else host, host)
socket.getaddrinfo = lambda host, *a, **k: _lookup(_known(host), *a, **k)
socket.gethostbyname = lambda host: _by_name(_known(host))
socket.gethostbyname_ex = lambda host: (host, [], [_hosts[host]]) if host in _hosts else _by_name_ex(host)
socket.gethostname = lambda: _own
def _told(method):
    def call(self, address):
        if isinstance(address, tuple):
            address = (_known(address[0]), *address[1:])
        return method(self, address)
    return call
for _method in ("bind", "connect", "connect_ex"):
    setattr(socket.socket, _method, _told(getattr(socket.socket, _method)))
"""


@dataclass(frozen=True, slots=True)
class Python:
    """An interpreter of an image.

    - `base`: the interpreter below it, where it is that of a virtual environment; else itself.
    - `packages`: where packages are in a virtual environment of its version, relative to that.
    - `names`: what it is called: ``python``, ``python3``, ``python3.12``.
    - `roots`: every folder that it reads.
    """

    executable: Path
    base: Path
    packages: str
    names: tuple[str, ...]
    sites: tuple[str, ...]
    roots: tuple[Path, ...]

    def environment(self, folder: Path) -> Path:
        """Make an environment on top of it in a folder; give the folder of its programs."""
        programs, packages = folder / "bin", folder / self.packages
        programs.mkdir(parents=True)
        packages.mkdir(parents=True)
        (folder / "pyvenv.cfg").write_text(f"home = {self.base.parent}\n", "utf-8")
        for name in self.names:
            (programs / name).symlink_to(self.base)
        lines = ["import site", *(f"site.addsitedir({site!r})" for site in self.sites)]
        (packages / "image.pth").write_text("; ".join(lines) + "\n", "utf-8")
        theirs = self.executable.parent
        for name, text in _scripts(theirs, theirs.stat().st_mtime_ns).items():
            script = programs / name
            script.write_bytes(text.replace(bytes(theirs) + b"/", bytes(programs) + b"/", 1))
            script.chmod(0o755)
        return programs

    def name_hosts(self, folder: Path, addresses: Mapping[str, str], own: str) -> None:
        """Let programs of an environment find hosts by name, where no hosts file can. `own`: its own name."""
        packages = folder / self.packages
        (packages / "sagestep_host.py").write_text(_NAMES.format(hosts=dict(addresses), own=own), "utf-8")
        (packages / "sagestep_host.pth").write_text("import sagestep_host\n", "utf-8")


@lru_cache(maxsize=32)
def find_python(program: str) -> Python | None:
    """Ask an interpreter what it is; None where it does not answer."""
    try:
        answer = subprocess.run(
            [program, "-c", _ASK],
            env={"HOME": "/nonexistent"},
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS_TO_ANSWER,
            check=True,
        )
        told = json.loads(answer.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return Python(
        executable=Path(told["executable"]),
        base=Path(told["base"]),
        packages=told["packages"],
        names=tuple(told["names"]),
        sites=tuple(told["sites"]),
        roots=tuple(Path(root) for root in told["roots"]),
    )


@lru_cache(maxsize=32)
def _scripts(folder: Path, _changed: int) -> dict[str, bytes]:
    """Read the scripts in a folder whose interpreter is in it, too."""
    found = {}
    for file in folder.iterdir():
        if file.is_symlink() or not file.is_file() or file.stat().st_size > _LONGEST_SCRIPT:
            continue
        text = file.read_bytes()
        if text.startswith(b"#!") and bytes(folder) + b"/python" in b"".join(text.splitlines()[:2]):
            found[file.name] = text
    return found
