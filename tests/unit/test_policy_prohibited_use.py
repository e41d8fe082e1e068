"""What free text says a prohibited use, and what must never be taken for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.prohibited import why_prohibited_use

IMMIGRATION = (
    "immigration enforcement", "Assist ICE", "ICE detainer", "vehicle wanted by ICE", "ICE",
    "deportation", "deported felon, reentry", "to deport", "Deport him", "Undocumented driver",
    "illegal alien", "illegals at the plant", "visa overstay", "civil immigration warrant",
    "request from Border Patrol", "removal order", "illegal entry into the US",
    "on behalf of CBP", "287(g)", "287g task force",
    "immigrant family", "final removal order", "turn over to ICE after arrest", "EIV", "edf-p",
    "I.M.M.I.G.R.A.T.I.O.N", "i m m i g r a t i o n status", "\uff29mmigration check",
    "IMMIGRATIÓN", "hit and run, also immigration check", "criminal alien, robbery",
    "not only immigration enforcement",
    "HSI request", "H.S.I. wants him", "homeland security investigations wants it",
    "customs and border protection", "Customs & Border Protection hold", "CBP", "border patrol",
    "no papers", "driver without papers", "1CE hold", "1mmigrat10n check", "i11egal alien",
    "per ICE", "ICE is looking for him", "ICE wants him for robbery",
    "HSI request, human trafficking", "Homeland Security request", "refugees",
    "migrants at the motel", "not a citizen", "non-citizen", "green card expired", "sin papeles",
    "asylum seeker", "illegal workers at the plant", "undocumented, DUI", "undocumented felon",
    "immigrant, not a victim", "no papers, not stolen",
    "immigrants on welfare", "immigrant, missing papers", "deported, reported missing",
)  # fmt: skip
TRAFFIC = (
    "traffic enforcement", "speeding", "Speeders on 5th", "speed camera violation",
    "unpaid parking tickets", "parking violation", "parking scofflaw", "expired registration",
    "Expired tags", "tag expired 2024", "suspended registration", "unpaid tolls", "toll evasion",
    "toll violator", "ran a red light", "red light running", "stop sign violation",
    "stop arm violation", "boot list",
    "no insurance", "uninsured motorist", "driving while suspended", "traffic warrants",
    "unpaid city fines", "seat belt violation", "illegally parked", "expired inspection",
    "parking", "Parking complaints", "no parking", "P4RKING tickets", "tolls owed", "tolls",
    "traffic", "traffic stops", "speed", "blocking a driveway", "registration check",
    "no inspection", "expired tags, no crime", "toll bills",
)  # fmt: skip
HARASSMENT = (
    "to harass him", "Intimidate the owner", "just to scare them", "teach him a lesson",
    "we want to get back at her", "monitor protesters", "track all local activists",
    "list of journalists", "intimidation of critics", "wants us to follow the protesters",
    "payback", "settle a score", "make her life miserable", "attended the protest",
    "rally attendees", "get even",
)  # fmt: skip
PROTECTED = (
    "Muslims", "Hispanic male", "suspicious black male in the neighborhood", "Mexican driver",
    "white people", "race", "religion", "sexual orientation", "race and religion",
    "because he is black", "because of her religion", "based solely on race", "watch the mosque",
    "monitor all Muslims, investigation", "mosque attendees", "racial profiling",
    "driver looks Arab", "gypsies in a van",
    "black couple", "white lady in the park", "gay couple", "Venezuelan", "looks foreign",
    "they do not belong in this neighborhood",
)  # fmt: skip
PERSONAL = (
    "my wife", "my ex girlfriend", "ex-girlfriend's new car", "ex wife", "estranged husband",
    "personal reasons", "personal use", "favor for a friend", "as a favor", "he owes me",
    "debt collection", "collect a debt", "repossession", "repo for a private party",
    "divorce case", "custody battle", "curious, just curiosity", "my neighbor parks here",
    "cheating spouse", "friend of mine", "private investigator asked", "my daughter's boyfriend",
    "wife's car", "wife\u2019s car", "my ex husband", "girlfriend", "where is his girlfriend",
    "tenant", "the tenants", "landlord wants it", "repo for the bank", "repo, not stolen",
    "ex's truck", "ex", "the neighbor's van", "my gf", "my truck", "behind on payments",
    "lienholder asks", "bail bondsman", "insurance claim", "girlfriend, case 26-11", "wif3's car",
    "my wife, not a stalking victim", "job applicant", "estranged partner",
)  # fmt: skip

ALLOWED = (
    # crimes in the words of traffic
    "officer involved traffic collision, hit and run", "hit and run at a red light",
    "ran a red light and fled after the shooting",
    "red light camera shows the robbery suspect fled",
    "speeding away from a burglary", "fatal collision, left the scene in the parking lot",
    "stolen vehicle with expired tags", "armed robbery at the Speedway", "parking lot shooting",
    "last seen near the toll road", "carjacking in parking garage B", "fled traffic stop, felony",
    "stolen from a no parking zone, expired registration", "toll plaza robbery",
    "drug trafficking", "human trafficking victim", "DUI, injury crash",
    # descriptions
    "race car trailer stolen", "race car, red with white stripes", "black SUV, white roof rack",
    "BLK/WHI sedan", "black driver side door", "white van", "brown truck",
    "vehicle with Mexican plates",
    "black male suspect, armed robbery", "person of interest, white male driver, case 26-1183",
    "locate Hispanic male suspect in robbery", "find Asian female, missing, age 70",
    "identify Latino driver, homicide", "Ferrari Roma stolen", "disabled vehicle plate DV",
    "Indian motorcycle stolen",
    "stolen ice cream truck", "ice machine stolen", "ice on windshield", "truck for ice cream",
    "selling ice, narcotics case", "VENICE FL stolen", "office burglary", "removal van",
    # places and names
    "Deport TX", "DEPORT TX, stolen tractor", "stolen in Deport, Texas",
    "Immigrant Street burglary",
    "owner Christian Miller, stolen", "Speed, KS: vehicle stolen", "Tolles Road",
    # people who are looked for or protected
    "missing endangered: dementia/disability", "missing child, Hispanic female, age 9",
    "missing adult with a disability", "welfare check, disabled adult", "AMBER Alert, ex-husband",
    "endangered runaway, last with mother's ex boyfriend", "parental abduction, custody dispute",
    "ex-boyfriend violated protection order", "stalking: victim's former husband",
    "harassment by telephone, suspect vehicle", "Harassment", "witness intimidation, case 26-77",
    "intimidation of a witness", "suspect returned to harass the victim",
    "victim of a hate crime based on race", "hate crime, mosque arson",
    "arson at a synagogue", "attack on a journalist",
    # near misses of personal use
    "person of interest, personal injury hit and run", "personal property stolen",
    "private property damage", "drug debt homicide", "repo agent shot at",
    "reported stolen, not a repo",
    "debt collector assaulted", "friendly fire", "divorced couple's car stolen",
    # who somebody is gives way to a crime against a person
    "victim is an undocumented immigrant, human trafficking", "immigrant family missing",
    "hate crime against a muslim woman", "stalking victim's ex boyfriend, protection order",
    "undocumented victim of domestic violence", "migrants held hostage", "refugee child missing",
    "robbery of an immigrant store owner", "labor trafficking, workers from Guatemala",
    "kidnapping, seen by Border Patrol", "Border Patrol agent assaulted", "CBP officer shot",
    "HSI task force, child exploitation", "immigration attorney murdered",
    "Immigrant Avenue, shots fired", "victim has no papers, sex trafficking",
    # ties to another person in a case
    "killed his wife", "girlfriend of the homicide suspect", "husband left with a gun, suicidal",
    "suspect's girlfriend's car", "tenant stole the appliances", "baby taken by mother's boyfriend",
    "boyfriend took her child", "wife of the missing man", "landlord assaulted by tenant",
    "neighbor saw the burglary", "reported by a neighbor", "beat his girlfriend",
    "ex-husband, no contact order", "family of five missing", "car taken without consent by her ex",
    # near misses of traffic, of papers, of a digit in a word
    "parking garage B", "seen parking behind the bank", "parking attendant struck, hit and run",
    "stolen trailer, no papers", "newspaper theft", "customs broker robbed",
    "Homeland Security tip: school threat", "West Coast Customs burglary", "MS13 homicide",
    "I70 eastbound, F150", "1ce cream truck stolen", "5TH and MAIN, 4X4", "R1CE County",
    "lieutenant asked for a second look", "white lady's purse snatched, robbery",
    "stolen from Insurance Auto Auction", "no front plate, blue sedan", "EXS", "date", "neighbor",
    "violated ERO, firearms", "welfare check on a refugee family",
    # agencies that name themselves
    "suspect impersonated an ICE agent during a kidnapping", "ICE HOUSE burglary",
    "No plate, blue F150, case 26-11", "no license plate on the trailer", "threat to a school",
    "firearm removal order", "illegal entry to a home, burglary", "felony warrant",
    "homicide, partial plate", "",
)  # fmt: skip

PURPOSES_REFUSED = (
    "Harassment", "Intimidation of witnesses' families", "Traffic", "Traffic safety", "Tolls",
    "Parking", "Speed", "Registration checks", "Border control", "Race", "Gender", "Sex",
    "Religion", "Disability", "Personal", "Private clients", "Immigration", "ICE", "Aliens",
    "Favors", "Debts",
    "HSI cases", "Immigrants missing", "Refugees", "Undocumented people",
    "toll-enforcement", "immigration_violator", "Protected classes",
)  # fmt: skip
PURPOSES_ALLOWED = (
    "Find missing, abducted or endangered people", "Recover stolen vehicles and plates",
    "Find people named in a warrant", "Investigate a crime that has been reported",
    "Sex offender registry", "sex-offender", "Sex offender registration",
    "Hate crimes (race, religion)",
    "Missing people with a disability", "Stalking and harassment", "Victims of intimidation",
    "Fatal traffic collisions", "Human trafficking", "Race cars stolen", "Personal injury crimes",
    "Threat screening", "Protective interest", "Gang file", "Supervised release", "hit-and-run",
)  # fmt: skip


@pytest.mark.parametrize(
    ("use", "text"),
    [
        *(("immigration", text) for text in IMMIGRATION),
        *(("traffic", text) for text in TRAFFIC),
        *(("harassment", text) for text in HARASSMENT),
        *(("protected class", text) for text in PROTECTED),
        *(("personal", text) for text in PERSONAL),
    ],
)
def test_a_text_that_says_a_prohibited_use_is_refused_in_words(use: str, text: str) -> None:
    why = why_prohibited_use(text)
    assert use in why
    assert "never used for" in why


@pytest.mark.parametrize("text", ALLOWED)
def test_an_ordinary_reason_is_never_refused(text: str) -> None:
    assert why_prohibited_use(text) == ""


@pytest.mark.parametrize("text", PURPOSES_REFUSED)
def test_a_purpose_is_judged_by_its_bare_words(text: str) -> None:
    assert why_prohibited_use(text, purpose=True)


@pytest.mark.parametrize("text", PURPOSES_ALLOWED)
def test_an_ordinary_purpose_or_category_is_never_refused(text: str) -> None:
    assert why_prohibited_use(text, purpose=True) == ""


@pytest.mark.parametrize("text", [*IMMIGRATION, *TRAFFIC, *HARASSMENT, *PROTECTED, *PERSONAL])
def test_no_prohibited_text_is_a_purpose(text: str) -> None:
    assert why_prohibited_use(text, purpose=True)


@given(
    before=st.sampled_from(["", "see ", "re: ", "BOLO "]),
    text=st.sampled_from(["immigration enforcement", "my ex wife", "illegal alien"]),
    after=st.text(max_size=30),
    crime=st.sampled_from(["", "robbery, ", "missing child; "]),
)
def test_what_no_context_excuses_is_refused_wherever_it_stands(
    before: str, text: str, after: str, crime: str
) -> None:
    assert why_prohibited_use(f"{before}{crime}{text} | {after}")


@given(st.text(max_size=200))
def test_any_text_gets_an_answer(text: str) -> None:
    assert isinstance(why_prohibited_use(text), str)
