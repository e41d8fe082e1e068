"""Apache Kafka 4.1 as one KRaft node from plain jars: Java 17 and Maven, no container engine.

Its jars come through Maven once (43 MB, see pom.xml) into target/kafka-libs; a node is up in about
three seconds and takes some 320 MB. It keeps its log in its folder, so it can be stopped, killed
and started again with everything it had acknowledged.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from storage.child import Child

HERE = Path(__file__).parent
LIBS = HERE.parent.parent / "target" / "kafka-libs"
POM = HERE / "pom.xml"
JAVA = 17
MAVEN = (
    "mvn",
    "-q",
    "-B",
    "-f",
    str(POM),
    "-DincludeScope=runtime",
    "dependency:copy-dependencies",
)

PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={logs}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=2500
auto.create.topics.enable=false
"""
# The short broker session is for kills: a broker that comes back waits for its old one to end.
LOG4J = """\
status=error
rootLogger.level=warn
rootLogger.appenderRef.out.ref=out
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d{ISO8601} %p %c{1} %m%n
"""


def available() -> str | None:
    """None when Apache Kafka can run here; else the reason, for one line to a person."""
    for program in ("java", "mvn"):
        if shutil.which(program) is None:
            return f"{program} is not installed (it needs Java {JAVA} or newer and Maven)"
    shown = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', shown)
    if found is None or int(found[1]) < JAVA:
        return f"Java {JAVA} or newer is needed, and this is {found[1] if found else 'another'}"
    return None


def fetch(libs: Path = LIBS) -> Path:
    """The folder of Kafka's jars, fetched when the pom has changed. Safe when two ask at once."""
    libs.parent.mkdir(parents=True, exist_ok=True)
    wanted = hashlib.sha256(POM.read_bytes()).hexdigest()
    marker = libs / "pom.sha256"
    with (libs.parent / "kafka-libs.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if marker.exists() and marker.read_text() == wanted:
            return libs
        shutil.rmtree(libs, ignore_errors=True)
        done = subprocess.run(
            [*MAVEN, f"-DoutputDirectory={libs}"],
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        if done.returncode != 0:
            msg = f"Maven could not fetch Apache Kafka:\n{(done.stdout + done.stderr)[-3000:]}"
            raise RuntimeError(msg)
        marker.write_text(wanted)
    return libs


class ApacheKafka:
    """``with ApacheKafka(folder) as kafka: kafka.bootstrap``. Start it from the main thread."""

    def __init__(self, folder: Path, *, heap: str = "512m", seconds: float = 60.0) -> None:
        self.folder = folder.absolute()
        self.port, self._controller = _free_ports()
        self._heap = heap
        self._seconds = seconds
        self._child: Child | None = None

    @property
    def bootstrap(self) -> str:
        """``127.0.0.1:PORT``; the same after a restart."""
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._child is not None, "start it first"
        return self._child.pid

    def start(self) -> None:
        """Return when the broker answers. Raises RuntimeError with the end of its log."""
        java = [shutil.which("java") or "java", "-cp", f"{fetch()}/*", self._log4j()]
        properties = self.folder / "server.properties"
        if not properties.exists():
            self._format(java, properties)
        self._child = Child(
            "Apache Kafka",
            [*java, f"-Xmx{self._heap}", "kafka.Kafka", str(properties)],
            self.folder / "kafka.log",
        )
        end = time.monotonic() + self._seconds
        while not _listens(self.port):
            if not self._child.running() or time.monotonic() > end:
                end_of_log = self._child.tail(20)
                self.stop()
                msg = f"Apache Kafka did not come up on {self.bootstrap}:\n{end_of_log}"
                raise RuntimeError(msg)
            time.sleep(0.05)

    def _log4j(self) -> str:
        path = self.folder / "log4j2.properties"
        self.folder.mkdir(parents=True, exist_ok=True)
        path.write_text(LOG4J)
        return f"-Dlog4j2.configurationFile=file:{path}"

    def _format(self, java: list[str], properties: Path) -> None:
        draft = properties.with_suffix(".new")
        draft.write_text(
            PROPERTIES.format(
                port=self.port, controller=self._controller, logs=self.folder / "logs"
            )
        )
        # What `StorageTool random-uuid` prints, without a JVM; it must not look like an option.
        cluster = "b" + base64.urlsafe_b64encode(os.urandom(16)).decode()[1:22]
        subprocess.run(
            [*java, "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(draft)],
            capture_output=True,
            check=True,
            timeout=60,
        )
        draft.rename(properties)

    def stop(self) -> None:
        """A clean stop; what it acknowledged stays in its folder."""
        if self._child is not None:
            self._child.stop(((signal.SIGTERM, 20.0),))
            self._child = None

    def kill(self) -> None:
        """kill -9, as a crash would."""
        if self._child is not None:
            self._child.kill()

    def __enter__(self) -> ApacheKafka:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        return one.getsockname()[1], two.getsockname()[1]


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
