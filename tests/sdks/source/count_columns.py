"""Counts the features of a baseline's statistics: arguments are the document and where the count goes."""

import json
import sys
from pathlib import Path

if __name__ == "__main__":
    statistics = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    Path(sys.argv[2]).write_text(str(len(statistics["features"])), encoding="utf-8")
