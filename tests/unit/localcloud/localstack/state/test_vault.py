import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from localcloud.localstack.state.vault import Manifest, UnusableStateError, Vault

WRITER = """
import sys
from pathlib import Path
from localcloud.localstack.state.vault import Manifest, Vault

vault, number, before = Vault(Path(sys.argv[1]), "1"), 0, []
vault.open()
print("ready", flush=True)
while True:
    number += 1
    names = [f"{number}-{part}" for part in range(3)]
    hashes = {name: vault.write(name, name.encode() * 5000) for name in names}
    vault.commit(Manifest({"s3": names[0]}, hashes, number))
    vault.keep_only(names)
"""


def saved(folder: Path) -> Vault:
    vault = Vault(folder, "1")
    assert vault.open() is None
    vault.commit(Manifest({"s3": "root"}, {"root": vault.write("root", b"content")}, 7))
    return vault


def read_all(folder: Path, version: str = "1") -> Vault:
    """Open what was saved there, and read each part as a start does."""
    vault = Vault(folder, version)
    manifest = vault.open()
    for name in manifest.parts if manifest else ():
        vault.read(name)
    return vault


def test_what_was_saved_is_there_again_for_its_owner_alone(tmp_path: Path) -> None:
    saved(tmp_path)
    vault = Vault(tmp_path, "1")
    manifest = vault.open()
    assert manifest is not None
    assert (manifest.roots, manifest.changes, vault.read("root")) == ({"s3": "root"}, 7, b"content")
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.rglob("*")}
    assert set(modes.values()) == {0o600, 0o700}, modes


@pytest.mark.parametrize("name", ["manifest.json", "parts/root"])
@pytest.mark.parametrize("how", ["cut", "changed"])
def test_a_file_that_was_cut_or_changed_is_refused(tmp_path: Path, name: str, how: str) -> None:
    saved(tmp_path)
    path = tmp_path / name
    content = path.read_bytes()
    middle = len(content) // 2
    other = bytes([content[middle] ^ 1])
    path.write_bytes(content[:middle] if how == "cut" else content[:middle] + other + content[middle + 1 :])
    with pytest.raises(UnusableStateError, match="cut or changed"):
        read_all(tmp_path)


def test_a_signature_that_is_no_text_is_refused(tmp_path: Path) -> None:
    saved(tmp_path)
    path = tmp_path / "manifest.json"
    path.write_bytes(path.read_bytes()[:-1] + b"\xff")
    with pytest.raises(UnusableStateError, match="cut or changed"):
        read_all(tmp_path)


def test_a_state_of_another_version_is_refused(tmp_path: Path) -> None:
    saved(tmp_path)
    with pytest.raises(UnusableStateError, match="another version"):
        read_all(tmp_path, "2")


def test_a_manifest_of_another_folder_is_refused(tmp_path: Path) -> None:
    saved(tmp_path / "one")
    saved(tmp_path / "two")
    (tmp_path / "one/manifest.json").replace(tmp_path / "two/manifest.json")
    with pytest.raises(UnusableStateError, match="of another folder"):
        read_all(tmp_path / "two")


def test_a_missing_part_is_refused(tmp_path: Path) -> None:
    saved(tmp_path)
    (tmp_path / "parts/root").unlink()
    with pytest.raises(UnusableStateError, match="missing"):
        read_all(tmp_path)


def test_a_kill_at_any_moment_of_saving_leaves_a_whole_state(tmp_path: Path) -> None:
    seen = set()
    for number in range(10):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, env={**os.environ}
        )
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(0.01 + number * 0.007)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        vault = read_all(tmp_path)
        manifest = vault.open()
        if manifest is not None:
            seen.add(manifest.changes)
            assert {path.name for path in (tmp_path / "parts").iterdir()} == set(manifest.parts)
    assert seen


def test_a_full_disk_keeps_the_state_before(tmp_path: Path) -> None:
    saved(tmp_path)
    program = """
import resource, sys
from pathlib import Path
from localcloud.localstack.state.vault import Manifest, Vault
vault = Vault(Path(sys.argv[1]), "1")
vault.open()
resource.setrlimit(resource.RLIMIT_FSIZE, (50, 50))
try:
    vault.write("other", bytes(range(256)) * 100)
except OSError as error:
    print(error.strerror)
"""
    said = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert "File too large" in said.stdout
    vault = read_all(tmp_path)
    assert vault.read("root") == b"content"
    assert [path.name for path in (tmp_path / "parts").iterdir()] == ["root"]
