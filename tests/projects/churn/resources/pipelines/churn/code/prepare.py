"""Splits the customers: every fourth is for the test."""

from pathlib import Path

ROOT = Path("/opt/ml/processing")

if __name__ == "__main__":
    (table,) = (ROOT / "input").glob("*.csv")
    header, *rows = table.read_text(encoding="utf-8").splitlines()
    for name, part in (("train", rows[::4] + rows[1::4] + rows[2::4]), ("test", rows[3::4])):
        folder = ROOT / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "customers.csv").write_text("\n".join([header, *part]), encoding="utf-8")
