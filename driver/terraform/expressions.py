"""Expressions that Terraform evaluates by itself: no configuration, no provider, a tenth of a second."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory


def json_texts(program: Path, environment: Mapping[str, str], documents: Sequence[object]) -> list[str]:
    """Write documents as Terraform's `jsonencode` does.

    Raises `OSError` if Terraform does not answer, `ValueError` if it answers something else.
    """
    with TemporaryDirectory() as folder:
        names = [f"{number}.json" for number in range(len(documents))]
        for name, document in zip(names, documents, strict=True):
            (Path(folder) / name).write_text(json.dumps(document), encoding="utf-8")
        # In base64, since it quotes texts in its own way; in one, since it shows the last expression only.
        texts = f"[for name in {json.dumps(names)} : jsonencode(jsondecode(file(name)))]"
        done = subprocess.run(
            [str(program), "console"],
            cwd=folder,
            env={**environment, "TF_DATA_DIR": folder},
            input=f"base64encode(jsonencode({texts}))\n",
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
    if done.returncode != 0:
        raise OSError(f"`terraform console` ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    found: list[str] = json.loads(base64.b64decode(done.stdout.strip().strip('"'), validate=True))
    return found
