from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from driver.aws.waiter import AWS_BACKOFF, LOCAL_BACKOFF, Backoff, Waiter


@dataclass
class World:
    """A clock that only sleeping moves, and something that happens at set times."""

    happens: Callable[[float], str]
    now: float = 0.0
    looks: list[float] = field(default_factory=list)

    def look(self) -> str:
        self.looks.append(self.now)
        return self.happens(self.now)

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds

    def waiter(self, backoff: Backoff, chance: float = 0.0) -> Waiter:
        return Waiter(backoff, clock=lambda: self.now, sleep=self.sleep, chance=lambda: chance)


def is_done(seen: str) -> bool:
    return seen == "done"


def test_it_ends_with_the_first_look_that_is_done() -> None:
    world = World(lambda now: "done" if now >= 3 else "running")
    waited = world.waiter(LOCAL_BACKOFF).wait_for(world.look, is_done, timeout=60)
    assert waited.is_done
    assert waited.last == "done"
    assert 3 <= world.now < 4


def test_what_is_done_already_is_not_waited_for() -> None:
    world = World(lambda _: "done")
    assert world.waiter(AWS_BACKOFF).wait_for(world.look, is_done, timeout=60).is_done
    assert world.looks == [0]


@given(timeout=st.floats(1, 10_000), chance=st.floats(0, 1, exclude_max=True))
def test_the_deadline_ends_it_and_is_looked_at(timeout: float, chance: float) -> None:
    world = World(lambda _: "running")
    waited = world.waiter(AWS_BACKOFF, chance).wait_for(world.look, is_done, timeout)
    assert not waited.is_done
    assert waited.last == "running"
    assert timeout <= world.now <= timeout + AWS_BACKOFF.first


@given(
    changes=st.lists(st.floats(0.01, 30), max_size=20),
    chance=st.floats(0, 1, exclude_max=True),
    backoff=st.sampled_from([LOCAL_BACKOFF, AWS_BACKOFF]),
)
def test_nothing_is_asked_twice_within_a_second(
    changes: list[float], chance: float, backoff: Backoff
) -> None:
    world = World(lambda now: str(sum(now > sum(changes[: n + 1]) for n in range(len(changes)))))
    world.waiter(backoff, chance).wait_for(world.look, is_done, timeout=120)
    gaps = [after - before for before, after in zip(world.looks, world.looks[1:], strict=False)]
    assert min(gaps) >= 1 - 1e-9
    assert max(gaps) <= backoff.longest * (1 + backoff.jitter) + 1e-9


def test_what_was_asked_just_now_is_not_asked_again_at_once() -> None:
    world = World(lambda _: "done")
    world.waiter(LOCAL_BACKOFF).wait_for(world.look, is_done, timeout=60, look_at_once=False)
    assert world.looks == [1]


def test_waits_grow_while_nothing_happens_and_start_anew_with_news() -> None:
    world = World(lambda now: "later" if now > 10 else "sooner")
    world.waiter(Backoff(first=1, longest=8, factor=2)).wait_for(world.look, is_done, timeout=30)
    assert world.looks[:6] == [0, 1, 3, 7, 15, 16]


def test_news_is_told_once() -> None:
    told: list[str] = []
    world = World(lambda now: "a" if now < 2 else "b" if now < 5 else "done")
    world.waiter(LOCAL_BACKOFF).wait_for(world.look, is_done, timeout=60, on_news=told.append)
    assert told == ["a", "b", "done"]
