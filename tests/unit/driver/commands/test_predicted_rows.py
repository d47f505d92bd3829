from pathlib import Path

import pytest
from openpyxl import Workbook

from driver.commands.predicted_rows import as_csv
from driver.model.exceptions import WrongUseError


@pytest.mark.parametrize(
    ("content", "sent"),
    [
        (b"a,b\n1,2\n", b"a,b\n1,2\n"),
        (b"1,2\n", b"1,2\n"),
        (b"good; really\nbad\n", b"good; really\nbad\n"),  # a text, not cells
        (b"good; really\nbad; so\n", b"good; really\nbad; so\n"),
        (b"a;b,3\nc;d,4\n", b"a;b,3\nc;d,4\n"),
        (b"\x01\xff", b"\x01\xff"),
        (b'a;"b\n', b'a;"b\n'),
        (b"a;b\r\n1;2.5\r\n", b"a,b\n1,2.5\n"),
        (b"5.1;3\n", b"5.1,3\n"),
        (b"\xef\xbb\xbfname\tb\nx, y\t2\n", b'name,b\n"x, y",2\n'),
        ("a;ü\n1;2\n".encode("utf-16"), "a,ü\n1,2\n".encode()),
    ],
)
def test_a_table_is_sent_with_commas_where_it_is_certain_how_to_read_it(
    tmp_path: Path, content: bytes, sent: bytes
) -> None:
    told: list[str] = []
    (tmp_path / "a.csv").write_bytes(content)
    assert as_csv(tmp_path / "a.csv", told.append) == sent
    assert bool(told) == (sent != content)


def test_a_row_longer_than_a_cell_that_csv_reads_by_default_is_sent_as_it_is(tmp_path: Path) -> None:
    row = b"0.5," * 50_000 + b"0.5\n"  # the pixels of an image
    (tmp_path / "a.csv").write_bytes(row)
    assert as_csv(tmp_path / "a.csv", print) == row


def test_a_workbook_is_sent_as_csv(tmp_path: Path) -> None:
    workbook = Workbook()
    workbook.active.append(["a", "b"])
    workbook.active.append([1, 2.5])
    workbook.save(tmp_path / "a.xlsx")
    assert as_csv(tmp_path / "a.xlsx", print) == b"a,b\n1,2.5\n"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"a;b\n1,5;2,5\n", "numbers with commas"),
        (b"1,5;2,5\n", "numbers with commas"),
        (b"\xd0\xcf\x11\xe0", "before 2007"),
        (b"\x1f\x8bx", "gzip"),
    ],
)
def test_what_is_not_certain_is_refused_with_the_cure(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(WrongUseError) as raised:
        as_csv(tmp_path / "a.csv", print)
    assert why in raised.value.why
    assert raised.value.next_step.startswith("Save it as CSV")
