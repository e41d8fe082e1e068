"""Alerts, updates, cancellations in any order; keys that stay; what people answer."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from domain.entry import Area, Entry
from domain.errors import BadInput, BadPlate, Prohibited
from domain.ids import entry_id
from hotlists.cap.entries import (
    AGAIN,
    AHEAD,
    ANOTHER_KIND,
    ANSWERING,
    CANCELS,
    DISMISSED,
    EXPIRED,
    NO_VEHICLE,
    REPLACED,
    TEST,
    Understood,
    answered,
    understand,
)
from hotlists.cap.lifecycle import State
from hotlists.cap.pending import confirm
from hotlists.cap.vehicles import Vehicle
from tests.cap_documents import SENDER, alert, area, document, info, reference, wrapped

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
BLUE = "Blue 2014 Nissan Versa, Kansas license plate 482KTB."
RED = "Red Ford Focus, Texas license plate ABC1234."
AT = ["2026-11-21T21:00:00-06:00", "2026-11-21T22:00:00-06:00", "2026-11-21T23:00:00-06:00"]


def take(
    *alerts: str, known: State | None = None, now: datetime = NOW, **chosen: Any
) -> Understood:
    found = understand([document(a) for a in alerts], known or State(), now, chosen)
    counted = found.accepted + sum(found.rejected.values()) + found.prohibited + found.asked
    assert counted == found.rows
    assert found.ignored + found.damaged == sum(found.rejected.values())
    return found


def plates(found: Understood) -> list[str]:
    return [e["plate"] for e in found.entries]


FIRST = alert(info(BLUE), identifier="A")
UPDATE = alert(
    info(BLUE + " Towing a trailer."),
    identifier="B", sent=AT[1], msg_type="Update", references=reference("A", AT[0]),
)  # fmt: skip
SECOND_UPDATE = alert(
    info(BLUE),
    identifier="C", sent=AT[2], msg_type="Update", references=reference("B", AT[1]),
)  # fmt: skip
CANCEL = alert(
    identifier="D", sent="2026-11-21T23:30:00-06:00", msg_type="Cancel",
    references=reference("A", AT[0]),
)  # fmt: skip


def test_an_alert_becomes_an_entry() -> None:
    where = [area("Kansas", circle="38,-98 300")]
    found = take(alert(info(BLUE, headline="Child taken", areas=where)))
    (fields,) = found.entries
    assert fields == {
        "key": f"{SENDER}|KS-1|482KTB", "plate": "482KTB", "pattern": "", "state": "KS",
        "year": "2014", "make": "Nissan", "model": "Versa", "color": "Blue", "style": "",
        "category": "amber", "reason": "Child taken", "oca": "KS-1", "ori": SENDER,
        "since": "2026-11-22T03:00:00+00:00", "expires_at": "2026-11-23T03:00:00+00:00",
        "area": None,
    }  # fmt: skip
    assert (found.rows, found.accepted) == (1, 1)


def test_the_fields_are_those_of_an_entry() -> None:
    (fields,) = take(alert(info("a white van", areas=[area("x", circle="38,-98 300")]))).entries
    key = fields.pop("key")
    made = msgspec.convert(
        {**fields, "area": msgspec.to_builtins(fields["area"]), "agency": "KS0190100",
         "source": "s", "priority": 1, "entry_id": str(entry_id("KS0190100", "s", key))}, Entry,
    )  # fmt: skip
    assert made.area == Area(latitude=38, longitude=-98, radius=300_000, name="x")
    assert made.expires_at == datetime(2026, 11, 23, 3, tzinfo=UTC)
    assert (made.plate, made.pattern, made.color, made.style) == ("", "", "white", "van")


def test_every_order_of_arrival_comes_to_the_same_end() -> None:
    for messages in itertools.permutations([FIRST, UPDATE, SECOND_UPDATE]):
        at_once, state = take(*messages), State()
        for message in messages:
            one_by_one = take(message, known=state)
            state = one_by_one.state
        assert at_once.entries == one_by_one.entries
        assert [e["key"] for e in at_once.entries] == [f"{SENDER}|A|482KTB"]
        assert at_once.rejected == {REPLACED: 2}
    for messages in itertools.permutations([FIRST, UPDATE, SECOND_UPDATE, CANCEL]):
        state = State()
        for message in messages:
            found = take(message, known=state)
            state = found.state
        assert found.entries == ()
        assert take(*messages).rejected == {REPLACED: 3, CANCELS: 1}


def test_an_update_whose_alert_never_came_has_the_name_of_the_alert() -> None:
    (entry,) = take(UPDATE).entries
    assert entry["key"] == f"{SENDER}|A|482KTB"
    assert entry["oca"] == "B"


def test_the_same_message_again_is_counted_and_changes_nothing() -> None:
    found = take(FIRST, FIRST, FIRST)
    assert plates(found) == ["482KTB"]
    assert (found.accepted, found.rejected) == (1, {AGAIN: 2})
    again = take(FIRST, known=found.state)
    assert again.entries == found.entries
    assert again.state == found.state


def test_an_identifier_sent_again_later_is_the_newer_one() -> None:
    later = alert(info(BLUE + " " + RED), identifier="A", sent=AT[1])
    found = take(later, FIRST)
    assert plates(found) == ["482KTB", "ABC1234"]
    assert found.rejected == {REPLACED: 1}
    revived = alert(info(BLUE), identifier="A", sent="2026-11-21T23:45:00-06:00")
    assert plates(take(FIRST, CANCEL, revived)) == ["482KTB"]


def test_a_cancellation_in_a_test_ends_nothing() -> None:
    assert plates(take(FIRST, CANCEL.replace("Actual", "Test"))) == ["482KTB"]


def test_a_cancellation_of_another_senders_alert_ends_nothing() -> None:
    other = reference("A", AT[0], "else@where.example")
    cancel = alert(identifier="D", sent=AT[1], msg_type="Cancel", references=other)
    assert plates(take(FIRST, cancel)) == ["482KTB"]


def test_references_in_a_ring_come_to_an_end() -> None:
    ring = [
        alert(info(BLUE), identifier=name, sent=AT[n], msg_type="Update",
              references=reference(other, AT[0]) + " " + reference(name, AT[n]))
        for n, (name, other) in enumerate([("A", "C"), ("B", "A"), ("C", "B")])
    ]  # fmt: skip
    assert plates(take(*ring)) == ["482KTB"]


def test_an_alert_holds_until_its_last_language_expires() -> None:
    early = info(BLUE, expires="2026-11-22T01:00:00-06:00")
    spanish = "Nissan Versa azul, placa de Kansas 482KTB"
    late = info(spanish, language="es", expires="2026-11-22T03:00:00-06:00")
    text = alert(early, late)
    assert take(text).entries[0]["expires_at"] == "2026-11-22T09:00:00+00:00"
    gone = take(text, now=datetime(2026, 11, 22, 9, 0, tzinfo=UTC))
    assert (gone.entries, gone.rejected) == ((), {EXPIRED: 1})


def test_an_alert_without_an_end_has_one_all_the_same() -> None:
    found = take(alert(info(BLUE, expires="")))
    assert found.entries[0]["expires_at"] == "2026-11-23T03:00:00+00:00"
    short = take(alert(info(BLUE, expires="")), hours_without_expiry=6)
    assert short.entries[0]["expires_at"] == "2026-11-22T09:00:00+00:00"
    endless = alert(info(BLUE, expires="9999-12-31T00:00:00-00:00"))
    assert take(endless).entries[0]["expires_at"] == "2026-11-29T03:00:00+00:00"


@pytest.mark.parametrize("status", ["Exercise", "System", "Test", "Draft"])
def test_what_is_not_actual_is_a_test(status: str) -> None:
    found = take(alert(info(BLUE), status=status))
    assert (found.entries, found.rejected, found.ignored) == ((), {TEST: 1}, 1)
    assert found.state.alerts == ()


@pytest.mark.parametrize("code", ["RWT", "RMT", "DMO", "NPT"])
def test_a_test_code_is_a_test_whatever_the_status(code: str) -> None:
    assert take(alert(info(BLUE, same=code))).rejected == {TEST: 1}


@pytest.mark.parametrize(
    ("code", "event", "taken"),
    [
        ("CAE", "Child Abduction Emergency", True),
        ("CAE", "", True),
        ("", "Child Abduction Emergency", True),
        ("", "AMBER Alert", True),
        ("", "Alerta AMBER", True),
        ("", "amber", True),
        ("", "Amber Wind Warning", False),
        ("BLU", "Blue Alert", False),
        ("MEP", "Missing and Endangered Persons", False),
        ("TOR", "AMBER Alert", False),
        ("", "Silver Alert", False),
        ("", "", False),
    ],
)
def test_which_alerts_are_taken(code: str, event: str, taken: bool) -> None:
    found = take(alert(info(BLUE, same=code, event=event)))
    assert bool(found.entries) is taken
    assert (found.rejected == {ANOTHER_KIND: 1}) is not taken
    if not taken:
        assert found.kinds == {code or "other": 1}


def test_another_kind_is_taken_when_the_settings_say_so() -> None:
    text = alert(info(BLUE, same="MEP", event="Missing and Endangered Persons"))
    (entry,) = take(text, events={"MEP": "missing-person"}).entries
    assert entry["category"] == "missing-person"
    kept = take(text, events={"MEP": "missing-person"}).state
    assert take(known=kept).entries == ()  # the setting was taken away again


def test_an_update_to_another_kind_ends_the_amber_alert() -> None:
    down = alert(info(BLUE, same="MEP"), identifier="B", sent=AT[1], msg_type="Update",
                 references=reference("A", AT[0]))  # fmt: skip
    found = take(FIRST, down)
    assert (found.entries, found.rejected) == ((), {REPLACED: 1, ANOTHER_KIND: 1})


@pytest.mark.parametrize(
    "settings",
    [{"events": {"MEP": "nonsense"}}, {"events": {"mep": "amber"}}, {"known_characters": 0},
     {"longest_hours": 0}, {"hours_without_expiry": "x"}, {"events": ["MEP"]}],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        understand([], State(), NOW, settings)


def test_no_setting_takes_what_is_prohibited() -> None:
    with pytest.raises(Prohibited):
        understand([], State(), NOW, {"events": {"IVF": "local"}})


def test_of_a_prohibited_alert_nothing_is_kept() -> None:
    text = BLUE + " The driver is the subject of an ICE detainer."
    found = take(alert(info(text)))
    assert (found.prohibited, found.entries, found.pending, found.state) == (1, (), (), State())
    hidden = alert(info(BLUE, parameters={"note": "Immigration Violator File"}))
    assert take(hidden).prohibited == 1


def test_acknowledgements_and_wrong_clocks() -> None:
    ahead = alert(info(BLUE), sent="2027-11-21T21:00:00-06:00")
    found = take(alert(info(BLUE), msg_type="Ack"), ahead)
    assert found.rejected == {ANSWERING: 1, AHEAD: 1}


def test_an_alert_without_a_vehicle_is_shown() -> None:
    found = take(alert(info("A child was taken. Call 911.", headline="Child taken")))
    assert found.rejected == {NO_VEHICLE: 1}
    assert [s.headline for s in found.shown] == ["Child taken"]


def test_an_alert_without_a_plate_is_an_entry_in_its_area() -> None:
    (entry,) = take(alert(info("a white van", areas=[area("x", "37,-95 38,-95 38,-94")]))).entries
    assert (entry["plate"], entry["color"], entry["style"]) == ("", "white", "van")
    assert entry["key"] == f"{SENDER}|KS-1|vehicle 1"
    assert isinstance(entry["area"], Area)


def test_a_vehicle_keeps_its_key_when_an_update_adds_the_plate() -> None:
    before = take(alert(info("Blue Nissan Versa and a white Ford van"), identifier="A"))
    keys = {e["make"]: e["key"] for e in before.entries}
    after = take(UPDATE, known=before.state)
    assert after.entries[0]["plate"] == "482KTB"
    assert after.entries[0]["key"] == keys["Nissan"]


def test_a_vehicle_that_an_update_drops_does_not_give_its_key_away() -> None:
    both = alert(info(f"{BLUE} {RED}"), identifier="A")
    first = {e["plate"]: e["key"] for e in take(both).entries}
    (entry,) = take(both, changed(RED)).entries
    assert entry["key"] == first["ABC1234"]


def changed(text: str) -> str:
    to = reference("A", AT[0])
    return alert(info(text), identifier="B", sent=AT[1], msg_type="Update", references=to)


def test_an_update_with_another_plate_goes_to_a_person_and_the_old_one_ends() -> None:
    found = take(FIRST, changed(BLUE.replace("482KTB", "482KIB")))
    assert (found.entries, found.asked) == ((), 1)
    (pending,) = found.pending
    assert [c.plate for c in pending.candidates] == ["482KIB"]
    ((start, end),) = pending.questions[0].marks
    assert pending.questions[0].text[start:end] == "482KIB"


def test_an_update_that_leaves_the_plate_out_keeps_the_vehicle_and_asks() -> None:
    found = take(FIRST, changed("The child is still missing. Blue Nissan."))
    assert plates(found) == ["482KTB"]
    assert (found.asked, len(found.pending)) == (1, 1)
    gone = take(known=answered(found.state, found.pending[0], [], NOW))
    assert (gone.entries, gone.pending) == ((), ())


def test_an_answer_holds_for_later_messages_that_ask_the_same() -> None:
    text = "Blue Nissan Versa, possibly Kansas plate 482KTB"
    found = take(alert(info(text), identifier="A"))
    assert (found.entries, found.asked) == ((), 1)
    state = answered(found.state, found.pending[0], [0], NOW)
    then = take(changed(text + ". Call 911."), known=state)
    assert (plates(then), then.pending, then.accepted) == (["482KTB"], (), 1)
    assert then.entries[0]["key"] == f"{SENDER}|A|482KTB"
    other = take(changed(text.replace("482KTB", "482KIB")), known=state)
    assert len(other.pending) == 1


def test_a_person_who_finds_no_vehicle_is_believed() -> None:
    found = take(alert(info("Kansas partial plate 48K")))
    state = answered(found.state, found.pending[0], [], NOW)
    again = take(alert(info("Kansas partial plate 48K")), known=state)
    assert (again.entries, again.pending, again.rejected) == ((), (), {DISMISSED: 1})


def test_confirming_by_number_and_with_a_correction() -> None:
    (pending,) = take(alert(info("Blue Nissan, possibly Kansas plate 482KTB"))).pending
    assert confirm(pending, 0)["plate"] == "482KTB"
    entry = confirm(pending, Vehicle(plate="482-kib", state="KS", make="Nissan"))
    assert (entry["plate"], entry["category"], entry["oca"]) == ("482KIB", "amber", "KS-1")
    with pytest.raises(BadInput):
        confirm(pending, 1)
    with pytest.raises(BadPlate):
        confirm(pending, Vehicle(plate="unknown"))
    with pytest.raises(BadInput):
        confirm(pending, Vehicle())


def test_every_candidate_can_be_meant() -> None:
    text = alert(info('Kansas plate 482KTB or 482KIB, or vanity plate "NONE" or "LUVDOGS"'))
    found = take(text)
    (pending,) = found.pending
    numbers = range(len(pending.candidates))
    again = take(text, known=answered(found.state, pending, [*numbers, 99], NOW))
    assert {"482KTB", "482KIB"} <= set(plates(again))
    keys = [e["key"] for e in again.entries]
    assert len(keys) == len(set(keys)) == len(numbers)


def test_the_state_survives_storage_and_forgets_in_time() -> None:
    found = take(FIRST, UPDATE, alert(info(RED), identifier="Z"))
    kept = msgspec.json.decode(msgspec.json.encode(found.state), type=State)
    assert kept == found.state
    again = take(known=kept)
    assert (again.entries, again.carried, again.rows) == (found.entries, 2, 0)
    later = NOW + timedelta(days=16)
    assert take(known=kept, now=later).state == State()


def test_a_feed_and_its_documents_come_to_the_same() -> None:
    feed = understand([wrapped(FIRST, UPDATE, alert(info(RED), identifier="Z"))], State(), NOW, {})
    assert feed.entries == take(FIRST, UPDATE, alert(info(RED), identifier="Z")).entries
    assert (feed.rows, feed.accepted, feed.rejected) == (3, 2, {REPLACED: 1})
