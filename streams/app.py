"""The two Faust apps: which agent runs in which consumer group, and with what settings.

| group | agents | what for |
|---|---|---|
| bolo-alerts | match_reads, raise_alerts, fan_out | from a read to who is told |
| bolo-archive | archive_reads | every read kept, at its own pace |

The settings follow from what faust-streaming 0.15 does (measured and read in its source):
no tables, no web server, no leader topic; raw values, decoded by us; at-least-once, since our
effects are idempotent. A poll interval of a day, because a database that is away is waited for in
place and the group must not take the partition away meanwhile.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

import faust

from domain import topics
from streams.fetching import App

DAY = 86_400.0


class Group(StrEnum):
    """A consumer group; its value is the group id in Kafka."""

    ALERTS = "bolo-alerts"
    ARCHIVE = "bolo-archive"


@dataclass(frozen=True)
class StreamConfig:
    """`bootstrap` is host:port, comma-separated; `data_dir` is where Faust wants a folder."""

    bootstrap: str
    data_dir: str
    session_timeout: float = 6.0  # the embedded broker sleeps half of it at each join
    commit_interval: float = 0.5


def build_app(group: Group, config: StreamConfig) -> faust.App:
    """A Faust app of that group, without agents yet."""
    brokers = [f"aiokafka://{server.strip()}" for server in config.bootstrap.split(",")]
    return App(
        group.value,
        broker=brokers,
        datadir=config.data_dir,
        key_serializer="raw",
        value_serializer="raw",
        processing_guarantee="at_least_once",
        web_enabled=False,
        table_standby_replicas=0,
        topic_disable_leader=True,
        topic_allow_declare=False,
        consumer_auto_offset_reset="earliest",
        broker_session_timeout=config.session_timeout,
        broker_heartbeat_interval=config.session_timeout / 6,
        broker_commit_interval=config.commit_interval,
        broker_max_poll_interval=DAY,
        broker_commit_livelock_soft_timeout=DAY,
        stream_processing_timeout=DAY,
        producer_acks=-1,
        producer_linger=0.002,
        producer_max_request_size=16 * 1024 * 1024,
        consumer_max_fetch_size=16 * 1024 * 1024,
        stream_buffer_maxsize=1024,
        stream_wait_empty=False,  # unacked is simply read again; a stop must not wait for it
        worker_redirect_stdouts=False,
    )


def topic(app: faust.App, name: str) -> faust.TopicT[bytes]:
    """One of domain.topics as raw bytes; made by `bolo migrate`, never by a worker."""
    assert name in topics.ALL
    return app.topic(
        name,
        key_type=bytes,
        value_type=bytes,
        key_serializer="raw",
        value_serializer="raw",
        allow_empty=True,
    )


Process = Callable[[faust.StreamT[bytes]], Awaitable[None]]


def add_agent(app: faust.App, source: str, name: str, process: Process) -> None:
    """Have `process` consume a topic, in one task, as the agent of that name.

    An exception that gets out of it ends the process: Faust would start the agent anew on the same
    queue, forget the batch in its hands, and commit past it.
    """

    async def guarded(stream: faust.StreamT[bytes]) -> None:
        try:
            await process(stream.noack())
        except Exception as wrong:
            await app.crash(wrong)
            raise

    guarded.__name__ = name
    app.agent(topic(app, source), concurrency=1, name=name)(guarded)
