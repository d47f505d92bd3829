import csv
import io
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.geospatial.lines import LONGEST_ROW, TableError
from localcloud.geospatial.table import Block, Table

HEADER = "Longitude,Latitude,Name"
# Texts full of what CSV treats specially, and of what Python alone takes for a line's end.
FIELDS = st.text(st.sampled_from('ab1.,"\r\n é\u2028\x1c\x0b雪')) | st.text(
    st.characters(blacklist_categories=["Cs"])
)


def table(content: str | bytes, block_size: int = 64) -> Table:
    data = content if isinstance(content, bytes) else content.encode()
    return Table(io.BytesIO(data), "Longitude", "Latitude", block_size)


def read(content: str | bytes, block_size: int = 64) -> Block:
    """Read a table whole: its blocks joined into one."""
    blocks = list(table(content, block_size).blocks())
    uneven = set()
    offset = 0
    for block in blocks:
        uneven |= {offset + index for index in block.uneven}
        offset += len(block.rows)
    return Block(
        list(chain.from_iterable(block.rows for block in blocks)),
        list(chain.from_iterable(block.x for block in blocks)),
        list(chain.from_iterable(block.y for block in blocks)),
        frozenset(uneven),
    )


def parsed(rows: list[bytes]) -> list[list[str]]:
    return list(csv.reader(io.StringIO("".join(f"{row.decode()}\n" for row in rows), newline="")))


def test_plain_rows_are_split_into_row_and_coordinates() -> None:
    block = read(f"{HEADER}\n1,2,a\n3,4,b\n")
    assert block == Block([b"1,2,a", b"3,4,b"], [b"1", b"3"], [b"2", b"4"])


def test_the_last_row_needs_no_line_end() -> None:
    assert read(f"{HEADER}\n1,2,a").rows == [b"1,2,a"]


def test_coordinates_are_found_by_name_wherever_they_stand() -> None:
    block = read("Name,Latitude,Other,Longitude\na,2,x,1\n")
    assert (block.x, block.y) == ([b"1"], [b"2"])


def test_a_quoted_field_may_hold_line_ends_commas_and_quotes() -> None:
    block = read(f'{HEADER}\n-149.89,"61.21\n","a ""b"", c"\n')
    assert block.x == [b"-149.89"]
    assert block.y == [b"61.21\n"]
    assert parsed(block.rows) == [["-149.89", "61.21\n", 'a "b", c']]


def test_rows_end_as_the_header_does() -> None:
    windows = table(f"{HEADER}\r\n1,2,a\r\n3,4,b\n")
    assert windows.line_end == b"\r\n"
    assert [row for block in windows.blocks() for row in block.rows] == [b"1,2,a", b"3,4,b"]
    assert table(f"{HEADER}\n1,2,a\r\n").line_end == b"\n"
    assert read(f"{HEADER}\n1,2,a\r\n").rows == [b"1,2,a"]


def test_the_byte_order_mark_is_no_part_of_the_first_name() -> None:
    data = b"\xef\xbb\xbf" + f"{HEADER}\n1,2,a\n".encode()
    for block_size in (1, 2, 64):
        assert table(data, block_size).header == HEADER.encode()


def test_lines_with_nothing_on_them_are_no_rows() -> None:
    assert read(f"\n\n{HEADER}\n\n1,2,a\n\n\n3,4,b\n\n\n").rows == [b"1,2,a", b"3,4,b"]
    assert read(f"{HEADER}\r\n\r\n1,2,a\r\n\r\n").rows == [b"1,2,a"]


def test_a_row_with_too_few_columns_is_filled_up_and_one_with_too_many_is_kept() -> None:
    block = read(f"{HEADER}\n1\n1,2,a,b\n3,4,c\n")
    assert block.rows == [b"1,,", b"1,2,a,b", b"3,4,c"]
    assert block.uneven == {0, 1}
    assert block.x == [b"", b"", b"3"]


def test_uneven_rows_that_even_out_are_seen() -> None:
    assert read(f"{HEADER}\n1,2\n1,2,a,b\n").uneven == {0, 1}


def test_a_header_alone_is_a_table_without_rows() -> None:
    assert read(HEADER).rows == []
    assert table(HEADER).header == HEADER.encode()


def test_a_quoted_header_is_understood() -> None:
    block = read('"Longitude","Latitude","Na\nme"\n1,2,a\n', block_size=1)
    assert block.x == [b"1"]


