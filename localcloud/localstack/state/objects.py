"""Contents of S3's objects: small ones in memory as before, all of them as files once they are saved.

An object's content never changes in its file: what overwrites it gets another one. So the metadata that were
saved last lead to whole contents, whatever is being written when the process ends.
"""

import os
import uuid
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar

from localstack.services.s3.models import S3Object
from localstack.services.s3.storage import ephemeral
from localstack.services.s3.storage.ephemeral import (
    EphemeralS3ObjectStore,
    EphemeralS3StoredMultipart,
    EphemeralS3StoredObject,
    LockedFileMixin,
)

from localcloud.localstack.state.codec import Codec, Reduced
from localcloud.localstack.state.vault import UnusableStateError, sync_folder

SMALL = ephemeral.S3_MAX_FILE_SIZE_BYTES


class KeptFile(LockedFileMixin):
    """The content of an object or a part of one, in place of LocalStack's spooled temporary file.

    - `name`: its file in `folder`; None while it is in memory alone.
    - `saved`: the file of the content before, until this one is complete; `before`: that content itself,
      where it had no file yet.
    """

    folder: ClassVar[Path]
    retired: ClassVar[list[str]] = []
    """Files that no object needs any more; the state that was saved last may still lead to them."""
    unsaved: ClassVar[set["KeptFile"]] = set()

    def __init__(self, *_: object, **__: object) -> None:
        super().__init__()
        self.name: str | None = None
        self.saved: str | None = None
        self.before = b""
        self.size = 0
        self.is_complete = False
        self._file: Any = BytesIO()

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a position."""
        return int(self._opened().seek(offset, whence))

    def tell(self) -> int:
        """Tell the position."""
        return int(self._opened().tell())

    def read(self, size: int = -1) -> bytes:
        """Read from the position on."""
        return bytes(self._opened().read(size))

    def seekable(self) -> bool:
        """Tell that it has positions."""
        return True

    def truncate(self, size: int | None = None) -> int:
        """Cut it; what becomes empty begins anew, in memory."""
        size = self.tell() if size is None else size
        if size == 0 and (self.name or self.is_complete or self._file.tell()):
            self._begin_anew()
        self.is_complete = False
        return int(self._opened().truncate(size))

    def write(self, content: bytes) -> int:
        """Write at the position; what is no longer small goes to a file."""
        file = self._opened()
        self.is_complete = False
        if self.name is None and file.tell() + len(content) > SMALL:
            file = self._move_to_file()
        return int(file.write(content))

    def complete(self) -> None:
        """Take the content as whole."""
        self.size = self._opened().seek(0, 2)
        self.is_complete = True
        if self.saved is not None:
            self.retired.append(self.saved)
            self.saved = None
        self.before = b""
        self.unsaved.add(self)

    def close(self) -> None:
        """Forget the content."""
        self.unsaved.discard(self)
        self.retired.extend(name for name in (self.name, self.saved) if name)
        self.name = self.saved = None
        if self._file is not None:
            self._file.close()

    def save(self) -> None:
        """Write it to its file, durably; `OSError` if that is not possible."""
        with self.position_lock:
            if not self.is_complete or self not in self.unsaved:
                return
            if self.name is None:
                position, name = self._file.tell(), uuid.uuid4().hex
                with self._create(name) as file:
                    file.write(self._file.getbuffer())
                    file.flush()
                    os.fsync(file.fileno())
                self._file.seek(position)
                self.name = name
                # It stays in memory: whoever reads it next finds it there.
            else:
                self._file.flush()
                os.fsync(self._file.fileno())
            self.unsaved.discard(self)

    def reduced(self) -> Reduced:
        """Give what is saved of it: its file, or its content where that is in memory alone."""
        if self.is_complete:
            content = self._file.getvalue() if self.name is None else None
            return _kept, (self.name, self.size, content, self.internal_last_modified)
        return _kept, (self.saved, self.size, self.before if self.saved is None else None, 0)

    def _begin_anew(self) -> None:
        if self.is_complete and self.name is not None:
            self.saved = self.name
        elif self.is_complete:
            self.before = self._file.getvalue()
        elif self.name is not None:
            self.retired.append(self.name)
        if self.name is not None and self._file is not None and not isinstance(self._file, BytesIO):
            self._file.close()
        self.name, self._file = None, BytesIO()

    def _move_to_file(self) -> Any:
        name, before = uuid.uuid4().hex, self._file
        self._file = self._create(name)
        self._file.write(before.getvalue())
        self._file.seek(before.tell())
        self.name = name
        return self._file

    def _opened(self) -> Any:
        if self._file is None:
            assert self.name is not None
            path = self.folder / self.name
            self._file = BytesIO(path.read_bytes()) if self.size <= SMALL else path.open("r+b")
        return self._file

    def _create(self, name: str) -> Any:
        return os.fdopen(os.open(self.folder / name, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b")


def _kept(name: str | None, size: int, content: bytes | None, modified: int) -> KeptFile:
    file = KeptFile()
    file.name, file.size, file.is_complete, file.internal_last_modified = name, size, True, modified
    if content is not None:
        file._file = BytesIO(content)
        file.size = len(content)
        KeptFile.unsaved.add(file)
        return file
    file._file = None
    with suppress(OSError):
        if name is not None and (KeptFile.folder / name).stat().st_size == size:
            return file
    raise UnusableStateError(f"the content {name} of an object is missing, or was cut")


class KeptObject(EphemeralS3StoredObject):
    """An open object, whose content is whole once it is closed."""

    def close(self) -> None:
        """Release it."""
        if self._mode == "w" and not self.closed:
            with self.file.position_lock:
                self.file.complete()
        super().close()


def keep(folder: Path) -> None:
    """Let contents be kept in a folder, before S3 is loaded."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    KeptFile.folder = folder
    ephemeral.LockedSpooledTemporaryFile = KeptFile
    ephemeral.EphemeralS3StoredObject = KeptObject
    EphemeralS3ObjectStore._key_from_s3_object = staticmethod(_key)


