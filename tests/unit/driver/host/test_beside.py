import threading

from driver.host.beside import beside


def test_both_have_ended_after_the_block_whatever_became_of_the_other() -> None:
    begun, go_on, done = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        go_on.wait(60)
        done.set()
        raise OSError("the command meets it again")

    with beside(work):
        assert begun.wait(60)
        go_on.set()
    assert done.is_set()
