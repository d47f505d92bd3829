"""`python -m driver.images FOLDER`: makes the environment of an image; the local cloud runs it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from driver.host.environments import Environments, environments_folder
from driver.host.signals import interrupted_code, signals_end_the_command
from driver.images.environments import ImageEnvironments
from driver.images.image import read_image
from driver.model.exceptions import SagestepError


def main(folder: str) -> int:
    """Make it; progress goes to standard output, an error to standard error with exit code 3."""

    def show(text: str) -> None:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    environments = Environments(environments_folder(os.environ), os.environ, show)
    try:
        with signals_end_the_command():  # such that pip ends, too, and no half environment is left
            ImageEnvironments(environments, os.environ).make(read_image(Path(folder)))
    except KeyboardInterrupt:
        return interrupted_code()
    except SagestepError as error:
        sys.stderr.write("\n".join(part for part in (error.what, error.next_step, error.why) if part) + "\n")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
