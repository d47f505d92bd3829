"""Patterns of service models, which are written for Java, as Python reads them."""

import re
import sys
import unicodedata
from functools import cache

# What Java's regular expressions have and Python's have not, as it stands in the models: \p{L} stands beside
# \p{N}, and letters with numbers are what \w means (with "_"); separators are few enough to be listed.
_JAVA_SPELLINGS = {
    r"\p{L}": r"\w",
    r"\p{N}": r"\w",
    r"\p{Z}": r" \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000",
    r"\p{ASCII}": r"[\x00-\x7f]",  # never within brackets, the others always
    r"\p{Alnum}": "a-zA-Z0-9",
    r"\p{Print}": r"\x20-\x7e",
    r"\z": r"\Z",
    r"\uD800\uDC00-\uDBFF\uDFFF": r"\U00010000-\U0010ffff",
}
_JAVA_CATEGORY = re.compile(r"\\p\{([MPS])\}")
_REPEATED_END = re.compile(r"\$\{\d+,\d+\}")


@cache
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Compile a pattern of a model, which is written for Java; a text that fits is a full match."""
    for java, python in _JAVA_SPELLINGS.items():
        pattern = pattern.replace(java, python)
    pattern = _REPEATED_END.sub("$", _JAVA_CATEGORY.sub(lambda match: _category(match[1]), pattern))
    return re.compile(pattern)


@cache
def _category(letter: str) -> str:
    """Give the characters of a Unicode category, to stand within brackets: marks, punctuation or symbols."""
    ranges: list[list[int]] = []
    for code in range(sys.maxunicode + 1):
        if unicodedata.category(chr(code))[0] == letter:
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)
