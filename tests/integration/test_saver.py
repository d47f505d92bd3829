"""The saver of the local cloud, in a process of its own with services that the test has made up."""

import subprocess
from pathlib import Path

import pytest

from tests.integration.stack import CLOUD_PYTHON, ROOT

pytestmark = pytest.mark.integration

PROGRAM = """
import os
import sys
from pathlib import Path

os.environ["SAGESTEP_SAVED"] = sys.argv[1]

from localcloud.localstack import runtime
runtime._import_what_needs_python_3_13()
from localcloud.localstack.changes import Changes
from localcloud.localstack import log_store
from localcloud.localstack.state import objects, saver
from localcloud.localstack.state.services import Holding
from localcloud.localstack.state.vault import Vault
from localcloud.watch import WATCH

class Part:
    def __init__(self, text):
        self.text = text

folder = Path(sys.argv[1])
objects.keep(folder / "objects")

def begun():
    one = saver.Saver(Vault(folder, "1"), WATCH, Changes())
    one._codec.revisions[Part] = lambda part: (part.text,)
    return one

def hold(held, is_busy=lambda: False):
    return Holding(lambda: held, lambda saved: None, is_busy=is_busy)

def saved(service):
    one = begun()
    return one._codec.decode(one._vault.read(one._saved.roots[service]), one._vault.read)

good, bad, busy, running = {"number": 1}, {"part": Part("first")}, [], [True]
one = begun()
one._holdings = {"good": hold(good), "bad": hold(bad), "busy": hold(busy, lambda: running[0])}
for name in one._holdings:
    one.note(name)
one.save()
assert one.described["problem"] == "", one.described

# One service cannot be encoded: the others are saved, and it stays as it was.
good["number"], bad["part"], bad["socket"] = 2, Part("second"), sys.stdout
one.note("good"), one.note("bad")
one.save()
assert one.described["problem"].startswith("the service bad: cannot pickle"), one.described
assert saved("good") == {"number": 2} and saved("bad")["part"].text == "first"

# It is tried again by itself, and is saved with the part that was encoded in vain before.
del bad["socket"]
saver._AGAIN, one._unsaved = 0, {name: saver._Unsaved(found.why, 0) for name, found in one._unsaved.items()}
one.save()
assert one.described["problem"] == "" and saved("bad")["part"].text == "second", one.described

# What a service came to between two looks is saved though it is busy no longer.
busy.append("ended")
running[0] = False
one.save()
assert saved("busy") == ["ended"]

# A part that was loaded is not written again until it changes.
again = begun()
held = again._codec.decode(again._vault.read(again._saved.roots["bad"]), again._vault.read)
_, led = again._codec.encode(held)
assert not again._codec.fresh and led and led <= set(again._saved.parts)
held["part"].text = "third"
_, led = again._codec.encode(held)
assert set(again._codec.fresh) == led and not led & set(again._saved.parts)

# What counts each request is saved every few seconds, and at the end.
counted = [1]
counts = Holding(lambda: list(counted), lambda saved: None, is_busy=lambda: True, every=60)
one._holdings |= {"counted": counts}
one.save()
counted.append(2)
one.save()
assert saved("counted") == [1]
one._closed = True
one.save()
assert saved("counted") == [1, 2]
one._closed = False
del one._holdings["counted"]

# A service that cannot be loaded is told.
one._unloaded = {"lame": "no module"}
assert one.described["problem"] == "the service lame cannot be loaded: no module"
one._unloaded = {}

def files():
    return sorted(path.name for path in (folder / "objects").iterdir())

# A content that was overwritten stays until a state is saved that does not lead to it.
one._codec.reducers[objects.KeptFile] = objects.KeptFile.reduced
content = objects.KeptFile()
content.write(b"first"), content.complete()
one._holdings["s3"] = hold(content)
one.note("s3"), one.save()
[first] = files()
content.truncate(0), content.write(b"second"), content.complete()
one.note("good"), one.save()
assert first in files() and saved("s3").name == first
one.note("s3"), one.save()
[second] = files()
assert second != first and saved("s3").read() == b"second"

# One that is overwritten before it was ever saved is saved as it was, until the new one is complete.
content = objects.KeptFile()
content.write(b"first"), content.complete()
content.seek(0), content.truncate(), content.write(b"sec")
one._holdings["s3"] = hold(content)
one.note("s3"), one.save()
assert saved("s3").read() == b"first"
content.write(b"ond"), content.complete()
one.note("s3"), one.save()
assert saved("s3").read() == b"second"

# The file of a log that was deleted stays until a state is saved that does not lead to it.
lines = log_store.Events()
lines += [log_store.Event(0, "x" * 2_000_000, 0, 0)]
logs = {"stream": lines}
one._holdings["logs"] = hold(logs)
one.note("logs"), one.save()
del lines, logs["stream"]
one.note("good"), one.save()
[line] = saved("logs")["stream"]
assert len(line.message) == 2_000_000
one.note("logs"), one.save()
log_store.remove_retired(log_store.count_retired())  # of what this test has read
assert not list(log_store.events_folder().iterdir())

# What an earlier run has saved of a service stays while this one cannot save it.
again = begun()
again._holdings = {"good": hold({"number": 3}), "bad": hold(sys.stdout)}
again.note("good"), again.note("bad"), again.save()
assert saved("good") == {"number": 3} and saved("bad")["part"].text == "second"

# A stop while services are being loaded saves nothing: they are half loaded.
halfway = begun()
halfway._holdings = {"good": hold({})}
halfway.note("good"), halfway.close()
assert saved("good") == {"number": 3}

# Whether the last save has saved everything can be seen when the process has ended.
def is_open_after(names, fails):
    last = begun()
    last._find_holdings = lambda _: setattr(last, "_holdings", {"good": hold({})})
    last.start(names)
    assert (folder / "open").exists()
    if fails:
        last._vault.commit = fail
    last.note("good"), last.close()
    return (folder / "open").exists()

def fail(_):
    raise OSError("the disk is full")
assert is_open_after(["good"], fails=True) and not is_open_after(["good"], fails=False)

# What keeps all of it from being saved is told.
lame = begun()
def fail(names):
    raise ValueError("no such service")
lame._find_holdings = fail
lame.start(["good"])
assert lame.described["problem"] == "no such service"
lame.close()
assert (folder / "open").exists()
print("all is well")
"""


def test_a_service_that_cannot_be_saved_keeps_no_other_from_being_saved(tmp_path: Path) -> None:
    run = subprocess.run(
        [str(CLOUD_PYTHON), "-c", PROGRAM, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stdout) == (0, "all is well\n"), run.stderr
