"""A source directory as users have one: scripts, and a requirements.txt that names a package beside it."""

import shutil
import zipfile
from pathlib import Path

_SCRIPTS = Path(__file__).parent / "source"
_WHEEL = "sagestep_greeting-1.0-py3-none-any.whl"
_INFORMATION = {
    "METADATA": "Metadata-Version: 2.1\nName: sagestep-greeting\nVersion: 1.0\n",
    "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "RECORD": "",
}


def write_source(folder: Path) -> Path:
    """Write the directory; its package needs no index."""
    shutil.copytree(_SCRIPTS, folder)
    (folder / "requirements.txt").write_text(f"./{_WHEEL}\n", encoding="utf-8")
    with zipfile.ZipFile(folder / _WHEEL, "w") as archive:
        archive.writestr("sagestep_greeting.py", 'GREETING = "hello"\n')
        for name, text in _INFORMATION.items():
            archive.writestr(f"sagestep_greeting-1.0.dist-info/{name}", text)
    return folder
