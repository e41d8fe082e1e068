"""No plate and no secret gets into a log, however it is tried."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bolo.logs import describe_exception
from bolo.redaction import HIDDEN, TELLING, clean, hide, scrub, telling

PLATE = "8ABC123"
SECRET = "hunter2-hunter2"


@pytest.mark.parametrize(
    "key",
    [
        "plate",
        "Plate",
        "plate_text",
        "best_plate_number",
        "readPlate",
        "LIC",
        "VIN",
        "password",
        "new_password",
        "intake_token",
        "authToken",
        "Authorization",
        "Set-Cookie",
        "api_key",
        "apiKey",
        "x-api-key",
        "webhook_secret",
        "phone",
        "phone_number",
        "body",
        "raw",
        "value",
    ],
)
def test_a_telling_key_hides_its_value(key: str) -> None:
    assert telling(key)
    assert hide(key, PLATE) == HIDDEN
    assert hide(key, [PLATE]) == HIDDEN
    assert hide(key, {"inner": PLATE}) == HIDDEN
    assert hide(key, 8123456) == HIDDEN


@pytest.mark.parametrize(
    "key",
    [
        "template",
        "platform",
        "context",
        "tokenizer",
        "camera",
        "offset",
        "topic",
        "partition",
        "broken",
        "spin",
        "valued",
        "somebody",
        "reason",
        "kind",
        "pause",
        "agent",
        "key",
    ],
)
def test_an_innocent_key_keeps_its_value(key: str) -> None:
    assert hide(key, "north-1") == "north-1"


@pytest.mark.parametrize(
    "text",
    [
        f"GET /api/search?plate={PLATE}&x=1 HTTP/1.1",
        f"GET /a?q={PLATE}",
        f"DETAIL:  Key (agency, plate)=(KS0190100, {PLATE}) already exists.",
        f'{{"plate": "{PLATE}", "score": 0.9}}',
        f"{{'plate': '{PLATE}'}}",
        f"plate={PLATE}",
        f"best_plate: {PLATE}",
        f"Authorization: Bearer {SECRET}",
        f"header was Bearer {SECRET}",
        f"postgresql://bolo:{SECRET}@db.example.gov/bolo",
        f"password = '{SECRET}'",
        f"token={SECRET};",
        "sent to +16205550100 at noon",
    ],
)
def test_a_telling_pattern_is_taken_out_of_text(text: str) -> None:
    done = scrub(text)
    for word in (PLATE, SECRET, "6205550100"):
        assert word not in done
    assert HIDDEN in done


@pytest.mark.parametrize(
    "text",
    [
        "worker-1 started (process 12)",
        "bolo.reads[3]: 42 records, 2.5 s",
        "at 2026-11-21T21:00:00Z",
        "GET /alerts/1b2c HTTP/1.1 200",
        "listening on http://127.0.0.1:8000",
        "is it? yes",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert scrub(text) == text


@dataclass(frozen=True)
class Sight:
    plate: str


def test_an_object_of_ours_is_logged_as_its_kind_only() -> None:
    assert clean(Sight(PLATE)) == "<Sight>"
    assert clean([Sight(PLATE), b"8ABC123"]) == ["<Sight>", "<bytes>"]
    assert clean({"sights": {"one": Sight(PLATE)}}) == {"sights": {"one": "<Sight>"}}


def test_nesting_and_length_have_an_end() -> None:
    deep: dict[str, Any] = {}
    deep["again"] = deep
    assert "<dict>" in json.dumps(clean(deep))
    assert len(scrub("x" * 100_000)) < 2_100
    assert len(clean(list(range(1000)))) == 50


_words = st.sampled_from(sorted(TELLING))


@given(
    st.recursive(
        st.just(PLATE) | st.integers() | st.none(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_words, inner, max_size=3),
        max_leaves=10,
    ),
    _words,
)
def test_nothing_under_a_telling_key_gets_out(value: Any, key: str) -> None:
    event = {"outer": {key: value}, f"x_{key}": value, key.upper(): value}
    assert PLATE not in json.dumps(clean(event))


def described(wrong: BaseException) -> str:
    return str(describe_exception(None, "error", {"exc_info": wrong})["exception"])


def test_an_exceptions_message_is_withheld_unless_its_kind_never_quotes_data() -> None:
    try:
        try:
            raise KeyError(PLATE)
        except KeyError as first:
            raise ValueError(f"bad {PLATE}") from first  # noqa: EM102
    except ValueError as wrong:
        text = described(wrong)
    assert PLATE not in text
    assert "KeyError: (message withheld)" in text
    assert "ValueError: (message withheld)" in text
    assert "test_redaction.py" in text
    assert "refused" in described(ConnectionRefusedError("refused"))
    assert PLATE not in described(ExceptionGroup("two", [ValueError(PLATE), KeyError(PLATE)]))


TALKER = f"""
import asyncio, logging, threading, warnings, sys
import structlog
from bolo.logs import configure
before = logging.getLogger("uvicorn.error"); before.addHandler(logging.StreamHandler())
before.propagate = False
configure(role="worker-1", json={{json}})
log = structlog.get_logger("streams.reading")
log.info("matched", plate="{PLATE}", camera="north-1", entry={{{{"lic": "{PLATE}"}}}}, agent="m")
logging.getLogger("faust").warning("faust says plate=%s", "{PLATE}")
logging.getLogger("uvicorn.access").info('%s "GET %s" %d', "127.0.0.1", "/s?plate={PLATE}", 200)
logging.getLogger("uvicorn.error").error("uvicorn says hello")
logging.getLogger("pgqueuer").warning("pgqueuer says %r", {{{{"password": "{SECRET}"}}}})
logging.getLogger("aiokafka.consumer").info("chatter")
logging.getLogger("aiokafka.consumer").error("aiokafka says Bearer {SECRET}")
try:
    raise ValueError("{PLATE}")
