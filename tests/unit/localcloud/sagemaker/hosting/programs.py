"""Programs that stand for images, as real processes: one that serves, and some that do not."""

import json
from pathlib import Path

from localcloud.containers.images import Images
from localcloud.containers.isolation import Isolation

SERVE = r"""
import json, os, signal, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

LOCK = threading.Lock()  # as a server with one thread: it answers no ping while it computes
VERSION = Path(os.environ.get("SM_MODEL_DIR", "/opt/ml/model"), "version").read_text()
print("serving", VERSION, os.environ["GREETING"], os.environ["AWS_REGION"], flush=True)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    healthy = True

    def log_message(self, *arguments):
        pass

    def answer(self, status, body=b""):
        head = f"HTTP/1.1 {status} Whatever\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        self.wfile.write(head + body)

    def do_GET(self):
        with LOCK:
            pass
        self.answer(200 if Handler.healthy else 500)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if body == b"die":
            os._exit(1)
        if body == b"hang":
            os.kill(os.getpid(), signal.SIGSTOP)
            time.sleep(600)  # another thread may be the one that is stopped first
        if body == b"compute":
            with LOCK:
                started = time.monotonic()
                while time.monotonic() - started < 6:
                    pass
        if body == b"sicken":
            Handler.healthy = False
        self.answer(200, json.dumps({"version": VERSION, "pid": os.getpid()}).encode())


ThreadingHTTPServer(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler).serve_forever()
"""


def images(folder: Path) -> Images:
    """Make images of programs: ``…/serve``, ``…/crash`` and ``…/deaf``."""
    (folder / "serve.py").write_text(SERVE)
    programs = {
        "serve": ["python3", "serve.py"],
        "crash": ["python3", "-c", "print('boom'); raise SystemExit(1)"],
        "deaf": ["python3", "-c", "import time; time.sleep(600)"],
    }
    registry = folder / "images.toml"
    registry.write_text(
        "\n".join(
            f'[[image]]\nuri = "*/{name}"\nfolder = "."\nserve = {json.dumps(command)}'
            for name, command in programs.items()
        )
    )
    return Images(registry, isolation=Isolation.NONE)
