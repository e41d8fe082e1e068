"""The courier: runs the jobs, holds the one loop that retries, and never gives up in silence.

PgQueuer keeps the jobs in PostgreSQL: publish an event, lapse a claim, send a delivery, and once a
minute repair what lost its job. A job of a killed courier is picked up by another (or the
next) one when its heartbeat is older than `heartbeat`. Everything a job does can be done twice.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

import structlog
from pgqueuer import PgQueuer
from pgqueuer.errors import RetryRequested
from pgqueuer.models import Job, Schedule

from alerts.escalating_store import escalate
from alerts.needing import OVERDUE_SECOND
from alerts.outbox import PUBLISH, event_body, must_wait, overtaken, published, sweep
from alerts.store import LAPSE, lapse
from domain.clock import Clock
from domain.errors import IllegalTransition, Unavailable
from domain.topics import ALERTS
from notifiers import metrics, store
from notifiers.backoff import pause
from notifiers.channels.base import Channel, Message, Outcome, Permanent, Retryable, Sent
from notifiers.ears import ListeningDriver
from notifiers.model import DELIVER, Done, NotYet, Work
from notifiers.terms import CourierConfig, Producer
from notifiers.texts import alert as alert_text
from storage.postgres import AWAY, CLASH, Connection, Database

__all__ = ["Courier", "CourierConfig", "Producer"]

log = structlog.get_logger("courier")
_T = TypeVar("_T")

Handler = Callable[[UUID], Awaitable[timedelta | None]]
"""Does a job for the thing of that id. A wait says when to do it again, None that it is done."""


class Courier:
    """`run()` until `stop()`; as many couriers as one likes work on one database."""

    def __init__(
        self,
        db: Database,
        producer: Producer,
        channels: Mapping[str, Channel],
        clock: Clock,
        config: CourierConfig,
        jobs: Mapping[str, Handler] | None = None,
        each_minute: Sequence[Callable[[], Awaitable[object]]] = (),
    ) -> None:
        """`jobs` are further kinds of work that other packages leave in the queue, by name;
        `each_minute` is what else must be looked after then, each by itself."""
        self._jobs = dict(jobs or {})
        self._each_minute = tuple(each_minute)
        self._db = db
        self._producer = producer
        self._channels = channels
        self._clock = clock
        self._config = config
        self._stopping = asyncio.Event()
        self._engine: PgQueuer | None = None

    async def run(self) -> None:
        """Work until `stop()`, over restarts of PostgreSQL. Jobs under way are finished first."""
        wait = 0.2
        while not self._stopping.is_set():
            began = asyncio.get_running_loop().time()
            try:
                await self._work()
            except AWAY as away:
                log.warning("courier.database_away", error=type(away).__name__)
            except Exception as bug:
                hint = "run `bolo migrate` if tables are missing"
                log.error("courier.stumbled", hint=hint, **_what(bug))
            if self._stopping.is_set():
                return
            metrics.RECONNECTS.inc()
            lasted = asyncio.get_running_loop().time() - began
            wait = 0.2 if lasted > 30 else min(wait * 2, 5.0)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), wait)

    def stop(self) -> None:
        """Take up nothing new; `run` returns when what is under way has ended."""
        self._stopping.set()
        if self._engine is not None:
            self._engine.shutdown.set()

    async def _work(self) -> None:
        """One life of the courier's own two connections."""
        async with AsyncExitStack() as ends:
            asking, listening = [await self._own_connection(ends) for _ in range(2)]
            broken = asyncio.Event()

            def lost() -> None:
                broken.set()
                engine.shutdown.set()

            engine = PgQueuer(ListeningDriver(asking, listening, lost))
            for name, handler in (
                (PUBLISH, self.publish),
                (LAPSE, self.lapse),
                (OVERDUE_SECOND, self.escalate),
                (DELIVER, self.deliver),
                *self._jobs.items(),
            ):
                engine.entrypoint(name)(_job(handler))

            @engine.schedule("courier-repair", "* * * * *")
            async def _(_: Schedule) -> None:
                await self.repair()
                for look_after in self._each_minute:
                    try:
                        await look_after()
                    except Exception as bug:  # one that stumbles must not keep the next from it
                        log.error("courier.minute_stumbled", **_what(bug))

            if self._stopping.is_set():
                return
            self._engine = engine
            metrics.CONNECTED.set(1)
            try:
                await engine.run(
                    dequeue_timeout=self._config.poll,
                    batch_size=self._config.batch,
                    max_concurrent_tasks=self._config.at_once,
                    heartbeat_timeout=self._config.heartbeat,
                )
            finally:
                metrics.CONNECTED.set(0)
                self._engine = None
            if broken.is_set():
                what = "the database"
                raise Unavailable(what)

    async def _own_connection(self, ends: AsyncExitStack) -> Connection:
        conn = await self._db.connect_alone()

        async def close() -> None:
            with suppress(Exception):
                await conn.close()

        ends.push_async_callback(close)
        return conn

    async def publish(self, event: UUID) -> timedelta | None:
        """Send an outbox event to Kafka, after the alert's earlier ones and not after its recall.

        The wait before another try when it is not its turn, or when the broker is away.
        """
        async with self._db.connection() as conn:
            if await overtaken(conn, event, self._clock()):
                return None
            if await must_wait(conn, event):
                return timedelta(milliseconds=300)
            body = await event_body(conn, event)
            if body is None:
                return None
            cursor = await conn.execute("select alert from events_out where id = %s", (event,))
            row = await cursor.fetchone()
        assert row is not None
        try:
            await self._producer.publish(ALERTS, body, key=str(row["alert"]).encode())
        except Unavailable as away:
            return timedelta(seconds=away.retry_after)
        except Exception as away:
            log.warning("courier.broker_away", error=type(away).__name__)
            return timedelta(seconds=2)
        await self._record(lambda c: published(c, event, self._clock()))
        metrics.PUBLISHED.inc()
        return None

    async def lapse(self, alert: UUID) -> timedelta | None:
        """Lapse a claim that ran out; one that was decided meanwhile is left alone."""
        with suppress(IllegalTransition):
            async with self._db.transaction() as conn:
                await lapse(conn, alert, self._clock())
        return None

    async def escalate(self, alert: UUID) -> timedelta | None:
        """Escalate what still waits for another person to verify it."""
        async with self._db.transaction() as conn:
            await escalate(conn, alert, self._clock())
        return None

    async def deliver(self, delivery: UUID) -> timedelta | None:
        """One attempt of one delivery. The wait before the next, or None when it has ended."""
        async with self._db.transaction() as conn:
            work = await store.begin(conn, delivery, self._clock(), self._config.stale)
        match work:
            case Done():
                return None
            case NotYet(wait=wait):
                return wait
            case Work():
                outcome = await self._send(work)
                return await self._settle(work, outcome)

    async def _send(self, work: Work) -> Outcome:
        channel = self._channels.get(work.recipient.channel)
        if channel is None:
            return Permanent(f"no {work.recipient.channel} gateway is configured")
        message = Message(
            delivery=work.id,
            address=work.recipient.address,
            secret=work.recipient.secret,
            text=alert_text(work.event, work.code, self._config.public_url, late=work.late),
            body=work.body,
            at=self._clock(),
        )
        try:
            async with asyncio.timeout(self._config.send_timeout.total_seconds()):
                return await channel.send(message)
        except TimeoutError:
            return Retryable(None, "the gateway took too long")
        except Exception as bug:  # an adapter never raises; if one does, it still costs no alert
            log.error("courier.channel_raised", channel=channel.name, error=type(bug).__name__)
            return Retryable(None, f"the channel stumbled ({type(bug).__name__})")

    async def _settle(self, work: Work, outcome: Outcome) -> timedelta | None:
        """Record the gateway's answer in a transaction of its own, right after it came."""
        name = work.recipient.channel
        metrics.ATTEMPTS.labels(name, type(outcome).__name__.lower()).inc()
        now = self._clock()
        match outcome:
            case Sent(provider_id=provider):
                arrived = not self._channels[name].confirms
                await self._record(lambda c: store.sent(c, work.id, provider, now, arrived=arrived))
                metrics.SECONDS.labels(name).observe(
                    max((now - work.created_at).total_seconds(), 0.0)
                )
                return None
            case Retryable(after=after, reason=reason):
                wait = pause(self._config.backoff, name, work.attempts, work.created_at, now, after)
                if wait is not None:
                    again = await self._record(lambda c: store.try_again(c, work.id, reason))
                    return wait if again else None
                reason = f"{reason}; gave up after {work.attempts} attempts"
                await self._give_up(work, reason, gone=False)
                return None
            case Permanent(reason=reason, gone=gone):
                await self._give_up(work, reason, gone=gone)
                return None

    async def _give_up(self, work: Work, reason: str, *, gone: bool) -> None:
        now = self._clock()
        if await self._record(lambda c: store.fail(c, work.id, reason, now, gone=gone)):
            metrics.FAILED.labels(work.recipient.channel).inc()
            log.warning("courier.failed", delivery=str(work.id), channel=work.recipient.channel)

    async def _record(self, write: Callable[[Connection], Awaitable[_T]]) -> _T:
        """Write in a transaction of its own, over a restart of PostgreSQL of up to a minute.

        What a gateway has accepted must be on record, or it would be sent a second time.
        """
        wait = 0.1
        for _ in range(20):
            try:
                async with self._db.transaction() as conn:
                    return await write(conn)
            except (*AWAY, *CLASH):
                await asyncio.sleep(wait)
                wait = min(wait * 2, 4.0)
        async with self._db.transaction() as conn:
            return await write(conn)

    async def repair(self) -> None:
        """What the minute's schedule does: nothing that waits stays without its job."""
        now = self._clock()
        async with self._db.transaction() as conn:
            events = await sweep(conn, now, self._config.repair_after)
            jobs = await store.repair(conn, now, self._config.repair_after)
            silent = await store.give_up_silent(conn, now, self._config.unconfirmed)
        for what, count in (("event", events), ("job", jobs), ("silent", silent)):
            metrics.REPAIRED.labels(what).inc(count)