except ValueError:
    log.exception("cannot process a record", agent="raise_alerts")
    logging.getLogger("cameras.packer").exception("the intake stumbled")
warnings.warn("a warning")
thread = threading.Thread(target=lambda: [][{{{{}}}}["{PLATE}"]])
thread.start(); thread.join()
asyncio.run(asyncio.sleep(0))
raise RuntimeError("{PLATE} {SECRET}")
"""


def talk(as_json: bool) -> str:
    code = TALKER.replace("{json}", str(as_json)).replace("{{", "{").replace("}}", "}")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    return done.stderr


def test_every_line_of_every_library_is_json_without_plates_or_secrets() -> None:
    said = talk(as_json=True)
    assert PLATE not in said
    assert SECRET not in said
    lines = [json.loads(line) for line in said.splitlines()]
    assert {line["role"] for line in lines} == {"worker-1"}
    assert all({"event", "level", "timestamp"} <= line.keys() for line in lines)
    first = lines[0]
    assert first["event"] == "matched"
    assert first["camera"] == "north-1"
    assert first["plate"] == HIDDEN
    assert first["entry"] == {"lic": HIDDEN}
    assert first["logger"] == "streams.reading"
    loggers = [line.get("logger") for line in lines]
    for name in ("faust", "uvicorn.access", "uvicorn.error", "pgqueuer", "aiokafka.consumer"):
        assert name in loggers
    assert loggers.count("uvicorn.error") == 1, "its own handler must be gone"
    assert "chatter" not in said
    failed = [line for line in lines if line["event"] == "cannot process a record"]
    assert "builtins.ValueError: (message withheld)" in failed[0]["exception"]
    assert [line["event"] for line in lines].count("not caught") == 2


def test_lines_for_a_person_are_as_clean() -> None:
    said = talk(as_json=False)
    assert "matched" in said
    assert "cannot process a record" in said
    assert PLATE not in said
    assert SECRET not in said


def test_the_root_logger_of_the_tests_is_left_alone() -> None:
    assert not any(
        type(handler.formatter).__name__ == "ProcessorFormatter"
        for handler in logging.getLogger().handlers
    )