@pytest.mark.parametrize("content", ["", "\n", "\n\r\n\n"])
def test_an_empty_file_is_refused(content: str) -> None:
    with pytest.raises(TableError, match="The file is empty"):
        table(content)


def test_a_missing_column_is_named_beside_those_there_are() -> None:
    with pytest.raises(TableError, match=r"no column 'Latitude'\. Its columns are: Longitude, lat\."):
        table("Longitude,lat\n1,2\n")


@pytest.mark.parametrize("block_size", [1, 64])
def test_text_that_is_not_utf_8_is_refused_by_its_line(block_size: int) -> None:
    with pytest.raises(TableError, match=r"Line 3 is not UTF-8: byte 0xfc\."):
        read(HEADER.encode() + b"\n1,2,a\n3,4,Z\xfcrich\n", block_size)


def test_utf_16_is_refused() -> None:
    with pytest.raises(TableError, match="Line 1 is not UTF-8: byte 0xff"):
        table(HEADER.encode("utf-16"))


@pytest.mark.parametrize("block_size", [1, 16, 4096])
def test_a_quote_that_is_never_closed_is_refused_by_its_line(block_size: int) -> None:
    with pytest.raises(TableError, match=r"A quote in the row that starts in line 3 is never closed"):
        read(f'{HEADER}\n1,2,a\n3,4,"b\n5,6,c\n', block_size)


def test_a_row_without_end_is_refused_before_it_fills_the_memory() -> None:
    class Endless(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            return b"1" * size

    with pytest.raises(TableError, match="Line 1 is longer than"):
        Table(Endless(), "Longitude", "Latitude", LONGEST_ROW)  # type: ignore[arg-type]


def test_an_open_quote_does_not_make_a_block_grow() -> None:
    """Every block ends within a quoted field: were the next one added, there would be one block."""
    rows = "".join(f'{index},"2\n",a\n' for index in range(1000))
    blocks = list(table(f"{HEADER}\n{rows}", block_size=100).blocks())
    assert sum(len(block.rows) for block in blocks) == 1000
    assert max(len(block.rows) for block in blocks) < 30


@given(
    rows=st.lists(st.lists(FIELDS, min_size=3, max_size=3), max_size=20),
    line_end=st.sampled_from(["\n", "\r\n"]),
    block_size=st.integers(1, 200),
)
def test_every_row_comes_back_with_the_values_it_had(
    rows: list[list[str]], line_end: str, block_size: int
) -> None:
    source = io.StringIO(newline="")
    writer = csv.writer(source, lineterminator=line_end, quoting=csv.QUOTE_ALL)
    writer.writerows([["Longitude", "Latitude", "Name"], *rows])
    block = read(source.getvalue(), block_size)
    assert parsed(block.rows) == rows
    assert [field.decode() for field in block.x] == [row[0] for row in rows]
    assert [field.decode() for field in block.y] == [row[1] for row in rows]
    assert not block.uneven


@given(content=st.text(st.sampled_from('12,a"\r\n ')), block_size=st.integers(1, 200))
def test_any_text_is_read_as_python_reads_it_or_refused(content: str, block_size: int) -> None:
    try:
        block = read(f"{HEADER}\n{content}", block_size)
    except TableError as error:
        assert "never closed" in str(error)  # noqa: PT017 -- a refusal is right for some texts only
        return
    rows = [row for row in csv.reader(io.StringIO(content, newline="")) if row]
    assert [row[: len(given)] for row, given in zip(parsed(block.rows), rows, strict=True)] == rows
    assert block.uneven == {index for index, row in enumerate(rows) if len(row) != 3}


@given(
    rows=st.lists(st.tuples(*[st.text(st.sampled_from("0123456789.-+ eé"))] * 3), min_size=1),
    block_size=st.integers(1, 200),
)
def test_quoting_changes_nothing_about_coordinates(rows: list[tuple[str, str, str]], block_size: int) -> None:
    """The quick way over the bytes and the way through `csv` agree."""
    plain = "".join(f"{','.join(row)}\n" for row in rows)
    quoted = "".join(",".join(f'"{field}"' for field in row) + "\n" for row in rows)
    quick, slow = read(f"{HEADER}\n{plain}", block_size), read(f"{HEADER}\n{quoted}", block_size)
    assert (quick.x, quick.y) == (slow.x, slow.y)
    assert parsed(quick.rows) == parsed(slow.rows)
