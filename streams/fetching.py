"""How long a worker's consumer waits for a topic on which nothing comes.

aiokafka has one fetch under way to a broker at a time. While it still holds records of some
partitions it asks for the others; when nothing comes on these, the broker holds the answer back for
as long as the fetch lets it, and nobody asks for the partitions that have records by now
(Fetcher._get_actions_per_node). Faust lets it wait 1.5 s, and has no setting for it; a worker that
is a little behind on bolo.reads, with quiet topics beside, then stands still for so long.
"""

from __future__ import annotations

import aiokafka
import faust
from faust.transport.drivers import aiokafka as driver

LONGEST_FETCH = 0.05
"""Seconds (judgement): an idle worker then asks 20 times a second, which costs next to nothing."""


class App(faust.App):  # type: ignore[misc]
    """A Faust app whose consumer waits at most LONGEST_FETCH."""

    def _new_transport(self) -> driver.Transport:
        return _Transport(self.conf.broker_consumer, self)


class _Thread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]
    def _create_worker_consumer(self, transport: driver.Transport) -> aiokafka.AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        assert consumer._fetch_max_wait_ms, "aiokafka calls it otherwise now"
        consumer._fetch_max_wait_ms = int(LONGEST_FETCH * 1000)
        return consumer


class _Consumer(driver.Consumer):  # type: ignore[misc]
    def _new_consumer_thread(self) -> _Thread:
        return _Thread(self, loop=self.loop, beacon=self.beacon)


class _Transport(driver.Transport):  # type: ignore[misc]
    Consumer = _Consumer
