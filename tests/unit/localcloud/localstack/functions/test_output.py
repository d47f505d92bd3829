from pathlib import Path

from localcloud.localstack.functions.output import LINE_BYTES, Output, lines_of


def test_only_what_is_new_is_given(tmp_path: Path) -> None:
    path = tmp_path / "output"
    output = Output(path)
    assert output.new() == ""
    path.write_text("first\n")
    assert output.new() == "first\n"
    with path.open("a") as file:
        file.write("second\n")
    assert output.new() == "second\n"
    assert output.new() == ""
    assert output.all() == "first\nsecond\n"


def test_of_too_much_the_beginning_and_the_end_are_given_and_the_rest_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "output"
    output = Output(path, kept=10)
    path.write_bytes(b"01234" + b"x" * 7 + b"56789")
    printed = output.new()
    assert printed.startswith("01234\n")
    assert printed.endswith("\n56789")
    assert "7 bytes" in printed
    assert output.new() == ""


def test_as_much_as_is_kept_is_given_whole(tmp_path: Path) -> None:
    (tmp_path / "output").write_text("0123456789")
    assert Output(tmp_path / "output", kept=10).new() == "0123456789"


def test_lines_are_told_apart_and_empty_ones_left_out() -> None:
    assert lines_of("a\n\n b \n") == ["a", " b "]


def test_a_line_too_long_for_cloudwatch_is_given_in_pieces_and_no_character_is_torn() -> None:
    for character in ("x", "ä", "€", "🜁"):
        line = character * (LINE_BYTES // len(character.encode()) + 5)
        pieces = lines_of(line)
        assert len(pieces) == 2
        assert "".join(pieces) == line
        assert max(len(piece.encode()) for piece in pieces) <= LINE_BYTES
