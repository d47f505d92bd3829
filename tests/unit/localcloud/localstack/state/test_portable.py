import json
import pickle
from pathlib import Path

import pytest

from localcloud.localstack.state.portable import export, import_
from localcloud.localstack.state.vault import Manifest, UnusableStateError, Vault

VERSION = "this one"


def held(saved: Path, port: int) -> dict[str, object]:
    url = f"http://127.0.0.1:{port}/000000000000/callback"
    return {
        "url": url,
        "again": url,
        "document": json.dumps({"queue": url, "note": "Grüße" * 100}),
        "domain": f"http://sqs.us-west-2.localhost.localstack.cloud:{port}/0/q",
        "folder": f"{saved}/objects/1",
        "traceback": f'File "{saved.parent}/tmp/functions/1/handler.py", line 3',
        "another port": f"http://127.0.0.1:{port}7",
        "no address": f"{port} rows",
        "bytes": url.encode(),
    }


def save(saved: Path, port: int) -> Path:
    vault = Vault(saved, VERSION)
    vault.open()
    parts = {
        "1": vault.write("1", pickle.dumps(held(saved, port))),
        "2": vault.write("2", pickle.dumps(["secret of a session"])),
    }
    vault.commit(Manifest({"sqs": "1", "sessions": "2"}, parts, 7))
    for name in ("objects/1", "logs/2", "geospatial/jobs/3/task.json", "geospatial/jobs/3/input.csv"):
        (saved / name).parent.mkdir(parents=True, exist_ok=True)
        (saved / name).write_text(str(saved) if name.endswith("json") else name)
    return saved


def contents(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("port", [4566, 24567, 80])
def test_another_folder_and_another_port_take_a_state(tmp_path: Path, port: int) -> None:
    saved, folder, there = (
        save(tmp_path / "saved", 4566),
        tmp_path / "archive",
        tmp_path / "elsewhere" / "saved",
    )
    export(saved, folder, 4566, VERSION)
    import_(folder, port, there, VERSION)
    vault = Vault(folder, VERSION)
    manifest = vault.open()
    assert manifest is not None
    assert manifest.changes == 7
    expected = held(there, port) | {
        "another port": "http://127.0.0.1:45667",
        "no address": "4566 rows",
        "bytes": b"http://127.0.0.1:4566/000000000000/callback",  # such as an object of a user
    }
    found = pickle.loads(vault.read(manifest.roots["sqs"]))  # noqa: S301
    assert found == expected
    assert (folder / "objects/1").read_text() == "objects/1"
    assert (folder / "geospatial/jobs/3/input.csv").is_file()


def test_an_archive_has_neither_keys_nor_sessions_nor_folders_of_who_saved_it(tmp_path: Path) -> None:
    saved, folder = save(tmp_path / "saved", 4566), tmp_path / "archive"
    before = contents(saved)
    export(saved, folder, 4566, VERSION)
    assert contents(saved) == before
    assert not (folder / "key").exists()
    assert len(list((folder / "parts").iterdir())) == 1
    import_(folder, 4566, tmp_path / "other", VERSION)
    assert (folder / "key").read_bytes() != (saved / "key").read_bytes()
    assert str(saved).encode() not in contents(folder)


@pytest.mark.parametrize("what", ["cut", "changed", "missing", "manifest", "version"])
def test_what_is_not_whole_is_refused_and_nothing_is_written(tmp_path: Path, what: str) -> None:
    saved, folder = save(tmp_path / "saved", 4566), tmp_path / "archive"
    export(saved, folder, 4566, VERSION)
    (part,) = (folder / "parts").iterdir()
    content = part.read_bytes()
    if what == "cut":
        part.write_bytes(content[:-1])
    elif what == "changed":
        part.write_bytes(content[:20] + bytes([content[20] ^ 1]) + content[21:])
    elif what == "missing":
        part.unlink()
    elif what == "manifest":
        (folder / "manifest.json").write_text("{}")
    before = contents(folder)
    with pytest.raises(UnusableStateError, match="version" if what == "version" else "cut|cannot be read"):
        import_(folder, 4566, saved, "another one" if what == "version" else VERSION)
    assert contents(folder) == before


def test_a_part_whose_name_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    export(save(tmp_path / "saved", 4566), folder, 4566, VERSION)
    body = json.loads((folder / "manifest.json").read_bytes())
    body["parts"] = {f"../../outside/{name}": digest for name, digest in body["parts"].items()}
    (folder / "manifest.json").write_text(json.dumps(body))
    (tmp_path / "outside").mkdir()
    with pytest.raises(UnusableStateError, match="cut or changed"):
        import_(folder, 4566, tmp_path / "other", VERSION)
    assert not list((tmp_path / "outside").iterdir())


def test_a_key_of_whoever_has_written_an_archive_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    export(save(tmp_path / "saved", 4566), folder, 4566, VERSION)
    (folder / "key").write_bytes(b"known")
    with pytest.raises(UnusableStateError, match="its file key is none of a saved state"):
        import_(folder, 4566, tmp_path / "other", VERSION)


def test_a_state_that_is_not_whole_is_not_exported(tmp_path: Path) -> None:
    saved = save(tmp_path / "saved", 4566)
    (saved / "parts/1").write_bytes(b"")
    with pytest.raises(UnusableStateError, match="cut or changed"):
        export(saved, tmp_path / "archive", 4566, VERSION)
