"""A folder that a program may change and nobody else sees changed: a layer over it, or else a copy of it.

The layer is an overlay file system (kernel documentation, "Overlay Filesystem"); without root it needs Linux
5.11. Where there is none, the folder is copied, without version control and compiled Python. Virtual
environments are not copied but linked: a program has its own (`localcloud.containers.python`).
"""

from collections.abc import Callable
from pathlib import Path

_LEFT_OUT = frozenset({".git", "__pycache__"})
_SEPARATORS = frozenset(",:\\")  # of mount options


def layer(mount: Callable[[bytes, bytes], bool], folder: Path, scratch: Path) -> Path:
    """Make a layer over a folder; give where it is seen.

    - `mount`: mounts an overlay, given its mount point and options; tells whether that was possible.
    - `scratch`: a folder that does not exist yet, for what the program writes.
    """
    upper, work, merged = (scratch / name for name in ("upper", "work", "merged"))
    for path in (upper, work, merged):
        path.mkdir(parents=True)
    places = {"lowerdir": folder, "upperdir": upper, "workdir": work}
    options = ",".join(f"{name}={path}" for name, path in places.items())
    is_writable = not any(_SEPARATORS & set(str(path)) for path in places.values())
    if is_writable and not scratch.is_relative_to(folder):  # A layer within itself cannot be walked through.
        for more in ("", ",userxattr"):  # the latter is what user namespaces need
            if mount(bytes(merged), f"{options}{more}".encode()):
                (work / "work").chmod(0o700)  # Made without any permission, it could not be removed later.
                return merged
    return copy(folder, merged)


def copy(folder: Path, target: Path) -> Path:
    """Copy a folder, but not the part of it in which the copy lies; give the copy."""
    import shutil  # noqa: PLC0415 - seldom needed, and a supervisor must start quickly

    own = target.relative_to(folder).parts[0] if target.is_relative_to(folder) else None

    def left_out(directory: str, names: list[str]) -> set[str]:
        out = {name for name in names if name in _LEFT_OUT or (Path(directory) == folder and name == own)}
        for path in (Path(directory, name) for name in names if name not in out):
            if (path / "pyvenv.cfg").is_file() or (path.is_symlink() and not _leads_into(path, folder)):
                link = target / path.relative_to(folder)
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(path)
                out.add(path.name)
            elif not (path.is_symlink() or path.is_dir() or path.is_file()):  # a socket, a pipe
                out.add(path.name)
        return out

    target.mkdir(parents=True, exist_ok=True)
    shutil.copytree(folder, target, symlinks=True, ignore=left_out, dirs_exist_ok=True)
    return target


def _leads_into(link: Path, folder: Path) -> bool:
    return (link.parent / link.readlink()).resolve().is_relative_to(folder.resolve())
