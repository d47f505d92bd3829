"""Pipelines that programs make: each `pipeline.py` is run, and its definition and files become Terraform's.

The program knows names that stand for what Terraform makes (the bucket, the role, images, functions). In the
definition that comes of it they are Terraform's placeholders again. What the program uploads is kept beside
the definition, in folders that are named after their content: the same program gives the same definition.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import shutil
import subprocess
import tarfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from driver.host.files import text_or_nothing, write_if_changed
from driver.host.program_reads import READS
from driver.manifests.manifest import Mistake, manifest_error
from driver.projects.contents import Contents

RUNNER = Path(__file__).with_name("run_program.py")
_ACCOUNT = "999999999990"  # no account has this number
_MARK = "sagestep-placeholder"
_PREFIX = "sagestep-data"  # where the pipeline's jobs may write
_UPLOADED = re.compile(rf"s3://{_MARK}/([^\s\"'\\]*)")
_SECONDS = 300.0
_KEPT_SECONDS = 86400.0


@dataclass(frozen=True, slots=True)
class Names:
    """What a program is told, and what stands for it in the definition's template."""

    values: Mapping[str, Any]
    placeholders: Mapping[str, str]

    @classmethod
    def of(cls, contents: Contents, region: str, functions: tuple[str, ...]) -> Names:
        """Make them for a project in a region."""
        registry = f"{_ACCOUNT}.dkr.ecr.{region}.amazonaws.com"
        images = {name: f"{registry}/{_MARK}-{name}:latest" for name in contents.images}
        arns = {name: f"arn:aws:lambda:{region}:{_ACCOUNT}:function:{_MARK}-{name}" for name in functions}
        role = f"arn:aws:iam::{_ACCOUNT}:role/{_MARK}"
        queue = f"https://sqs.{region}.amazonaws.com/{_ACCOUNT}/{_MARK}"
        placeholders = {uri: f"${{images.{name}}}" for name, uri in images.items()}
        placeholders |= {arn: f"${{functions.{name}}}" for name, arn in arns.items()}
        placeholders |= {
            role: "${role_arn}",
            queue: "${queue_url}",
            _PREFIX: "${data_prefix}",
            _MARK: "${bucket_name}",
        }
        values = {
            "region": region,
            "role_arn": role,
            "bucket_name": _MARK,
            "prefix": _PREFIX,
            "account_id": _ACCOUNT,
            "queue_url": queue,
            "images": images,
            "functions": arns,
        }
        return cls(values, placeholders | {_ACCOUNT: "${account_id}"})


def environment_of(environ: Mapping[str, str], region: str) -> dict[str, str]:
    """Return the environment of a program: the user's, without what leads to an account."""
    kept = {name: value for name, value in environ.items() if not name.startswith("AWS_")}
    for name in ("PYTHONPATH", "PYTHONHOME"):
        kept.pop(name, None)
    return kept | {
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",  # else uploads are cut into chunks
        "PYTHONDONTWRITEBYTECODE": "1",
    }


