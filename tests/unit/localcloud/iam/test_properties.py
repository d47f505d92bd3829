"""What holds whatever policies and requests are: wildcards by slow oracles, denials beside allowances."""

import fnmatch
import json
import re
import time
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from localcloud.iam.evaluation import Asked, Decision, evaluate
from localcloud.iam.matching import Kind, matcher
from localcloud.iam.policies import Policy, parse_policy

USER = "arn:aws:iam::123456789012:user/ann"
ACTIONS = st.sampled_from(["*", "s3:*", "s3:Get*", "S3:getobject", "s3:Put?bject", "sqs:SendMessage"])
RESOURCES = st.sampled_from(["*", "arn:aws:s3:::*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/${aws:username}/*"])
OPERATORS = st.sampled_from(
    [
        "StringEquals",
        "StringNotEquals",
        "StringLikeIfExists",
        "ForAllValues:StringLike",
        "ForAnyValue:StringEquals",
    ]
)
CONDITIONS = st.dictionaries(
    OPERATORS,
    st.dictionaries(st.sampled_from(["x:A", "x:B"]), st.sampled_from(["1", ["1", "2*"], "${aws:username}"])),
    max_size=2,
)


@st.composite
def statements(draw: st.DrawFn, effects: tuple[str, ...] = ("Allow", "Deny")) -> dict[str, object]:
    return {
        "Effect": draw(st.sampled_from(effects)),
        draw(st.sampled_from(["Action", "NotAction"])): draw(ACTIONS),
        draw(st.sampled_from(["Resource", "NotResource"])): draw(RESOURCES),
        "Condition": draw(CONDITIONS),
    }


@st.composite
def requests(draw: st.DrawFn) -> Asked:
    values = st.lists(st.sampled_from(["1", "2", "ann", ""]), max_size=2)
    context = draw(st.dictionaries(st.sampled_from(["x:a", "x:b", "aws:username"]), values))
    action = draw(st.sampled_from(["s3:GetObject", "s3:PutObject", "sqs:SendMessage"]))
    resource = draw(st.sampled_from(["*", "arn:aws:s3:::b/ann/x", "arn:aws:s3:::c/x"]))
    return Asked(USER, action, resource, context)


def policy(*found: dict[str, object]) -> Policy:
    return parse_policy("p", "IAM Policy", json.dumps({"Version": "2012-10-17", "Statement": found}))


def decide(asked: Asked, *found: dict[str, object]) -> Decision:
    return evaluate(asked, [policy(*found)]).decision


LISTS = st.lists(statements(), min_size=1, max_size=5)


@settings(max_examples=60)
@given(requests(), LISTS, statements(("Deny",)), st.data())
def test_another_denial_never_allows(
    asked: Asked, found: list[dict[str, object]], denial: dict[str, object], data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(found)))
    before, after = decide(asked, *found), decide(asked, *found[:at], denial, *found[at:])
    assert after is before or (after is Decision.EXPLICIT_DENY)


@settings(max_examples=60)
@given(requests(), LISTS, statements(("Allow",)))
def test_another_allowance_never_denies(
    asked: Asked, found: list[dict[str, object]], allowance: dict[str, object]
) -> None:
    before, after = decide(asked, *found), decide(asked, *found, allowance)
    assert after is before or (before is Decision.IMPLICIT_DENY and after is Decision.ALLOWED)


@settings(max_examples=60)
@given(requests(), LISTS)
def test_a_denial_wins_wherever_it_stands(asked: Asked, found: list[dict[str, object]]) -> None:
    denies_all: dict[str, object] = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    own, other = policy(*found), policy(denies_all)
    principal = {key: value for key, value in denies_all.items() if key != "Resource"} | {"Principal": "*"}
    everything = policy({"Effect": "Allow", "Action": "*", "Resource": "*"})
    for verdict in (
        evaluate(asked, [own, other]),
        evaluate(asked, [other, own]),
        evaluate(asked, [everything, own], policy(principal)),
        evaluate(asked, [everything, own], None, other),
        evaluate(asked, [everything, own], None, None, [other]),
    ):
        assert verdict.decision is Decision.EXPLICIT_DENY


@settings(max_examples=60)
@given(requests(), LISTS, LISTS)
def test_a_boundary_allows_what_both_allow(
    asked: Asked, found: list[dict[str, object]], bounds: list[dict[str, object]]
) -> None:
    verdict = evaluate(asked, [policy(*found)], None, policy(*bounds))
    both = {decide(asked, *found), decide(asked, *bounds)}
    assert (verdict.decision is Decision.ALLOWED) is (both == {Decision.ALLOWED})
    assert verdict.decision is evaluate(asked, [policy(*found)], None, None, [policy(*bounds)]).decision


@settings(max_examples=60)
@given(st.text("ab*?:", max_size=12), st.text("abAB:", max_size=12))
def test_wildcards_of_texts_and_actions_are_those_of_fnmatch(pattern: str, text: str) -> None:
    wanted = fnmatch.fnmatchcase(text, pattern)
    assert matcher([pattern], Kind.TEXT, has_variables=True)(text, {}) is wanted
    ignoring = re.compile(fnmatch.translate(pattern), re.IGNORECASE).match(text) is not None
    assert matcher([pattern], Kind.ACTION, has_variables=False)(text, {}) is ignoring


@settings(max_examples=60)
@given(st.text("ab*?:", max_size=14), st.text("ab:", max_size=14), st.sampled_from([Kind.ARN, Kind.RESOURCE]))
def test_wildcards_of_arns_stay_within_their_part(pattern: str, text: str, kind: Kind) -> None:
    @cache
    def fits(at: int, start: int) -> bool:
        """Try every way: slow, and plain."""
        if at == len(pattern):
            return start == len(text)
        is_head = pattern.count(":", 0, at) < 5
        if pattern[at] == "*":
            ends_part = at + 1 == len(pattern) or (kind is Kind.RESOURCE and pattern[at + 1] == ":")
            stops = is_head and not ends_part
            more = start < len(text) and not (stops and text[start] == ":") and fits(at, start + 1)
            return more or fits(at + 1, start)
        if start == len(text):
            return False
        same = pattern[at] == text[start] or (pattern[at] == "?" and not (is_head and text[start] == ":"))
        return same and fits(at + 1, start + 1)

    assert matcher([pattern], kind, has_variables=False)(text, {}) is (pattern == "*" or fits(0, 0))


@settings(max_examples=60)
@given(st.text(max_size=8), st.text(max_size=8))
def test_what_a_variable_gives_is_taken_letter_by_letter(value: str, other: str) -> None:
    fits = matcher(["a${x:Key}*"], Kind.TEXT, has_variables=True)
    assert fits(f"a{value}{other}", {"x:key": [value]})
    assert fits(f"a{other}", {"x:key": [value]}) is other.startswith(value)


def test_a_pattern_of_many_wildcards_takes_no_longer_for_it() -> None:
    fits = matcher(["arn:aws:s3:::" + "*a" * 40 + "b"], Kind.RESOURCE, has_variables=False)
    started = time.process_time()
    assert not fits("arn:aws:s3:::" + "a" * 2000, {})
    assert time.process_time() - started < 1
