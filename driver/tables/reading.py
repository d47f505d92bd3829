"""How to read a table: what the user says of it, and which columns are needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from driver.model.exceptions import WrongUseError
from driver.tables.columns import Column, Columns, find_columns

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}


@dataclass(frozen=True, slots=True)
class Reading:
    """What the user says of the inputs; what is empty is recognised."""

    longitude_column: str = ""
    latitude_column: str = ""
    delimiter: str = ""
    encoding: str = ""
    decimal_comma: bool = False
    wanted: tuple[Column, ...] = ()  # the columns that the pipeline needs

    def checked(self) -> Reading:
        """Check what was typed.

        Raises
        ------
        WrongUseError
            If there is no such separator or encoding.
        """
        delimiter, encoding = self.delimiter, self.encoding
        character = DELIMITERS.get(delimiter.lower(), delimiter)
        if character and (len(character) > 1 or character.isalnum() or character in "\"'\r\n.+- "):
            raise WrongUseError(
                f"--delimiter is {delimiter!r}.",
                f"It must be {', '.join(DELIMITERS)} or one character that separates cells.",
            )
        try:
            "".encode(encoding or "utf-8")
            b"".decode(encoding or "utf-8")
        except (LookupError, UnicodeError, ValueError) as error:
            raise WrongUseError(
                f"--encoding is {encoding!r}.", "It must be one such as utf-8, utf-16, cp1252 or latin-1."
            ) from error
        return replace(self, delimiter=character)

    def of_columns(self, columns: Mapping[str, str]) -> Reading:
        """Say which columns are needed, with their kinds.

        Raises
        ------
        WrongUseError
            If the user names the column of a longitude or latitude, and not one of them is needed.
        """
        said = {"longitude": self.longitude_column, "latitude": self.latitude_column}
        for kind, name in said.items():
            if name and list(columns.values()).count(kind) != 1:
                raise WrongUseError(
                    f"--{kind}-column is {name!r}.",
                    f"The pipeline's input has not one column of the kind {kind}.",
                    f"Leave it out; the columns are {', '.join(columns) or 'any'}.",
                )
        wanted = (Column(name, kind, said.get(kind, "")) for name, kind in columns.items())
        return replace(self, wanted=tuple(wanted))

    def columns(self, header: list[str]) -> Columns:
        """Find the columns that are needed."""
        return find_columns(header, self.wanted)