class Programs:
    """Runs the programs of a project's pipelines.

    `detail` is told what they print; `clock` tells the time in seconds since the epoch.
    """

    def __init__(
        self,
        names: Names,
        environment: Mapping[str, str],
        detail: Callable[[str], None] = lambda _: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._names = names
        self._environment = environment
        self._detail = detail
        self._clock = clock

    def build(self, program: Path, python: Path, directory: Path) -> None:
        """Run a program; its definition becomes `<pipeline>.json` in a folder, its files `<pipeline>/`.

        Raises `ManifestError` if the program fails; it names the line.
        """
        name = program.parent.name
        with TemporaryDirectory() as temporary:
            folder = Path(temporary)
            definition, reads = self._run(program, python, folder)
            template, files = _as_template(definition, folder / "files", self._names)
            target = directory / name
            self._remove_unused(target, directory / f"{name}.unused", set(files))
            for relative, content in files.items():
                write_if_changed(target / relative, content)
            write_if_changed(directory / f"{name}{READS}", json.dumps(reads).encode())
            write_if_changed(directory / f"{name}.json", f"{template}\n".encode())

    def _remove_unused(self, target: Path, record: Path, used: set[str]) -> None:
        """Remove files that no definition has named for a day; the record says since when none does.

        Terraform takes them out of the bucket with that: an execution that runs needs its definition's.
        """
        since: dict[str, float] = json.loads(text_or_nothing(record) or "{}")
        there = {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()}
        now = self._clock()
        unused = {name: since.get(name, now) for name in sorted(there - used)}
        for name in [name for name, moment in unused.items() if now - moment > _KEPT_SECONDS]:
            (target / name).unlink()
            del unused[name]
        write_if_changed(record, json.dumps(unused).encode())

    def _run(self, program: Path, python: Path, folder: Path) -> tuple[Any, list[str]]:
        request = {
            "folder": str(folder),
            "program": str(program),
            "values": dict(self._names.values),
            "environment": {},
        }
        (folder / "request.json").write_text(json.dumps(request))
        try:
            done = subprocess.run(
                [str(python), str(RUNNER), str(folder / "request.json")],
                cwd=program.parent,
                env=dict(self._environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                timeout=_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise _failed(program, 1, f"it did not end within {_SECONDS:.0f} seconds") from error
        except OSError as error:
            raise _failed(program, 1, f"{python} cannot run it: {error.strerror}") from error
        self._detail(done.stdout.rstrip())
        try:
            result = json.loads((folder / "result.json").read_text())
        except (OSError, ValueError) as error:
            said = "\n".join(done.stdout.strip().splitlines()[-10:])
            raise _failed(program, 1, f"it ended without a pipeline:\n{said}") from error
        if "error" in result:
            raise _failed(program, int(result["line"]), str(result["error"]))
        return json.loads(result["definition"]), result["reads"]


def _failed(program: Path, line: int, text: str) -> Exception:
    return manifest_error(program, [Mistake(program, line, text)])


def remove_others(directory: Path, names: set[str]) -> None:
    """Remove what was made of programs that the project has no more."""
    for path in directory.glob("*"):
        if path.name.partition(".")[0] not in names:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _as_template(definition: Any, uploads: Path, names: Names) -> tuple[str, dict[str, bytes]]:
    """Return the definition as a template of Terraform's, and the files that it names by their new paths."""
    files: dict[str, bytes] = {}

    def address(match: re.Match[str]) -> str:
        moved = _keep(uploads, match[1], files)
        return match[0] if moved is None else f"${{code_uri}}{moved}"

    def text_of(text: str) -> str:
        text = _UPLOADED.sub(address, text.replace("${", "$${").replace("%{", "%%{"))
        for value, placeholder in names.placeholders.items():
            text = text.replace(value, placeholder)
        return text

    def value_of(value: Any) -> Any:
        if isinstance(value, str):
            return text_of(value)
        if isinstance(value, list):
            return [value_of(item) for item in value]
        if isinstance(value, dict):
            return {key: value_of(item) for key, item in value.items()}
        return value

    return json.dumps(value_of(definition), indent=2, ensure_ascii=False), files


def _keep(uploads: Path, key: str, files: dict[str, bytes]) -> str | None:
    """Keep what was uploaded to a key, or below it; returns its new path, None if nothing was."""
    source = uploads / key
    # Where jobs write by default is above all that the program uploads.
    if key.strip("/") in {"", _PREFIX} or not source.exists():
        return None
    if source.is_file():
        content = _repeatable(source)
        path = f"{sha256(content).hexdigest()[:16]}/{source.name}"
        files[path] = content
        return path
    found = {
        path.relative_to(source).as_posix(): _repeatable(path)
        for path in sorted(source.rglob("*"))
        if path.is_file()
    }
    digest = sha256()
    for name, content in found.items():
        digest.update(name.encode() + b"\0" + sha256(content).digest())
    folder = digest.hexdigest()[:16]
    files.update({f"{folder}/{name}": content for name, content in found.items()})
    return f"{folder}/" if key.endswith("/") else folder


def _repeatable(path: Path) -> bytes:
    """Read a file; an archive without the times, users and order that change each time it is made."""
    content = path.read_bytes()
    if not path.name.endswith((".tar.gz", ".tgz")):
        return content
    try:
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            members = sorted(archive.getmembers(), key=lambda member: member.name)
            buffer = io.BytesIO()
            with (
                gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0, filename="") as zipped,
                tarfile.open(fileobj=zipped, mode="w") as fresh,
            ):
                for member in members:
                    member.mtime, member.uid, member.gid = 0, 0, 0
                    member.uname = member.gname = ""
                    member.pax_headers = {}  # times, more exactly
                    fresh.addfile(member, archive.extractfile(member) if member.isfile() else None)
    except tarfile.TarError:
        return content
    return buffer.getvalue()
