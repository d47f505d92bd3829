"""Texts within AWS's limits."""


def cut(text: str, limit: int) -> str:
    """Give at most `limit` characters of a text, its beginning; a cut shows as an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def shorten(text: str, limit: int) -> str:
    """Bring a text to one line of at most `limit` characters; a cut shows as an ellipsis."""
    return cut(" ".join(text.split()), limit)
