"""Plates and vehicles in the words of alerts: what is sure, what goes to a person, what is nothing.

Every phrase is made up, in the way alerts are worded. A row says the sure vehicles, as
"plate state | year make model color style" ("-" for what is not said), and the doubtful plates.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotlists.cap.vehicles import Vehicle, read_alert, read_text
from hotlists.cap.words import LABEL, STOP

SURE: list[tuple[str, list[str]]] = [
    # label and plate, state before or after, in words or as a code
    ("LIC/482KTB (KS) Blue Nissan Versa 4 door", ["482KTB KS | - Nissan Versa Blue 4D"]),
    ("Lic/7GHT21(MO) white Ford F-150", ["7GHT21 MO | - Ford F-150 white -"]),
    ("VEHICLE: 2014 BUICK 4-DR, BLUE (ABC1234)", ["ABC1234 - | 2014 BUICK - BLUE 4D"]),
    ("Vehicle is a 2014 blue Buick (KS 482KTB).", ["482KTB KS | 2014 Buick - blue -"]),
    ("Texas license plate ABC-1234", ["ABC1234 TX | - - - - -"]),
    ("tag number FL 12AB34", ["12AB34 FL | - - - - -"]),
    ("lic: KS 482 KTB", ["482KTB KS | - - - - -"]),
    ("placa ABC1234 de Texas", ["ABC1234 TX | - - - - -"]),
    ("placas de circulación ABC-123-A de Tamaulipas", ["ABC123A TA | - - - - -"]),
    ("Plate 4 8 2 K T B", ["482KTB - | - - - - -"]),
    ("license plate # unknown but begins with 7AB", ["7AB* - | - - - - -"]),
    ("TX LP ABC1234", ["ABC1234 TX | - - - - -"]),
    ("LIC: 7GHT21 MO 2014 CHEV IMPALA SIL", ["7GHT21 MO | 2014 CHEV IMPALA Silver -"]),
    ("red and white Dodge Ram 1500, tag 482KTB", ["482KTB - | - Dodge Ram 1500 red/white -"]),
    ("black GMC Yukon, Oklahoma tag ABC123", ["ABC123 OK | - GMC Yukon black -"]),
    ("PLATE 482 KTB RED NISSAN", ["482KTB - | - NISSAN - RED -"]),
    ("plate 482KTB 2014 BUICK", ["482KTB - | 2014 BUICK - - -"]),
    ("OR plate 123ABC", ["123ABC OR | - - - - -"]),
    ("plate: 482KTB-KS", ["482KTB KS | - - - - -"]),
    ("Illinois license plate AB 12 345", ["AB12345 IL | - - - - -"]),
    ("Estado de México placas AB-12-34", ["AB1234 MX | - - - - -"]),
    ("MN temp permit 1234567", ["1234567 MN | - - - - -"]),
    ("PLATE 482KTB OR CALL 911", ["482KTB - | - - - - -"]),
    ("PLATE 482KTB IN KANSAS CITY", ["482KTB - | - - - - -"]),
    ("MO/7GH T21", ["7GHT21 MO | - - - - -"]),
    ("license plate: NE 12-A345", ["12A345 NB | - - - - -"]),
    ("Nebraska plates 1-AB234", ["1AB234 NB | - - - - -"]),
    ("License plate number is 482-KTB out of Kansas.", ["482KTB KS | - - - - -"]),
    ("with Kansas tag 482KTB heading west", ["482KTB KS | - - - - -"]),
    ("KS license plate 482 KTB.", ["482KTB KS | - - - - -"]),
    ("New Mexico license plate ABC 123", ["ABC123 NM | - - - - -"]),
    ("West Virginia registration 1AB 234", ["1AB234 WV | - - - - -"]),
    ("license plate 7ABC123 (California)", ["7ABC123 CA | - - - - -"]),
    ("California license 7ABC123", ["7ABC123 CA | - - - - -"]),
    ("Plate: 482KTB, Kansas", ["482KTB KS | - - - - -"]),
    ("PLATE: 482KTB\nSTATE: KS", ["482KTB KS | - - - - -"]),
    ("LIC/482KTB LIS/KS", ["482KTB KS | - - - - -"]),
    ("tag # 482KTB", ["482KTB - | - - - - -"]),
    ("Lic. Plate No. 482KTB", ["482KTB - | - - - - -"]),
    ('License Plate #: "482KTB"', ["482KTB - | - - - - -"]),
    ("Ontario plate ABCD 123", ["ABCD123 ON | - - - - -"]),
    ("Quebec licence plate A12 BCD", ["A12BCD PQ | - - - - -"]),
    ("Oregon license plate 123 ABC", ["123ABC OR | - - - - -"]),
    ("plate number 12345 (OK)", ["12345 OK | - - - - -"]),
    ("Wash. plate ABC1234", ["ABC1234 - | - - - - -"]),
    # the whole sentence
    (
        "He may be driving a white 2011 Chevrolet C1500 pickup with Texas license plate NNM 1622.",
        ["NNM1622 TX | 2011 Chevrolet C1500 white pickup"],
    ),
    (
        "black 2015 Audi A4 with Idaho plate 2J 83179, possibly headed toward Las Vegas",
        ["2J83179 ID | 2015 Audi A4 black -"],
    ),
    (
        "white four-door Cadillac with dark window tint and the license plate FXJ-1334",
        ["FXJ1334 - | - Cadillac - white 4D"],
    ),
    (
        "LICENSE PLATE...OKLAHOMA ABC123...2009 GREEN FORD EXPLORER",
        ["ABC123 OK | 2009 FORD EXPLORER GREEN -"],
    ),
    (
        "SUSPECT VEHICLE IS A RED 2006 JEEP GRAND CHEROKEE BEARING KANSAS TAG 482KTB. CALL 911.",
        ["482KTB KS | 2006 JEEP GRAND CHEROKEE RED -"],
    ),
    (
        "Make: Toyota Model: 4Runner Color: Silver Year: 2018 Plate: 482KTB (KS)",
        ["482KTB KS | 2018 Toyota 4Runner Silver -"],
    ),
    (
        "A dark blue Honda CR-V, Missouri license plate 7GH T21, left north on US-54 at 8:15 PM.",
        ["7GHT21 MO | - Honda CR-V dark blue -"],
    ),
    (
        "Gray 2019 Dodge Grand Caravan, Kansas dealer tag D1234A",
        ["D1234A KS | 2019 Dodge Grand Caravan Gray -"],
    ),
    (
        "Kansas temporary tag B123456, tan Chevy Silverado 1500",
        ["B123456 KS | - Chevy Silverado 1500 tan -"],
    ),
    (
        "Plate State: Florida, Plate: Z12ABC, Vehicle Year: 2014, Vehicle Make: Kia, "
        "Vehicle Model: Rio, Vehicle Color: White",
        ["Z12ABC FL | 2014 Kia Rio White -"],
    ),
    (
        "VEHICLE...2012 FORD F150...BLACK...TEXAS LICENSE PLATE\nNUMBER ABC1234...CREW CAB.",
        ["ABC1234 TX | 2012 FORD F150 BLACK -"],
    ),
    (
        "A 3 YEAR\nOLD GIRL...3 FEET TALL...35 POUNDS...LAST SEEN WEARING A PINK\nSHIRT AND "
        "BLUE JEANS. TAKEN BY JOHN DOE...6 FEET 2...DOB 3/14/1990 IN A 2008 SILVER CHEVROLET\n"
        "IMPALA...KANSAS LICENSE 482 KTB...NORTHBOUND ON HIGHWAY\nK-15 NEAR MILE MARKER 12. CALL "
        "1-800-555-0143. REFER TO CASE 26-12345.",
        ["482KTB KS | 2008 CHEVROLET IMPALA SILVER -"],
    ),
    # two vehicles, trailers
    ("Plates KS 482KTB and MO 7GHT21", ["482KTB KS | - - - - -", "7GHT21 MO | - - - - -"]),
    (
        "LIC/482KTB (KS) Blue Nissan Versa; LIC/ABC1234 (TX) Red Ford Focus",
        ["482KTB KS | - Nissan Versa Blue -", "ABC1234 TX | - Ford Focus Red -"],
    ),
    (
        "In a blue 2014 Buick LaCrosse, plate 482KTB, or a white Ford F-150, plate MO 7GHT21",
        ["482KTB - | 2014 Buick LaCrosse blue -", "7GHT21 MO | - Ford F-150 white -"],
    ),
    (
        "silver Honda CR-V, Kansas tag 482KTB, towing a white utility trailer, plate 12345T",
        ["482KTB KS | - Honda CR-V silver -", "12345T - | - - - white trailer"],
    ),
    # parts of plates whose place is said
    ("license plate starting with 7AB", ["7AB* - | - - - - -"]),
    ("Kansas plate beginning with the numbers 482", ["482* KS | - - - - -"]),
    ("tag ending in KTB", ["*KTB - | - - - - -"]),
    ("plate begins with 48 and ends with TB", ["48*TB - | - - - - -"]),
    ("partial plate 7AB?2*", ["7AB?2* - | - - - - -"]),
    ("last three digits of the plate are unknown, plate 482___", ["482??? - | - - - - -"]),
    # Spanish
    (
        "camioneta Ford F-150 color rojo con placas de Texas ABC 1234",
        ["ABC1234 TX | - Ford F-150 Red camioneta"],
    ),
    (
        "sedán azul marca Nissan Versa 2014, placa: ABC-1234 (TX)",
        ["ABC1234 TX | 2014 Nissan Versa Blue sedan"],
    ),
    ("Matrícula de Nuevo México ABC123, Honda Civic gris", ["ABC123 NM | - Honda Civic Gray -"]),
    ("con número de placa 482KTB del estado de Kansas", ["482KTB KS | - - - - -"]),
    ("Tablilla ABC 123, Toyota Corolla blanco", ["ABC123 - | - Toyota Corolla White -"]),
    # no plate: by description
    ("Unknown plate, white van, north on I-35", ["- - | - - - white van"]),
    ("no license plate. 2004 gold Toyota Camry", ["- - | 2004 Toyota Camry gold -"]),
    ("last seen in a dark colored Ford Explorer, black", ["- - | - Ford Explorer black -"]),
    ("una furgoneta blanca sin placas", ["- - | - - - White van"]),
    ("left in an older model red pickup truck", ["- - | - - - red pickuptruck"]),
]

UNSURE: list[tuple[str, list[str]]] = [
    ("partial plate 7AB", ["*7AB*"]),
    ("Kansas plate containing 48K", ["*48K*"]),
    ("license plate starting with 7A", ["7A*"]),
    ("plate 482KTB or 482KIB", ["482KTB", "482KIB"]),
    ("Kansas license plate 482KTB or Missouri license plate 7GHT21", ["482KTB", "7GHT21"]),
    ("MO/7GH T21 or plate MO 7GH T2I", ["7GHT21", "7GHT2I"]),
    ("Lic plate is:KS482KTB", ["KS482KTB"]),
    ("possibly Kansas license plate 482KTB", ["482KTB"]),
    ("license plate may be 482KTB", ["482KTB"]),
    ("posible placa ABC1234", ["ABC1234"]),
    ("The vehicle is no longer bearing plate 482KTB", ["482KTB"]),
    ("Disregard the earlier plate 482KTB", ["482KTB"]),
    ("The blue Nissan, plate 482KTB, was found abandoned", ["482KTB"]),
    ("AMBER Alert KS 482KTB 2014 Blu Buick LaCrosse", ["482KTB"]),
    ("Blue Nissan Versa 482KTB", ["482KTB"]),
    ("blue Nissan Versa with 482KTB last seen", ["482KTB"]),
    ("Kansas plate 482KTB (MO)", ["482KTB"]),
    ("license plate 123", ["123"]),
    ("LIC/ABC 2014 FORD FOCUS BLUE", ["ABC2014"]),
    ("plate 482KTB (unconfirmed)", ["482KTB"]),
    ("license plate 482KTB?", ["482KTB"]),
    ("placas AB-12-34 Estado de México", ["AB1234"]),
    ("PLATE 482 CALL 911", ["482"]),
    ('vanity plate "LUVDOGS"', ["LUVDOGS"]),
    ("license plate 482KTB is incorrect", ["482KTB"]),
    ("la placa ya no es ABC1234", ["ABC1234"]),
    ("plate ABC\n1234", ["ABC1234"]),
    ("plate CA 1234", ["1234"]),
]

NOTHING = [
    "LICENSE PLATE UNKNOWN. CALL 911 IF SEEN.",
    "License plate: UNK",
    "The plate is not known. 2 suspects.",
    "driver's license number K00123456",
    "Call 316-555-1212 or 1-800-THE-LOST (1-800-843-5678)",
    "last seen on I-70 near US-54 and K-96 at exit 127",
    "Jane Lincoln, 8 years old, 4 feet 2, 60 pounds, last seen at 12:30 PM wearing a red shirt",
    "case number 26AB1234, incident 2026-001234",
    "born 03/14/2019, missing since 11/21/2026 2015 hours",
    "a reward of $25000 is offered",
    "AMBER ALERT AMBER ALERT THIS IS NOT A TEST",
    "1400 Lincoln Street, Dodge City, Kansas 67801",
    "a license plate reader hit at 8:15 PM on I-35",
    "license plate readers in 3 counties, call 620-555-0100",
    "black male, blue jeans, white shirt, red hat",
    "male 5FT10 180LBS brown hair blue eyes",
    "www.amberalert.gov/KS12AB3 or tips@kbi.ks.gov",
    "VIN 1G1ZT54834F123456",
    "sin placa. Llame al 911.",
    "placa desconocida",
    "plate: none, vehicle: unknown",
    "a dog tag and a name tag 12345",
    "In Kansas City, MO 64101 and Topeka, KS 66603",
    "Ford County sheriff deputy Ram Lincoln said",
    "wearing a Ford cap and a Kia jacket",
    "home plate at field 12AB",
    "Red River Street, Black Hawk County, White Oak Drive",
    "license plate 911",
    "license plates from 2 different states",
    "a dark trailer hitch, towing a trailer",
    "KAMR TV 4, KS 12, FM 1431",
    "Alerta AMBER: niña de 4 años, 40 libras, cabello negro",
    "On 21st Street at 4TH Ave NW",
]


def shown(one: Vehicle) -> str:
    fields = " ".join(v or "-" for v in (one.year, one.make, one.model, one.color, one.style))
    return f"{one.name or '-'} {one.state or '-'} | {fields}"


def doubtful(text: str) -> list[str]:
    return [v.name for v in read_text(text) if not v.sure]


@pytest.mark.parametrize(("text", "vehicles"), SURE, ids=[t for t, _ in SURE])
def test_what_is_sure(text: str, vehicles: list[str]) -> None:
    assert [shown(v) for v in read_text(text)] == vehicles
    assert doubtful(text) == []


@pytest.mark.parametrize(("text", "plates"), UNSURE, ids=[t for t, _ in UNSURE])
def test_what_goes_to_a_person(text: str, plates: list[str]) -> None:
    assert doubtful(text) == plates
    assert [v.name for v in read_text(text) if v.sure and v.name] == []
    assert all(v.why for v in read_text(text) if not v.sure)


@pytest.mark.parametrize("text", NOTHING)
def test_what_is_no_vehicle(text: str) -> None:
    assert [shown(v) for v in read_text(text)] == []


@pytest.mark.parametrize("text", NOTHING)
def test_what_is_no_plate_is_none_beside_a_vehicle_either(text: str) -> None:
    beside = f"{text}. A blue 2014 Buick LaCrosse, plate 482KTB. {text}"
    assert [v.name for v in read_text(beside) if v.name] == ["482KTB"]


@pytest.mark.parametrize(
    ("text", "place"),
    [("tag number FL 12AB34 seen", "12AB34"), ("placa: ABC-1234 (TX)", "ABC-1234"),
     ("MO/7GH T21", "7GH T21"), ("plate 7AB?2* today", "7AB?2*")],
)  # fmt: skip
def test_the_place_in_the_text(text: str, place: str) -> None:
    (one,) = read_text(text)
    assert text[one.start : one.end] == place


ENGLISH = "Suspect drives a blue 2014 Nissan Versa, Kansas license plate 482KTB."
SPANISH = "El sospechoso maneja un Nissan Versa azul 2014, placa de Kansas 482KTB."


def test_the_languages_of_an_alert_are_one_vehicle() -> None:
    found = read_alert([ENGLISH, SPANISH, "AMBER Alert", "LIC/482KTB (KS) Blue Nissan"])
    assert [shown(v) for v in found.vehicles] == ["482KTB KS | 2014 Nissan Versa blue -"]
    assert found.questions == ()


def test_languages_that_name_different_plates_are_a_question() -> None:
    found = read_alert([ENGLISH, SPANISH.replace("482KTB", "482KIB")])
    assert [v for v in found.vehicles if v.name] == []
    first, second = found.questions
    assert {c.plate for c in first.candidates} == {"482KTB", "482KIB"}
    assert [first.text[s:e] for s, e in first.marks] == ["482KTB"]
    assert [second.text[s:e] for s, e in second.marks] == ["482KIB"]


def test_a_text_with_fewer_vehicles_contradicts_nobody() -> None:
    both = "LIC/482KTB (KS) Blue Nissan Versa; LIC/ABC1234 (TX) Red Ford Focus"
    found = read_alert([both, "AMBER Alert: LIC/482KTB (KS) Blue Nissan"])
    assert [v.plate for v in found.vehicles] == ["482KTB", "ABC1234"]
    assert found.questions == ()


def test_a_part_of_a_plate_is_covered_by_the_whole_one() -> None:
    found = read_alert([ENGLISH, "plate starting with 482", "partial plate 2KT"])
    assert [v.name for v in found.vehicles] == ["482KTB"]
    assert found.questions == ()


def test_a_denial_in_one_text_outweighs_the_plate_in_another() -> None:
    found = read_alert([ENGLISH, "Correction: disregard plate 482KTB."])
    assert found.vehicles == ()
    assert found.questions


def test_two_texts_that_name_two_states_are_a_question() -> None:
    found = read_alert([ENGLISH, "LIC/482KTB (MO)"])
    assert [v for v in found.vehicles if v.plate] == []
    assert found.questions


def test_a_vehicle_without_a_plate_beside_one_with_a_plate() -> None:
    found = read_alert([ENGLISH, "He may have changed to a white Ford van. The Nissan is blue."])
    assert [shown(v) for v in found.vehicles] == [
        "482KTB KS | 2014 Nissan Versa blue -",
        "- - | - Ford - white van",
    ]


@pytest.mark.parametrize(
    ("text", "over"),
    [
        ("The AMBER Alert has been cancelled.", True),
        ("The child was found safe.", True),
        ("La alerta ha sido cancelada. La niña está sana y salva.", True),
        ("This alert remains in effect until cancelled.", False),
        ("If the child has been located call 911", False),
    ],
)
def test_an_alert_that_may_be_over_goes_to_a_person(text: str, over: bool) -> None:
    found = read_alert([ENGLISH, text])
    assert (found.vehicles == ()) is over
    assert bool(found.questions) is over


def test_an_over_long_text_is_read_in_bounded_time() -> None:
    for part in (
        "plate ",
        "KS ",
        "482 KTB ",
        "(",
        "7AB?",
        "plate 4 ",
        "Nissan ",
        "blue van ",
        "a" * 40,
    ):
        found = read_alert([part * (20_000 // len(part))])
        assert len(found.questions) <= 1


WORDS = st.sampled_from(
    [*sorted(STOP)[:60], "license plate", "LIC/", "tag", "placa", "482KTB", "ABC 1234", "KS",
     "Texas", "MO/", "7GH T21", "(", ")", "partial", "starting with", "?", "*", "_", "\n", ". ",
     "blue", "Nissan", "Versa", "2014", "van", "towing a trailer", "or", "and", "not", "found",
     "İ", "ﬁ", "ＡＢＣ１２３", "é", "\u0301", "½"]
)  # fmt: skip


@given(st.one_of(st.text(max_size=300), st.lists(WORDS, max_size=40).map(" ".join),
                 st.lists(WORDS, max_size=40).map("".join)))  # fmt: skip
def test_no_text_breaks_the_reader_and_every_mark_lies_within(text: str) -> None:
    for one in read_text(text):
        assert 0 <= one.start < one.end <= len(text)
        assert one.sure != bool(one.why)
        assert not (one.plate and one.pattern)
    reading = read_alert([text, text[::-1]])
    for question in reading.questions:
        assert all(0 <= s < e <= len(question.text) for s, e in question.marks)
    assert all(v.sure for v in reading.vehicles)


@given(st.from_regex(r"\A[A-Z]{3}[0-9]{3,4}\Z"), st.sampled_from(["KS", "TX", "MO", "NE"]))
def test_a_labeled_plate_is_found_and_unlabeled_it_never_is_sure(plate: str, state: str) -> None:
    (one,) = read_text(f"blue 2014 Nissan Versa, {state} license plate {plate}.")
    assert (one.plate, one.sure) == (plate, True)
    loose = read_text(f"He left with {plate} for {state} at noon.")
    assert all(not v.sure for v in loose)
    assert "plate" in LABEL