def _what(bug: Exception) -> dict[str, str]:
    """An error for the log without its words and locals: they may quote a row."""
    frame = traceback.extract_tb(bug.__traceback__)[-1]
    return {"error": type(bug).__name__, "where": f"{frame.filename}:{frame.lineno}"}


def _job(handler: Handler) -> Callable[[Job], Awaitable[None]]:
    """A handler as PgQueuer runs it: a wait becomes a retry, and so does an absent database."""

    async def run(job: Job) -> None:
        try:
            subject = UUID((job.payload or b"").decode("ascii"))
        except ValueError:
            log.error("courier.bad_job", entrypoint=job.entrypoint)
            return
        try:
            wait = await handler(subject)
        except (*AWAY, *CLASH) as away:
            # Few tries are needed in place: PgQueuer keeps the job.
            delay = timedelta(seconds=min(0.5 * 2 ** min(job.attempts, 4), 5.0))
            raise RetryRequested(delay, type(away).__name__) from None
        except Exception as bug:
            # Lost, the job would only be found by the repair a minute later.
            log.error("courier.job_stumbled", entrypoint=job.entrypoint, **_what(bug))
            delay = timedelta(seconds=min(2.0 ** min(job.attempts, 6), 60.0))
            raise RetryRequested(delay, type(bug).__name__) from None
        if wait is not None:
            raise RetryRequested(wait, "again later")

    return run
