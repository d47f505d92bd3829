"""Counts the customers, and hands on those that training may see."""

import json
from pathlib import Path

from columns import LEFT

ROOT = Path("/opt/ml/processing")

if __name__ == "__main__":
    (table,) = (ROOT / "input/customers").glob("*.csv")
    header, *rows = table.read_text(encoding="utf-8").splitlines()
    place = header.split(",").index(LEFT)
    for folder in ("train", "report"):
        (ROOT / folder).mkdir(parents=True, exist_ok=True)
    (ROOT / "train/customers.csv").write_text("\n".join([header, *rows]), encoding="utf-8")
    left = sum(row.split(",")[place] == "1" for row in rows)
    (ROOT / "report/report.json").write_text(json.dumps({"customers": len(rows), "left": left}))
