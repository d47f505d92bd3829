"""JSONata: what expressions give, how they fail, and to what they refer."""

import pytest

from localcloud.states_language.jsonata import (
    JsonataError,
    NothingError,
    UnusableResultError,
    evaluate,
    foreign_references,
    parse,
)

GIVEN = {"states": {"input": {"none": None, "items": [1, {"a": 2}], "whole": 2.0, "text": "x"}}, "null": None}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$states.input.none", None),
        ("$exists($states.input.none) and $type($null) = 'null'", True),
        ("$states.input.items[0]", 1),
        ("$states.input.items.a", 2),
        ("[$states.input.none, 1]", [None, 1]),
        ("$states.input.whole", 2),
        ("7 / 2", 3.5),
        ("$partition([1..9], 4)", [[1, 2, 3, 4], [5, 6, 7, 8], [9]]),
        ("$range(5, 1, -2)", [5, 3, 1]),
        ("$range(1, 0, 1)", []),
        ("$hash('input data', 'SHA-1')", "aaff4a450a104cd177d28d18d74485e8cae074b7"),
        ("$random(7) = $random(7)", True),
        ("$map(['1', '[null]'], $parse)", [1, [None]]),
        ("+".join(["1"] * 90), 90),
    ],
)
def test_expressions_give_json(expression: str, value: object) -> None:
    assert evaluate(expression, GIVEN) == value


@pytest.mark.parametrize(
    ("expression", "code", "message"),
    [
        ('$sum(["a"])', "T0412", 'Argument 1 of function "sum" must be an array of "numbers"'),
        ('$abs("x")', "T0410", 'Argument 1 of function "abs" does not match function signature'),
        ("$uuid(1)", "T0410", 'Argument 1 of function "uuid" does not match function signature'),
        ('"a" + 1', "T2001", 'The left side of the "+" operator must evaluate to a number'),
        ('$eval("1+1")', "T1006", "Attempted to invoke a non-function"),
        ("$parse('x')", "D3137", "Invalid JSON"),
        ("$error('boom')", "D3137", "boom"),
        ("+".join(["1"] * 200), "D1011", "Stack overflow."),
        ("1 / 0", "D1001", "Number out of range"),
        ("$hash('x', 'CRC')", "D3137", "Unknown hash algorithm CRC"),
        ("$partition([1], 0)", "D3137", "Second argument"),
        ("$range(1, 2, 0)", "D3137", "Third argument"),
        ("$range('a', 2, 1)", "T0410", 'Argument 1 of function "range"'),
    ],
)
def test_what_fails_says_why_in_the_words_of_jsonata(expression: str, code: str, message: str) -> None:
    with pytest.raises(JsonataError) as failed:
        evaluate(expression, GIVEN)
    assert failed.value.code == code
    assert failed.value.message.startswith(message)


def test_an_endless_expression_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("localcloud.states_language.jsonata.MAX_MILLISECONDS", 100)
    with pytest.raises(JsonataError) as failed:
        evaluate("($f := function($n) { $f($n) }; $f(1))", {})
    assert failed.value.code == "D1012"


def test_nothing_is_not_null_and_a_function_is_no_result() -> None:
    for expression in ("$states.input.nobody", "$nobody", "$parse($nobody)"):
        with pytest.raises(NothingError):
            evaluate(expression, GIVEN)
    with pytest.raises(UnusableResultError):
        evaluate("function($x) { $x }", GIVEN)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("a[1,2)", 'Expected "]", got ","'),
        ('"unterminated', "String literal must be terminated by a matching quote"),
        ("1 +", "Unexpected end of expression"),
        ('{"a":}', 'The symbol "}" cannot be used as a unary operator'),
        ('$match("a", /abc', "No terminating / in regular expression"),
        ("", "Unexpected end of expression"),
    ],
)
def test_what_is_no_jsonata_is_told_before_it_runs(expression: str, message: str) -> None:
    with pytest.raises(JsonataError) as failed:
        parse(expression)
    assert failed.value.message == message


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("phone", ["phone"]),
        ("a.b & a.c", ["a"]),
        ("$states.input.phone[x = 1]^(y).z", []),
        ("$map($states.input, function($v) { $v.x })", []),
        ("$x ? y : $count(z)", ["z", "y"]),
        ('{"a": foo, "b": [bar]}', ["foo", "bar"]),
        ("$$.a", ["$$"]),
        ("$", ["$"]),
        ("$states.input.items[$ > 1]", []),
        ("($a := q; $a)", ["q"]),
    ],
)
def test_what_an_expression_refers_to_besides_its_variables(expression: str, names: list[str]) -> None:
    assert sorted(foreign_references(expression)) == sorted(names)
