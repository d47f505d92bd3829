from driver.executions.trace import Outcome
from driver.inspection.graph.runs import Runs, runs_of
from tests.unit.driver.inspection.graph.machines import machine, task
from tests.unit.driver.inspection.graph.traces import polled, span, trace


def taken(runs: Runs) -> set[tuple[str, str, str]]:
    return {(edge.source, edge.target, edge.kind) for edge in runs.taken}


def test_iterations_and_loops_are_counted() -> None:
    asked = runs_of(polled()).by_name["Ask"]
    assert asked.outcome is Outcome.CAUGHT
    assert asked.counts == ((Outcome.SUCCEEDED, 2), (Outcome.CAUGHT, 1))
    assert asked.words == "2 succeeded, 1 caught"
    assert asked.duration == "5.0 s in all"
    assert asked.retries == "5 attempts"
    assert asked.reason == "no route to host\ndetails"


def test_one_stay_is_told_by_its_outcome() -> None:
    rested = runs_of(polled()).by_name["Rest"]
    assert (rested.words, rested.duration, rested.retries) == ("succeeded", "2.0 s", "")


def test_what_runs_has_no_duration_and_what_took_no_time_says_nothing_of_it() -> None:
    runs = runs_of(polled())
    assert (runs.by_name["Tell"].words, runs.by_name["Tell"].duration) == ("running", "")
    assert runs.by_name["Note"].duration == ""


def test_what_was_not_reached_is_not_there() -> None:
    assert "Never" not in runs_of(polled()).by_name


def test_the_ways_that_were_taken() -> None:
    assert taken(runs_of(polled())) == {
        ("Start", "Each", "start"),
        ("Start (2)", "Ask", "start"),
        ("Ask", "Done?", "next"),
        ("Ask", "Give up", "catch"),
        ("Done?", "Rest", "default"),
        ("Rest", "Ask", "next"),
        ("Done?", "Note", "choice"),
        ("Give up", "End (2)", "end"),
        ("Note", "End (2)", "end"),
        ("Each", "Tell", "next"),
    }


def test_of_two_ways_to_the_same_state_the_one_that_was_taken() -> None:
    definition = machine(A=task("B", Catch=[{"ErrorEquals": ["X"], "Next": "B"}]), B=task())
    caught = trace(definition, span("A", 0, 1, Outcome.CAUGHT), span("B", 1, 2))
    assert ("A", "B", "catch") in taken(runs_of(caught))
    assert ("A", "B", "next") not in taken(runs_of(caught))


def test_a_choice_that_went_on_by_another_branch_did_not_take_the_short_one() -> None:
    choice = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.x", "IsPresent": True, "Next": "C"}],
        "Default": "B",
    }
    went = trace(machine(A=choice, B=task("C"), C=task()), span("A", 0, 0), span("B", 0, 1), span("C", 1, 2))
    assert taken(runs_of(went)) == {
        ("Start", "A", "start"),
        ("A", "B", "default"),
        ("B", "C", "next"),
        ("C", "End", "end"),
    }


def test_branches_of_a_parallel_are_followed_side_by_side() -> None:
    branches = [machine(P=task("Q"), Q=task()), machine(R=task("S"), S=task())]
    both = {"Type": "Parallel", "Branches": branches, "End": True}
    names = ("P", "R", "S", "Q")
    went = trace(machine(Both=both), span("Both", 0, 4), *(span(name, 0, 1) for name in names))
    assert {("P", "Q", "next"), ("R", "S", "next")} <= taken(runs_of(went))


def test_a_failed_state_has_gone_nowhere() -> None:
    went = trace(machine(A=task("B"), B=task()), span("A", 0, 1, Outcome.FAILED), status="FAILED")
    assert taken(runs_of(went)) == {("Start", "A", "start")}
    assert runs_of(went).title == "run-1: FAILED after 10 s"


def test_a_pipelines_ways_are_those_between_steps_that_ran() -> None:
    steps = [
        {"Name": name, "Type": "Lambda", "DependsOn": before}
        for name, before in (("a", []), ("b", ["a"]), ("c", ["b"]))
    ]
    went = trace({"Steps": steps}, span("a", 0, 1, Outcome.CACHED), span("b", 1, 2, Outcome.STOPPED))
    runs = runs_of(went)
    assert taken(runs) == {("a", "b", "depends-on")}
    assert runs.by_name["a"].words == "cached"
