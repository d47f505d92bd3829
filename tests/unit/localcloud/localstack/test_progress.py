from localcloud.localstack.progress import Progress


def failed() -> Progress:
    """Give a Parallel whose first branch has succeeded and whose second stands in a state."""
    scope = Progress()
    scope.enter("both", "{}", "variables")
    done, stuck = scope.divide(2)
    done.finish(1)
    stuck.enter("call", '{"x": 1}', "inner")
    return scope


def test_a_redrive_keeps_what_has_succeeded() -> None:
    again = failed().again("Some.Error")
    assert (again.state, again.variables, again.is_continued) == ("both", "variables", True)
    again.enter("both", "{}", "variables")
    done, stuck = again.divide(2)
    assert (done.is_done, done.output) == (True, 1)
    assert (stuck.state, stuck.given, stuck.is_continued) == ("call", '{"x": 1}', True)


def test_a_retry_after_that_runs_all_branches_anew() -> None:
    again = failed().again()
    again.enter("both", "{}", None)
    again.divide(2)
    assert [part.is_done for part in again.divide(2)] == [False, False]


def test_the_next_state_has_branches_of_its_own() -> None:
    again = failed().again()
    again.enter("both", "{}", None)
    again.enter("other", "{}", None)
    assert [part.is_done for part in again.divide(2)] == [False, False]


def test_all_branches_run_again_when_their_data_were_too_much() -> None:
    again = failed().again("States.DataLimitExceeded")
    assert (again.parts, again.keeps, again.is_continued) == (None, False, True)


def test_a_thread_of_the_attempt_before_does_not_change_what_goes_on() -> None:
    scope = failed()
    again = scope.again()
    assert scope.parts is not None
    assert again.parts is not None
    scope.parts[1].finish("late")
    assert not again.parts[1].is_done
