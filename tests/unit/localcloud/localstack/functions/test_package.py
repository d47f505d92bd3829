import io
import os
import stat
import zipfile
from pathlib import Path

import pytest

from localcloud.localstack.functions.package import PackageError, check, unpack

Member = tuple[str, bytes] | tuple[str, bytes, int]

LINK, PIPE = stat.S_IFLNK | 0o777, stat.S_IFIFO | 0o644


def pack(*members: Member, method: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    """Write a zip file of members: name, content, and the mode that a system like Unix would write down."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, data, *mode in members:
            member = zipfile.ZipInfo(name)
            member.create_system = 3
            member.external_attr = (mode[0] if mode else stat.S_IFREG | 0o644) << 16
            member.compress_type = method
            archive.writestr(member, data)
    return content


def tree(folder: Path) -> dict[str, str]:
    """Give what lies in a folder: each file's content, each link's target."""
    return {
        path.relative_to(folder).as_posix(): f"-> {path.readlink()}"
        if path.is_symlink()
        else path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


def test_files_folders_and_links_within_the_package_are_unpacked(tmp_path: Path) -> None:
    package = pack(
        ("lib/", b""),
        ("./lib/code.py", b"code"),
        ("lib/deep/data", b"data"),
        ("current", b"lib/deep", LINK),
        ("lib/deep/up", b"../../index.py", LINK),
        ("index.py", b"index"),
    )
    check(package)
    unpack(package, tmp_path)
    assert tree(tmp_path) == {
        "current": "-> lib/deep",
        "index.py": "index",
        "lib/code.py": "code",
        "lib/deep/data": "data",
        "lib/deep/up": "-> ../../index.py",
    }
    assert (tmp_path / "current" / "data").read_text() == "data"
    assert os.access(tmp_path / "index.py", os.X_OK)


HARMFUL: dict[str, tuple[Member, ...]] = {
    "an absolute path": (("/tmp/sagestep-test-escaped", b"x"),),
    "a path that leads out": (("../escaped", b"x"),),
    "a path that leads out later": (("a/../../escaped", b"x"),),
    "a path that comes back": (("a/../b", b"x"),),
    "a link that leads out": (("link", b"../outside", LINK),),
    "an absolute link": (("link", b"/etc", LINK),),
    "a path through a link": (("link", b"real", LINK), ("real/", b""), ("link/file", b"x")),
    "a path through a link that leads out": (("link", b"..", LINK), ("link/escaped", b"x")),
    "a link through a link": (("a/b/", b""), ("a/b/top", b"../..", LINK), ("out", b"a/b/top/..", LINK)),
    "a link to itself": (("link", b"link", LINK),),
    "a path through a file": (("file", b"x"), ("file/below", b"x")),
    "a pipe": (("pipe", b"", PIPE),),
    "a link with a long target": (("link", b"a/" * 4096, LINK),),
    "a name that is too long": (("n" * 256, b"x"),),
}


@pytest.mark.parametrize("members", HARMFUL.values(), ids=HARMFUL)
def test_a_harmful_package_is_refused_and_nothing_is_written_outside(
    tmp_path: Path, members: tuple[Member, ...]
) -> None:
    folder = tmp_path / "somewhere" / "package"
    folder.mkdir(parents=True)
    package = pack(*members)
    with pytest.raises(PackageError):
        check(package)
    with pytest.raises(PackageError):
        unpack(package, folder)
    assert [path for path in tmp_path.rglob("*") if folder not in path.parents] == [folder.parent, folder]
    assert not Path("/tmp/sagestep-test-escaped").exists()


def test_a_link_that_is_named_twice_does_not_let_a_file_through(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        package = pack(("name", b"../../outside", LINK), ("name", b"content"))
    folder = tmp_path / "package"
    folder.mkdir()
    unpack(package, folder)
    assert tree(tmp_path) == {"package/name": "content"}


def damaged() -> io.BytesIO:
    package = pack(("index.py", b"the content " * 9), method=zipfile.ZIP_STORED)
    return io.BytesIO(package.getvalue().replace(b"the content", b"another one", 1))


def encrypted() -> io.BytesIO:
    content = bytearray(pack(("index.py", b"x")).getvalue())
    for signature, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        content[content.index(signature) + offset] |= 1
    return io.BytesIO(content)


@pytest.mark.parametrize(
    "package", [damaged(), encrypted(), io.BytesIO(b"no zip file")], ids=["damaged", "encrypted", "none"]
)
def test_what_cannot_be_read_is_refused(package: io.BytesIO) -> None:
    with pytest.raises(PackageError):
        check(package)