def _key(one: S3Object) -> str:
    """Give an object's key among those of its bucket; LocalStack's is another one in each process."""
    return f"{one.key}?{one.version_id or 'null'}"


def teach(codec: Codec, store: EphemeralS3ObjectStore) -> None:
    """Let files be written as their names."""
    codec.names[EphemeralS3ObjectStore] = lambda _: ("objects",)
    codec.found["objects"] = lambda: store
    codec.reducers[KeptFile] = KeptFile.reduced
    codec.reducers[EphemeralS3StoredMultipart] = lambda one: (_multipart, (vars(one),))


def _multipart(values: dict[str, Any]) -> EphemeralS3StoredMultipart:
    one: EphemeralS3StoredMultipart = EphemeralS3StoredMultipart.__new__(EphemeralS3StoredMultipart)
    vars(one).update(values)
    return one


def save() -> None:
    """Write all contents that are new."""
    found = list(KeptFile.unsaved)
    for file in found:
        file.save()
    if found:
        sync_folder(KeptFile.folder)


def count_retired() -> int:
    """Count the files that no object needs any more: a state that is encoded from now on leads to none."""
    return len(KeptFile.retired)


def remove_retired(count: int) -> None:
    """Remove the first of these files, once a state is saved that was encoded after they were counted."""
    for name in KeptFile.retired[:count]:
        (KeptFile.folder / name).unlink(missing_ok=True)
    del KeptFile.retired[:count]


def remove_all_but(store: EphemeralS3ObjectStore) -> None:
    """Remove what a process that was killed left behind."""
    kept = {
        file.name
        for bucket in store._filesystem.values()
        for file in (
            *bucket["keys"].values(),
            *(part for upload in bucket["multiparts"].values() for part in upload.parts.values()),
        )
    }
    for path in KeptFile.folder.iterdir():
        if path.name not in kept:
            path.unlink(missing_ok=True)
