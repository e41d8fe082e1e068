"""The watchdog's rules: who stands still, since when, and who is excused."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from bolo.roles import Backoff, how_it_ended
from bolo.watchdog import Group, Offsets, Sample, Standing, Verdict, Watchdog, judge, look
from domain.errors import Unavailable

READS = "bolo.reads"
GROUP = Group("bolo-alerts", (READS,))


def one(committed: int, end: int, begin: int = 0) -> Sample:
    return {(READS, 0): Offsets(committed, begin, end)}


def after(samples: Mapping[float, Sample]) -> Standing:
    standing = Standing()
    for now, sample in samples.items():
        standing = look(standing, sample, now)
    return standing


def test_a_group_that_never_committed_lags_by_all_there_is() -> None:
    assert Offsets(-1, 0, 10).lag == 10
    assert Offsets(-1, 4, 10).lag == 6
    assert Offsets(10, 0, 10).lag == 0


def test_a_broker_that_forgot_is_no_lag() -> None:
    assert Offsets(500, 0, 3).lag == 0


def test_a_group_without_work_is_healthy_however_long_it_stands() -> None:
    standing = after({0: one(5, 5), 1000: one(5, 5)})
    assert judge(standing, 1000, 30) == (Verdict.HEALTHY, ())


def test_a_group_that_commits_is_healthy_however_far_behind() -> None:
    standing = after({0: one(0, 10_000), 29: one(1, 20_000), 58: one(2, 30_000)})
    assert judge(standing, 60, 30) == (Verdict.HEALTHY, ())


def test_a_group_with_work_that_commits_nothing_is_stuck() -> None:
    standing = after({0: one(5, 9), 20: one(5, 12), 31: one(5, 12)})
    assert judge(standing, 30, 30)[0] is Verdict.HEALTHY
    assert judge(standing, 31, 30) == (Verdict.STUCK, ((READS, 0),))


def test_the_clock_starts_with_the_work_and_not_before() -> None:
    standing = after({0: one(5, 5), 500: one(5, 5), 505: one(5, 6)})
    assert judge(standing, 529, 30)[0] is Verdict.HEALTHY
    assert judge(standing, 531, 30)[0] is Verdict.STUCK


def test_one_partition_that_stands_is_enough_though_others_move() -> None:
    standing = Standing()
    for now in range(0, 40, 5):
        sample = {(READS, 0): Offsets(3, 0, 9), (READS, 1): Offsets(now, 0, 1000)}
        standing = look(standing, sample, now)
    assert judge(standing, 35, 30) == (Verdict.STUCK, ((READS, 0),))


def test_who_waits_for_a_server_that_is_away_is_excused() -> None:
    standing = after({0: one(5, 9), 60: one(5, 9)})
    assert judge(standing, 60, 30, "the database is away")[0] is Verdict.EXCUSED


def test_a_partition_that_is_gone_is_forgotten() -> None:
    standing = after({0: one(5, 9), 10: {}, 60: one(5, 9)})
    assert judge(standing, 60, 30)[0] is Verdict.HEALTHY


@given(
    st.lists(st.tuples(st.integers(-1, 20), st.integers(0, 20)), min_size=1, max_size=30),
    st.integers(1, 10),
)
def test_the_verdict_agrees_with_the_whole_history(
    history: list[tuple[int, int]], patience: int
) -> None:
    """Against the slow reading: the same commit, with lag, through all of the last samples."""
    standing = after({now: one(committed, end) for now, (committed, end) in enumerate(history)})
    now = len(history) - 1
    last = history[-1][0]
    since = now
    for when in range(now, -1, -1):
        committed, end = history[when]
        if committed != last:
            break
        since = when
        if Offsets(committed, 0, end).lag == 0:
            break
    assert (judge(standing, now, patience)[0] is Verdict.STUCK) == (now - since > patience)


class Stage:
    """A group's offsets, a clock and what was restarted, for a Watchdog without a broker."""

    def __init__(self) -> None:
        self.now = 0.0
        self.sample: Sample = {}
        self.excuse = ""
        self.restarted: list[str] = []
        self.dog = Watchdog(
            [GROUP], self.read, self.restart, excuse=self.why, patience=30, now=lambda: self.now
        )

    async def read(self, _group: Group) -> Sample:
        return self.sample

    async def restart(self, group: str, why: str) -> None:
        assert READS in why
        self.restarted.append(group)

    async def why(self) -> str:
        return self.excuse

    async def at(self, now: float, sample: Sample) -> Verdict:
        self.now, self.sample = now, sample
        return await self.dog.once(GROUP)


async def test_a_stuck_group_is_restarted_once_and_given_its_time() -> None:
    stage = Stage()
    assert await stage.at(0, one(5, 9)) is Verdict.HEALTHY
    assert await stage.at(31, one(5, 9)) is Verdict.STUCK
    assert await stage.at(36, one(5, 9)) is Verdict.HEALTHY
    assert await stage.at(60, one(5, 9)) is Verdict.HEALTHY
    assert stage.restarted == ["bolo-alerts"]
    assert await stage.at(68, one(5, 9)) is Verdict.STUCK
    assert len(stage.restarted) == 2


async def test_an_excused_group_is_not_restarted_and_the_end_of_the_excuse_is_seen() -> None:
    stage = Stage()
    await stage.at(0, one(5, 9))
    stage.excuse = "the database is away"
    assert await stage.at(40, one(5, 9)) is Verdict.EXCUSED
    assert stage.restarted == []
    stage.excuse = ""
    assert await stage.at(41, one(9, 9)) is Verdict.HEALTHY
    assert stage.restarted == []


async def test_a_broker_that_does_not_answer_is_no_verdict() -> None:
    stage = Stage()

    async def away(_group: Group) -> Sample:
        what = "the broker"
        raise Unavailable(what)

    dog = Watchdog([GROUP], away, stage.restart, patience=0, every=0.01)
    import asyncio

    task = asyncio.create_task(dog.run())
    await asyncio.sleep(0.05)
    assert not task.done()
    task.cancel()
    assert stage.restarted == []


def test_pauses_double_up_to_the_longest() -> None:
    backoff = Backoff(first=0.5, longest=30)
    assert [backoff.pause(n) for n in (1, 2, 3, 4, 7, 8, 10_000)] == [0.5, 1, 2, 4, 30, 30, 30]


def test_who_ran_long_enough_is_forgiven() -> None:
    backoff = Backoff(steady=60)
    assert backoff.failures(9, lived=2) == 10
    assert backoff.failures(9, lived=61) == 1


def test_how_it_ended_in_words() -> None:
    assert how_it_ended(-9) == "was ended by signal 9"
    assert how_it_ended(3) == "ended with code 3"
