"""What bolo is never used for, as free text says it: a reason, a purpose, the name of a category.

Immigration enforcement, traffic enforcement, harassment or intimidation, use based solely on a
protected class, and personal use are prohibited by the pages of Pittsburg KS and Hesston KS; Round
Rock TX rules out traffic enforcement, too. What a text says is found by its words, so this is a
guard-rail and no proof: it stops the honest mistake and the plain wish, and leaves a record of
both; whoever hides the reason behind other words is for the audit to find. What a policy allows is
its closed list of purposes, not everything that passes here.

Both directions were weighed. The words of a crime are often those of a prohibited use: a harassed
victim, a hit and run at a red light, a former husband who breaks a protection order, a suspect
described by skin color. So most rules give way when the text also names a crime, a missing person
or a case (`CONTEXT` in policy.use_words). Two never do: what is done for immigration enforcement,
and personal ties in the first person. Who somebody is by immigration status gives way to a crime
against a person alone, so that a trafficked immigrant can be looked for; "undocumented, DUI" is
refused. A text that says what it is *not* for is refused like one that says it is: nobody needs to
say it, since what is prohibited stays prohibited, and "not only for" would read the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from policy.use_words import (
    AGENCY,
    ASKS,
    CAR,
    CASE,
    CLASS,
    CONTEXT,
    FOR_ICE,
    GROUP,
    HARASS,
    INTIMATE,
    NEWCOMERS,
    NOT_ICE,
    OBSERVE,
    PEOPLE,
    PERSON,
    REGISTRATION,
    RELATION,
    SPEECH,
    TIE,
    TOWN,
    TRAIT,
    told,
)


class Rule(NamedTuple):
    """`said` refuses, unless `but` (a crime, a person's case, nothing) is in the text, too."""

    use: str
    said: re.Pattern[str]
    but: re.Pattern[str] | None = None


def _rule(use: str, said: str, but: re.Pattern[str] | None = None) -> Rule:
    return Rule(use, re.compile(rf"\b(?:{said})\b"), but)


_IMMIGRATION, _TRAFFIC = "immigration enforcement", "traffic enforcement"
_HARASSMENT, _PROTECTED = "harassment or intimidation", "use based on a protected class"
_PERSONAL = "personal use"

RULES: tuple[Rule, ...] = (
    _rule(  # what is done, and for whom: nothing excuses it
        _IMMIGRATION,
        r"IMMIGRATION(?! (?:LAWYER|ATTORNEY)S?\b)|ILLEGALS"
        r"|ILLEGAL(?:LY)? (?:ALIENS?|REENTRY|RE ENTRY"
        r"|(?:ENTRY |ENTERED )?(?:IN|INTO) THE (?:US|COUNTRY|UNITED STATES))"
        r"|(?:CRIMINAL|DEPORTABLE) ALIENS?"
        r"|DEPORT(?:ED|EES?|ABLE|ATIONS?|ING)|TO DEPORT|DEPORT (?:HIM|HER|THEM|AND|OR|OF)"
        rf"|^DEPORT(?! {TOWN}\b)(?= )|VISA OVERSTAYS?|OVERSTAYED (?:A |HIS |HER |THEIR )?VISA"
        r"|(?:CITIZENSHIP|MIGRANT|GREEN CARD) (?:STATUS|CHECK)|UNLAWFUL(?:LY)? PRESEN(?:T|CE)"
        r"|287 ?G|(?:FINAL |ORDER OF )REMOVAL (?:ORDER|PROCEEDINGS)|ORDERS? OF REMOVAL"
        r"|(?<!FIREARM )(?<!FIREARMS )(?<!GUN )REMOVAL ORDER"
        r"|ENFORCEMENT AND REMOVAL|CHECK(?:ING)? (?:HIS |HER |THEIR )?CITIZENSHIP"
        rf"|ICE (?:{ASKS}|AGENTS?|ARRESTS?|ASSIST\w*|ENFORCEMENT|ERO|OFFICERS?|OPERATIONS|RAIDS?"
        rf"|TASK FORCE|WARRANTS?|CUSTODY|FUGITIVES?)|{FOR_ICE}(?:ICE{NOT_ICE}|ERO|{AGENCY})"
        rf"|{AGENCY} {ASKS}|^ICE$|INMIGRA(?:CION|NTES?)|DEPORTACION(?:ES)?|DEPORTAD[AO]S?",
    ),
    _rule(  # who somebody is, which agency: a crime against a person excuses it
        _IMMIGRATION,
        rf"{NEWCOMERS}|NON ?CITIZENS?|NOT (?:A |US |AN? AMERICAN )*CITIZENS?|GREEN CARDS?"
        r"|UNDOCUMENTED(?! (?:DAMAGE|INJUR\w+|FEES?|REPAIRS?))|INDOCUMENTAD[AO]S?|SIN PAPELES"
        r"|ASYLUM SEEKERS?|EXPIRED VISA|VISA (?:HAS )?EXPIRED|BORDER (?:JUMP|HOPP|CROSS)ERS?"
        r"|ILLEGAL (?:WORKERS?|PERSONS?|PEOPLE|FAMIL\w+)"
        rf"|(?:IN|ENTERED) THE (?:US|COUNTRY) ILLEGALLY|{AGENCY}|(?:DHS|HOMELAND SECURITY) {ASKS}",
        PERSON,
    ),
    _rule(  # a stolen trailer has none either
        _IMMIGRATION,
        r"(?:NO|WITHOUT|LACKS|FAKE) (?:LEGAL |IMMIGRANT )?PAPERS",
        CONTEXT,
    ),
    _rule(
        _TRAFFIC,
        r"SPEEDING|SPEEDERS?|SPEED (?:ENFORCEMENT|CAMERAS?|VIOLAT\w+|TICKETS?|LIMIT|TRAP)"
        r"|EXCEEDING THE LIMIT"
        r"|PARKING (?:TICKETS?|VIOLAT\w+|FINES?|ENFORCEMENT|CITATIONS?|SCOFFLAWS?|BOOT|METERS?"
        r"|PERMITS?|DEBTS?|COMPLAINTS?|ISSUES?|PROBLEMS?|SWEEPS?|PATROLS?)|PARKING$"
        r"|ILLEGAL(?:LY)? PARK(?:ED|ING)|DOUBLE PARKED|EXPIRED METER"
        r"|BLOCK(?:S|ED|ING) (?:\w+ )?(?:DRIVEWAY|HYDRANT|FIRE LANE|SIDEWALK)"
        r"|(?:UNPAID|OUTSTANDING|OVERDUE) (?:(?:PARKING|TRAFFIC|TOLL|SPEEDING|CITY) )*"
        r"(?:TICKETS?|TOLLS?|FINES?|CITATIONS?|FEES?)|SCOFFLAWS?|BOOT LIST"
        r"|TOLLS? (?:EVASION|EVADERS?|EVADING|VIOLAT\w+|DEBTS?|JUMPERS?|ENFORCEMENT|CHEATS?"
        r"|COLLECTION|RUNN\w+|BILLS?)|TOLLS (?:OWED|DUE)|TOLLS$|^(?:TRAFFIC|SPEED)$|TRAFFIC STOPS?$"
        r"|(?:RED LIGHT|STOP SIGN|STOP ARM|HOV|BUS LANE|SEAT ?BELT|TINT|WINDOW TINT|EMISSIONS?"
        r"|NOISE|EXHAUST|MOVING|EQUIPMENT|CELL ?PHONE)"
        r" (?:VIOLAT\w+|CAMERAS?|TICKETS?|ENFORCEMENT|RUNN\w+)"
        r"|RED LIGHT|RAN (?:A |THE )?(?:RED|LIGHT|STOP SIGN)|NO SEAT ?BELT|TEXTING (?:AND|WHILE)"
        r"|NO (?:INSURANCE|INSPECTION|REGISTRATION|DRIVERS LICENSE|LICENSE(?! PLATE))"
        r"|(?:EXPIRED|LAPSED|OUT OF DATE|INVALID|SUSPENDED|REVOKED|CANCELL?ED) "
        rf"(?:(?:VEHICLE|LICENSE|CAR|DRIVERS?|STATE) )*{REGISTRATION}"
        rf"|{REGISTRATION} (?:IS |HAS |ARE )?(?:EXPIRED|LAPSED|SUSPENDED|REVOKED|VIOLAT\w+)"
        r"|UNREGISTERED (?:VEHICLES?|CARS?)|(?<!OFFENDER )REGISTRATION (?:CHECKS?|SWEEPS?)"
        r"|UNLICENSED DRIVERS?|UNINSURED(?: \w+)?|DRIVING WHILE (?:SUSPENDED|REVOKED|UNLICENSED)"
        r"|TRAFFIC (?:ENFORCEMENT|VIOLAT\w+|CITATIONS?|TICKETS?|INFRACTIONS?|OFFEN[SC]ES?|FINES?"
        r"|WARRANTS?|LAWS?|RULES?|CONTROL)",
        CONTEXT,
    ),
    _rule(
        _HARASSMENT,
        rf"(?:^|PLEASE |LETS |WE |I |WANT TO |JUST TO |ONLY TO |IN ORDER TO |SO AS TO ){HARASS}"
        rf"|^(?:TO )?{HARASS}|^(?:HARASSMENT|INTIMIDATION|REVENGE|RETALIATION)(?: OF\b.*)$"
        r"|PAYBACK|SETTLE (?:A |THE )?SCORE|(?:HIS|HER|THEIR) (?:LIFE|LIVES) (?:HELL|MISERABLE)"
        r"|(?:ATTENDED|ATTENDING|WENT TO) (?:A |THE )?(?:PROTEST|RALLY|DEMONSTRATION)"
        r"|(?:PROTEST|RALLY|DEMONSTRATION) (?:ATTENDEES|ATTENDANCE)"
        r"|TEACH (?:HIM|HER|THEM) A LESSON|MAKE (?:HIM|HER|THEM) (?:PAY|AFRAID|NERVOUS|SWEAT)"
        rf"|{OBSERVE} (?:ALL |THE |LOCAL |OF |ANY )*(?:POLITICAL )?{SPEECH}",
        CASE,
    ),
    _rule(
        _PROTECTED,
        rf"(?:BASED|SOLELY|ONLY) (?:(?:SOLELY|ONLY|PURELY) )?(?:ON|BY|BECAUSE OF|FOR) "
        rf"(?:(?:HIS|HER|THEIR|THE|THEIRS) )?(?:{TRAIT}|PROTECTED CLASS\w*)"
        rf"|BECAUSE (?:OF )?(?:(?:HE|SHE|THEY|HES|SHES|THEYRE|IS|ARE|RE|S|A|AN|HIS|HER|THEIR) )*"
        rf"(?:{TRAIT}|{CLASS}|(?:BLACK|WHITE|BROWN|DISABLED)(?! \w*(?:CAR|SUV|VAN|TRUCK|SEDAN)))"
        r"|(?:RACIAL|RELIGIOUS|ETHNIC) PROFILING"
        rf"|{OBSERVE} (?:ALL |THE |LOCAL |OF |ANY )*(?:{GROUP}|MOSQUES?|SYNAGOGUES?)"
        r"|(?:MOSQUE|SYNAGOGUE|CHURCH|TEMPLE) (?:ATTENDEES|ATTENDANCE|VISITORS|MEMBERS|GOERS)",
        told(r"(?:HATE|BIAS) CRIMES?|VICTIMS?"),
    ),
    _rule(
        _PROTECTED,
        rf"{CLASS}|(?:BLACK|WHITE|BROWN|COLORED|DISABLED|GAY|TRANS) {PEOPLE}"
        r"|(?:DOES NOT|DOESNT|DONT|DO NOT) BELONG (?:HERE|IN)|LOOKS? FOREIGN"
        rf"|^(?:{TRAIT}|PROTECTED CLASS\w*)(?: (?:AND|OR|{TRAIT}))*$",
        CASE,
    ),
    _rule(
        _PERSONAL,
        rf"MY (?:(?:OWN|OLD|BEST|GOOD|STEP|FORMER|EX|NEXT DOOR) )*{RELATION}|FRIENDS? OF MINE"
        rf"|^(?:(?:THE|AN?|OLD|NEW|HIS|HER) )*(?:EX|(?:EXS|{RELATION}) (?:NEW |OLD )?{CAR})$"
        r"|(?:FOR|AS) A (?:FRIEND|BUDDY|FAVOU?R)|OWES? ME|I AM (?:JUST )?CURIOUS"
        r"|(?:OUT OF|JUST|MERE) CURIOSITY|PERSONAL (?:USES?|REASONS?|MATTERS?|INTERESTS?"
        r"|FAVOU?RS?|BUSINESS|GRUDGE"
        r"|VENDETTA|PURPOSES?|GAIN|CURIOSITY)|PRIVATE (?:USE|MATTERS?|PURPOSES?|GAIN|CLIENTS?)"
        r"|(?:TENANT|EMPLOYEE|EMPLOYMENT|DATING) SCREENING|COMMERCIAL (?:USE|PURPOSES?)|MARKETING"
        r"|ADVERTISING|SELL(?:ING)? (?:THE |OUR )?DATA",
    ),
    _rule(
        _PERSONAL,
        rf"{INTIMATE}|(?:HIS|HER|AN|THE|OFFICERS|CHIEFS) EX",
        TIE,
    ),
    _rule(
        _PERSONAL,
        rf"MY (?:OWN |OLD )?{CAR}|DEBTS? COLLECT\w*|COLLECT\w* (?:A |THE |HIS |HER )*DEBTS?"
        r"|REPO|REPOS|REPOSSESS\w*|OWES? (?:\w+ )?MONEY|UNPAID (?:LOANS?|DEBTS?|RENT|BILLS?)"
        r"|(?:LOAN|CAR PAYMENT) DEFAULT\w*|BEHIND ON (?:\w+ )?(?:PAYMENTS?|RENT)|LIEN ?HOLDERS?"
        r"|CREDITORS?|FINANCE COMPANY|INSURANCE (?:COMPANY|CLAIMS?|ADJUSTER)|BAIL BOND\w*"
        r"|BOUNTY HUNT\w+|JOB APPLICANTS?|BACKGROUND CHECKS?"
        r"|DIVORC(?:E|ES|ED|ING)|CUSTODY (?:BATTLE|CASE|DISPUTE|FIGHT)"
        r"|CHEATING|INFIDELITY|AFFAIR|CIVIL (?:SUIT|LAWSUIT|PAPERS|DISPUTE)|EVICTIONS?"
        r"|PROCESS SERV\w+|PRIVATE INVESTIGAT\w+",
        CONTEXT,
    ),
)
"""Every rule, in the order in which they are asked."""

PURPOSE_RULES: tuple[Rule, ...] = (
    _rule(
        _HARASSMENT,
        r"(?<!STALKING AND )(?<!STALKING OR )(?<!PROTECTION FROM )(?<!VICTIMS OF )(?<!CRIMES OF )"
        r"(?:HARASS\w*|INTIMIDAT\w*)|RETALIAT\w*|REVENGE",
    ),
    _rule(
        _PROTECTED,
        r"RAC(?:E|IAL)(?! (?:CARS?|TRACKS?|TEAMS?|STRIPES?|TRAILERS?)\b)|ETHNIC\w*|RELIGIO\w+"
        r"|GENDER|SEX(?! (?:OFFEN\w+|CRIMES?|ASSAULTS?|TRAFFICK\w+|OFF)\b)|SEXUAL ORIENTATION"
        r"|NATIONAL ORIGIN|NATIONALITY|ANCESTRY|PROTECTED CLASS\w*",
        told(r"(?:HATE|BIAS) CRIMES?"),
    ),
    _rule(_PROTECTED, r"DISABILIT\w+|DISABLED", CONTEXT),
    _rule(
        _IMMIGRATION,
        rf"DEPORT|ALIENS?|{NEWCOMERS}|UNDOCUMENTED|BORDER|ICE|{AGENCY}",
    ),
    _rule(
        _TRAFFIC,
        r"TOLLS?|PARKING|SPEED|TRAFFIC(?! (?:COLLISIONS?|CRASH\w*|DEATHS?|FATALIT\w+)\b)"
        r"|(?<!OFFENDER )REGISTRATIONS?",
    ),
    _rule(_PERSONAL, r"PERSONAL(?! INJUR\w+)|PRIVATE(?! PROPERTY)|DEBTS?|FAVOU?RS?"),
)
"""Asked beside RULES of a purpose or a category: what is done, not the story of one case."""

_LETTERED = re.compile(r"\b(?:[A-Z] ){2,}[A-Z]\b")
_MIXED = re.compile(r"\b(?=\d*[A-Z])(?=[A-Z]*\d)[A-Z0-9]{3,}\b")
_DIGITS = [str.maketrans("013457", letters) for letters in ("OIEAST", "OLEAST")]
"""A digit for the letter that it looks like, in a word of both: 1CE, i11egal."""
_IMPERSONATED = re.compile(r"\bIMPERSONAT\w* (?:OF )?(?:AN? )?ICE (?:AGENTS?|OFFICERS?)\b")


def use_in(words: str, *, purpose: bool = False) -> tuple[str, str]:
    """(the prohibited use, the words that say it) of a text in capitals with single blanks.

    ("", "") when none is said. `purpose`: the text names what is done (a purpose, a category, what
    an agreement is for), so that a bare "Harassment" is no crime under investigation but the use.
    """
    words = _LETTERED.sub(lambda found: found[0].replace(" ", ""), words)
    words = _IMPERSONATED.sub("IMPERSONATED", words)
    rules = (*RULES, *PURPOSE_RULES) if purpose else RULES
    readings = dict.fromkeys([words, *(_MIXED.sub(_read(digits), words) for digits in _DIGITS)])
    for reading in readings:
        for use, said, but in rules:
            found = said.search(reading)
            if found and not (but and but.search(reading)):
                return use, found[0]
    return "", ""


def _read(digits: dict[int, int]) -> Callable[[re.Match[str]], str]:
    return lambda found: found[0].translate(digits)
