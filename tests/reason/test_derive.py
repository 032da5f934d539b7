"""Dates of varying precision, and what loading derives from them and from claims, on small graphs made by hand."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import closing
import pytest
from closing import turtle
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Triple

from csto_graph import errors
from csto_graph.names import curie, iri
from csto_graph.rdf import terms
from csto_graph.reason import derive

DAYS = st.dates(min_value=date(1, 1, 1), max_value=date(9998, 12, 31))


def node(name: str) -> NamedNode:
    return NamedNode(iri(name))


def derived(text: str) -> dict[str, dict[str, Any]]:
    """Subject to property to what was derived: one value, or a sorted list of several."""
    found: dict[str, dict[str, list[str]]] = {}
    for triple in closing.derived(turtle(text)):
        value = triple.object
        shown = curie(value.value) + (f"@{value.language}" if isinstance(value, Literal) and value.language else "")
        found.setdefault(curie(triple.subject.value), {}).setdefault(curie(triple.predicate.value), []).append(shown)
    return {
        subject: {name: values[0] if len(values) == 1 else sorted(values) for name, values in told.items()}
        for subject, told in found.items()
    }


# -------------------------------------------------------------------------------------------------------------- dates


@given(DAYS)
def test_precisions_nest(day: date) -> None:
    """A day means itself and lies in its month, that in its year, never the other way; spans of neighbours touch."""
    text = day.isoformat()
    year, month, single = (terms.days(text[:length]) for length in (4, 7, 10))
    assert single == terms.Span(day, day + timedelta(days=1))
    assert [(span.end - span.start).days == 1 for span in (single, year, month)] == [True, False, False]
    pairs = [(single, month), (single, year), (month, year)]
    assert all(part.within(whole) and not whole.within(part) for part, whole in pairs)
    assert terms.moment(day) == f"{text}T00:00:00Z"
    for length, span in ((4, year), (7, month)):
        if span.end.year < 9999:
            assert terms.days(span.end.isoformat()[:length]).start == span.end


@pytest.mark.parametrize(
    "text",
    ["", "10", "0000", "9999", "2010-13", "2010-00", "2010-03-00", "2010-02-29", "2010-3-18", "2010-03-18Z", "-2010",
     "2010/03", "2010-03-", "２０１０", "2010-03-18T00:00:00", " 2010", "2010\n"],
)  # fmt: skip
def test_other_forms_are_refused(text: str) -> None:
    """No zone, no sign, no white space, no day that the calendar lacks, ASCII digits only."""
    with pytest.raises(ValueError):  # noqa: PT011 (the message is the calendar's own in part)
        terms.days(text)


# ------------------------------------------------------------------------------------------------------------- bounds


@pytest.mark.parametrize(("told", "expected"), [
    ('date "2010-03-18"^^xsd:date', "2010-03-18 2010-03-19 14686 2010-03-18"),
    ('date "2003-12"^^xsd:gYearMonth', "2003-12-01 2004-01-01 - 2003-12"),
    ('date "2004"^^xsd:gYear', "2004-01-01 2005-01-01 - 2004"),
    ('notBefore "2018-11"^^xsd:gYearMonth ; coop:notAfter "2019"^^xsd:gYear',
     "2018-11-01 2020-01-01 - [2018-11..2019]"),
    ('notBefore "2010-03-18"^^xsd:date ; coop:notAfter "2010-03-18"^^xsd:date',
     "2010-03-18 2010-03-19 14686 2010-03-18"),
    ('notBefore "2018"^^xsd:gYear', "2018-01-01 - - [2018..]"),
    ('notAfter "2018-10"^^xsd:gYearMonth', "- 2018-11-01 - [..2018-10]"),
    ('value "2006-03-05"^^xsd:date', "2006-03-05 2006-03-06 13212 2006-03-05"),
    *((told, "- - - -") for told in (
        'date "2010-13-45"^^xsd:date', 'date "2010"^^xsd:date', 'value "2010-03-18"', 'value "67"^^xsd:integer',
        'date "2010-03"^^xsd:gYear', 'value "2010"^^xsd:gYearMonth', 'value "2010-03-18T00:00:00Z"^^xsd:dateTime')),
])  # fmt: skip
def test_bounds(told: str, expected: str) -> None:
    """Half-open, as precise as told and no more; a day number only for a day; nothing from what is no date."""
    found = derived(f"event:x coop:{told} .").get("event:x", {})
    names = ("coop:earliest", "coop:latest", "coop:dayNumber", "coop:edtf")
    assert [found.pop(name, "-").removesuffix("T00:00:00Z") for name in names] == expected.split()
    assert found == {}


def test_bounds_name_their_premises_and_are_derived_once() -> None:
    """Each rests on the statements it was computed from, under the project's own rule; what is there is left alone."""
    given_ = turtle('event:x coop:notBefore "2018"^^xsd:gYear ; coop:notAfter "2019"^^xsd:gYear .')
    steps = closing.derived(given_)
    assert [(step.rule, step.premises) for step in steps.values()] == [("coop-bounds", tuple(given_))] * 3
    assert closing.derived([*given_, *steps]) == {}


# ---------------------------------------------------------------------------------------------------------- intervals

TERM = "membership:x a org:Membership ; coop:start event:a ; coop:end event:z . "


def interval(first: str, last: str, text: str = TERM) -> dict[str, str]:
    found = derived(text + (f"event:a {first} . " if first else "") + (f"event:z {last} ." if last else ""))[
        "membership:x"
    ]
    return {
        name.removeprefix("coop:"): value.removesuffix("T00:00:00Z") for name, value in found.items()
        if name not in ("coop:supportedBy", "coop:disputedIn")
    }  # fmt: skip


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ('coop:date "2017-11-30"^^xsd:date', 'coop:date "2018-11-08"^^xsd:date',
         "2017-11-30 2017-11-30 2018-11-08 2018-11-08 2017-11-30/2018-11-08"),
        ('coop:date "2003"^^xsd:gYear', 'coop:date "2017-04"^^xsd:gYearMonth',
         "2003-01-01 2003-12-31 2017-04-01 2017-04-30 2003/2017-04"),
        ('coop:date "2012-12-19"^^xsd:date', "a coop:StatusChange", "2012-12-19 2012-12-19 2012-12-19 - 2012-12-19/"),
        ('coop:notAfter "2016-11-22"^^xsd:date', 'coop:date "2017-11-30"^^xsd:date',
         "- 2016-11-22 2017-11-30 2017-11-30 [..2016-11-22]/2017-11-30"),
        ('coop:date "2019-11-28"^^xsd:date', 'coop:notAfter "2021-09"^^xsd:gYearMonth',
         "2019-11-28 2019-11-28 2019-11-28 2021-09-30 2019-11-28/[..2021-09]"),
    ],
    ids=["the day of hand-over is the new holder's", "unsharp ends part possible from certain",
         "an end at an unknown time", "a beginning known by a bound only", "an end known by a bound only"],
)  # fmt: skip
def test_intervals(first: str, last: str, expected: str) -> None:
    """Possible from, certain from, certain until, possible until, and the text."""
    names = ("possibleFrom", "certainFrom", "certainUntil", "possibleUntil", "edtf")
    wanted = {name: value for name, value in zip(names, expected.split(), strict=True) if value != "-"}
    assert interval(first, last) == wanted


OPEN = (
    "membership:x a org:Membership ; coop:start event:a ; org:member person:p ; coop:capacity post:p . "
    'source:d a coop:Source ; coop:date "2012-06"^^xsd:gYearMonth . source:u a coop:Source . '
)
BEGAN = 'event:a coop:date "2010-05-01"^^xsd:date . '
PLAN = 'event:a a coop:PlannedEvent ; coop:notBefore "2010-05-01"^^xsd:date ; coop:notAfter "2010-05-01"^^xsd:date . '
TERM_ENDS = (
    "event:t a coop:PlannedEvent ; coop:concerns membership:x ; coop:kind kind:planned-end-of-term ; "
    'coop:notBefore "2013-05"^^xsd:gYearMonth ; coop:notAfter "2013-05"^^xsd:gYearMonth . '
)


def holds(name: str, more: str, source: str = "d") -> str:
    return f"claim:{name} a coop:Claim ; coop:about membership:x ; coop:source source:{source} ; {more} . "


#: On the day of its beginning alone.
SEEN = "2010-05-01 2010-05-01 2010-05-02 2010-05-01 - -"
MEMBER, HELD = "coop:property org:member ; coop:value person:p", 'coop:heldOn "{}"^^xsd:date'.format


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (BEGAN, SEEN),
        (BEGAN + holds("c", MEMBER), "2012-06-01 2010-05-01 2012-06-02 2010-05-01 - -"),
        (BEGAN + holds("c", HELD("2011-03-01")), "2011-03-01 2010-05-01 2011-03-02 2010-05-01 - -"),
        (BEGAN + holds("c", f"{MEMBER} ; {HELD('2011-03-01')}"), "2011-03-01 2010-05-01 2011-03-02 2010-05-01 - -"),
        (BEGAN + holds("c", "coop:property coop:start ; coop:value event:a"), SEEN),
        (BEGAN + holds("c", f"{MEMBER} ; coop:kind kind:opinion"), SEEN),
        (BEGAN + holds("c", HELD("2009-01-01")), SEEN),
        (BEGAN + holds("c", f"{MEMBER} ; coop:about event:m", "u") + 'event:m coop:date "2014"^^xsd:gYear .',
         "2014-01-01 2010-05-01 2014-01-02 2010-05-01 - -"),
        (BEGAN + holds("c", MEMBER) + holds("d", "coop:property org:member ; coop:value person:q", "u")
         + "conflict:k coop:joins claim:c, claim:d ; coop:accepts claim:d .", SEEN),
        (BEGAN + "signature:s coop:signer person:p ; coop:capacity post:p ; coop:signedAt event:s . "
         'event:s a coop:Signing ; coop:date "2011-02-03"^^xsd:date .',
         "2011-02-03 2010-05-01 2011-02-04 2010-05-01 - -"),
        (BEGAN + 'event:e coop:concerns membership:x ; coop:date "2011-02-03"^^xsd:date .',
         "2011-02-03 2010-05-01 2011-02-04 2010-05-01 - -"),
        (PLAN, "- - - 2010-05-01 - -"),
        (PLAN + holds("c", MEMBER) + holds("b", HELD("2010-06-01")),
         "2012-06-01 2010-06-01 2012-06-02 2010-05-01 - -"),
        (BEGAN + TERM_ENDS, "2010-05-01 2010-05-01 2010-05-02 2010-05-01 2013-05-01 2013-05-31"),
        (BEGAN + TERM_ENDS + holds("c", HELD("2015-01-01")), "2015-01-01 2010-05-01 2015-01-02 2010-05-01 - -"),
        (BEGAN + TERM_ENDS.replace("coop:kind kind:planned-end-of-term ; ", "").replace(
            "coop:concerns membership:x ; ", "") + "membership:x coop:end event:t .",
         "2010-05-01 2010-05-01 2010-05-02 2010-05-01 2013-05-01 2013-05-31"),
        (PLAN + 'membership:x coop:end event:z . event:z coop:date "2012-01-01"^^xsd:date . '
         + holds("c", HELD("2011-01-01")), "- 2011-01-01 2012-01-01 2010-05-01 2012-01-01 2012-01-01"),
    ],
    ids=["its beginning", "date of a source", "a day of which a claim speaks", "rather than of its source",
         "a claim about something else", "an opinion", "an announcement", "an event", "a claim that lost",
         "a signature", "an extension", "only planned", "planned and then seen", "a term", "beyond its term",
         "a planned end", "planned, seen and over"],
)  # fmt: skip
def test_evidence_reaches_so_far(told: str, expected: str) -> None:
    """Known on, certain from, certain until, presumed from, presumed until, possible until."""
    names = ("knownOn", "certainFrom", "certainUntil", "presumedFrom", "presumedUntil", "possibleUntil")
    found = interval("", "", OPEN + told)
    assert [found.get(name, "-") for name in names] == expected.split()


@pytest.mark.parametrize(("event", "expected"), [
    ('coop:Adoption ; coop:date "2016-11-21"^^xsd:date', "adopted 2016-11-21 2016-11-21 2016-11-22"),
    ('coop:Signing ; coop:notAfter "2018-11"^^xsd:gYearMonth', "signed [..2018-11] - 2018-12-01"),
    ('coop:EntryIntoForce ; coop:date "2003"^^xsd:gYear', "enteredIntoForce 2003 2003-01-01 2004-01-01"),
    ('coop:PlannedEvent ; coop:date "2018"^^xsd:gYear', "signed - - -"), ("coop:Adoption", "adopted - - -"),
])  # fmt: skip
def test_dates_of_a_document_are_those_of_its_events(event: str, expected: str) -> None:
    """With the bounds; what is planned gives none."""
    found = derived(f"event:e a {event} ; coop:concerns instrument:a .").get("instrument:a", {})
    verb, *dates = expected.split()
    names = (f"coop:{verb}{end}" for end in ("On", "NotBefore", "Before"))
    assert [found.pop(name, "-").removesuffix("T00:00:00Z") for name in names] == dates
    assert found == {}


def test_bounds_that_are_no_dates_are_survived() -> None:
    """Someone's file may hold anything where a bound belongs; it is then as good as unknown."""
    text = TERM + 'event:a coop:earliest "a" ; coop:latest 7, "0001-01-01" . event:z coop:date "2018-11-08"^^xsd:date.'
    assert derived(text)["membership:x"] == {
        "coop:certainUntil": "2018-11-08T00:00:00Z", "coop:possibleUntil": "2018-11-08T00:00:00Z",
        "coop:edtf": "/2018-11-08",
    }  # fmt: skip


@given(DAYS, DAYS, st.sampled_from((4, 7, 10)), st.sampled_from((4, 7, 10)))
def test_certain_lies_within_possible(one: date, other: date, first: int, last: int) -> None:
    """Whatever the precisions: what is certain is also possible, and an earlier holder is over when the next begins."""
    start, end = sorted((one, other))
    told = [f"coop:date {terms.dated(text)}" for text in (start.isoformat()[:first], end.isoformat()[:last])]
    found = interval(*told)
    assert found["possibleFrom"] <= found["certainFrom"]
    assert found["certainUntil"] <= found["possibleUntil"]
    assert found["possibleFrom"] <= start.isoformat() <= found["certainFrom"]
    assert found["certainUntil"] <= end.isoformat() <= found["possibleUntil"]


# ------------------------------------------------------------------------------------------------------------- labels

TEMPLATE = 'coop:Signing coop:labelTemplate "Signing of {coop:concerns}"@en, "Подписание: {coop:concerns}"@ru . '
PACT = 'document:d skos:prefLabel "pact"@en, "пакт"@ru . '
SIGNED = f"{TEMPLATE}{PACT} event:x a coop:Signing ; coop:concerns document:d . "
AREAS = 'coop:Coverage coop:labelTemplate "Areas of {^coop:hasCoverage}: {coop:area}, {coop:area/skos:broader}"@en . '
CHANGE = (
    'coop:Act coop:labelTemplate "{coop:kind}: {coop:concerns}, {coop:edtf}"@en . kind:k skos:prefLabel "gift"@en . '
)


@pytest.mark.parametrize(
    ("text", "thing", "expected"),
    [
        (SIGNED, "event:x", ["Signing of pact@en", "Подписание: пакт@ru"]),
        (SIGNED + 'event:x skos:prefLabel "The great day"@en .', "event:x", "Подписание: пакт@ru"),
        (AREAS + "coverage:c a coop:Coverage ; coop:area area:b, area:a . document:d coop:hasCoverage coverage:c . "
         'area:a skos:prefLabel "arms"@en ; skos:broader area:w . area:b skos:prefLabel "borders"@en ; '
         f'skos:broader area:w . area:w skos:prefLabel "crime"@en . {PACT}',
         "coverage:c", "Areas of pact: arms, borders, crime@en"),
        (CHANGE + "event:x a coop:Act ; coop:kind kind:k .", "event:x", "Gift@en"),
        (CHANGE + "event:x a coop:Act .", "event:x", None),
        (CHANGE + 'event:x a coop:Act ; coop:kind kind:k ; coop:date "2006-06"^^xsd:gYearMonth .', "event:x",
         "Gift, 2006-06@en"),
        ('coop:Act coop:labelTemplate "about {coop:concerns}"@en . event:x a coop:Act ; coop:concerns event:y . '
         "event:y a coop:Act ; coop:concerns event:x .", "event:x", "About About About About x@en"),
        (SIGNED + 'coop:Conflict coop:labelTemplate "Dispute: {coop:about}"@en . '
         "conflict:c a coop:Conflict ; coop:about event:x .", "conflict:c", "Dispute: Signing of pact@en"),
    ],
    ids=["a label in each language", "an own label wins, language by language", "paths, back and on, values in order",
         "what is missing leaves no punctuation", "where all is missing there is none", "what was derived before",
         "two that need each other come to an end", "a label of a label"],
)  # fmt: skip
def test_labels_from_templates(text: str, thing: str, expected: str | list[str] | None) -> None:
    """The braces are filled with the labels of what the property leads to, in the language of the template."""
    assert derived(text).get(thing, {}).get("skos:prefLabel") == expected


def test_the_preferred_label_is_the_label_and_no_other_name_is() -> None:
    """A written one and one that was made; an alternative or hidden label, and what is no text, are none."""
    found = derived(
        f'{SIGNED}document:d skos:altLabel "the pact"@en ; skos:hiddenLabel "pakt"@en . '
        'document:e skos:altLabel "deal"@en . document:f skos:prefLabel document:d .'
    )
    labels = {subject: told["rdfs:label"] for subject, told in found.items() if "rdfs:label" in told}
    assert labels == {"document:d": ["pact@en", "пакт@ru"], "event:x": ["Signing of pact@en", "Подписание: пакт@ru"]}


def test_templates_and_claims_that_multiply_end_at_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Labels made of labels made of labels, and claims of which each is compared with each."""
    monkeypatch.setattr(derive, "MOST_VALUES", 10_000)
    places = "{coop:concerns}" * 30
    loop = f'coop:Act coop:labelTemplate "{places}"@en . event:x a coop:Act ; coop:concerns event:x, event:y . '
    claims = "".join(
        f"claim:c{at} a coop:Claim ; coop:about event:x ; coop:property coop:votes ; coop:value {at} . "
        for at in range(3000)
    )
    assert derived(claims[:9_000].rpartition("claim:")[0])
    monkeypatch.setattr(derive, "MOST_VALUES_EACH", 100)
    for text in (loop + loop.replace("event:x", "event:y"), claims):
        with pytest.raises(errors.LimitReached, match="too many values"):
            derived(text)


# -------------------------------------------------------------------------------------------- support, corroboration


def test_claims_support_what_they_are_about() -> None:
    """Not an opinion; each thing that the claim is about; with the statement as premise."""
    text = """claim:a a coop:Claim ; coop:about event:x, document:d .
        claim:b a coop:Claim ; coop:about event:x ; coop:kind kind:opinion ."""
    claim, about, by = map(node, ("claim:a", "coop:about", "coop:supportedBy"))
    steps = {triple: step for triple, step in closing.derived(turtle(text)).items() if triple.predicate == by}
    for thing in (node("event:x"), node("document:d")):
        step = steps.pop(Triple(thing, by, claim))
        assert (step.rule, step.premises) == ("coop-support", (Triple(claim, about, thing),))
    assert steps == {}


SOURCES = (
    "source:un a coop:Source ; dcterms:publisher publisher:un . "
    "source:un2 a coop:Source ; dcterms:publisher publisher:un . "
    "source:tass a coop:Source ; dcterms:publisher publisher:tass . "
    "source:blog a coop:Source ; dcterms:publisher publisher:blog ; coop:relays publisher:un . "
    "source:wiki a coop:Source ; dcterms:publisher publisher:wiki ; coop:kind kind:reprint . "
    "source:page a coop:PinnedSource ; dcterms:publisher publisher:csto . passage:1-2 oa:hasSource source:page . "
)


def claim(name: str, source: str, value: str = "", more: str = "") -> str:
    where = "coop:passage passage:1-2" if source == "page" else f"coop:source source:{source}"
    stated = f"; coop:property coop:date ; coop:value {value} " if value else ""
    return f"claim:{name} a coop:Claim ; coop:about event:x ; {where} {stated}{more}. "


DAY, MONTH, OTHER = '"2006-04-05"^^xsd:date', '"2006-04"^^xsd:gYearMonth', '"2006-03-05"^^xsd:date'


def verdicts(text: str) -> dict[str, str]:
    return {
        name.removeprefix("claim:"): told["coop:corroboration"].removeprefix("corroboration:")
        for name, told in derived(SOURCES + text).items()
        if "coop:corroboration" in told
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (claim("a", "un", DAY), "single-source"),
        (claim("a", "un", DAY) + claim("b", "tass", DAY), "confirmed confirmed"),
        (claim("a", "un", DAY) + claim("b", "un2", DAY), "single-publisher single-publisher"),
        (claim("a", "un", DAY) + claim("b", "tass", MONTH), "consistent consistent"),
        (claim("a", "un", DAY) + claim("b", "tass", MONTH) + claim("c", "blog", DAY),
         "consistent consistent consistent"),
        (claim("a", "blog", DAY) + claim("b", "tass", DAY), "confirmed confirmed"),
        (claim("a", "un", DAY) + claim("b", "tass", MONTH, "; coop:restates claim:a "), "consistent consistent"),
        (claim("a", "un", DAY) + claim("b", "tass", OTHER), "single-source single-source"),
        (claim("a", "un", DAY) + claim("b", "wiki", DAY), "single-source confirmed"),
        (claim("a", "page", DAY) + claim("b", "un", DAY), "confirmed confirmed"),
        (claim("a", "un") + claim("b", "tass", "", "; coop:restates claim:a "), "confirmed confirmed"),
        (claim("a", "un") + claim("b", "un2", "", "; coop:restates claim:a "), "single-publisher single-publisher"),
        (claim("a", "un") + claim("b", "tass"), "single-source single-source"),
        (claim("a", "un", DAY) + claim("b", "tass", DAY, "; coop:kind kind:opinion "), "single-source"),
        (claim("a", "un", DAY) + claim("b", "tass", DAY).replace("event:x", "event:y"), "single-source single-source"),
        (claim("a", "un", DAY) + claim("b", "tass", DAY).replace("coop:date", "coop:notAfter"),
         "single-source single-source"),
    ],
    ids=["alone", "two voices", "one publisher twice", "month and day", "a page that relays another",
         "the one it relays is a voice", "restated, less precisely", "different days", "reprint", "passage", "restated",
         "restated by itself", "no value", "opinion", "of another thing", "of another property"],
)  # fmt: skip
def test_corroboration(text: str, expected: str) -> None:
    """Independent publishers count, pages of one do not, nor reprints, nor opinions; a month does not confirm a day."""
    assert verdicts(text) == dict(zip("abc", expected.split(), strict=False))


JOINED = claim("right", "un", DAY) + claim("too", "tass", DAY) + claim("wrong", "page", OTHER)
RESTATED = claim("too", "tass", "", "; coop:restates claim:right ")
WITHOUT_VALUES = claim("right", "un") + RESTATED + claim("wrong", "page")
ALL = "conflict:c coop:joins claim:right, claim:too, claim:wrong"
TWO = "coop:joins claim:right, claim:wrong ; coop:accepts claim"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{JOINED}{ALL} ; coop:accepts claim:right .", "confirmed confirmed contradicted"),
        (f"{WITHOUT_VALUES}{ALL} ; coop:accepts claim:right .", "confirmed confirmed contradicted"),
        (f"{JOINED}{ALL} ; coop:open true .", "contradicted contradicted contradicted"),
        (f"{JOINED}conflict:c {TWO}:right . conflict:d {TWO}:wrong .", "contradicted confirmed contradicted"),
    ],
    ids=["decided", "decided, without values", "open", "one lost is enough"],
)
def test_conflicts(text: str, expected: str) -> None:
    """The claim passed over is contradicted; the accepted one, and one that agrees with it or restates it, are not."""
    assert verdicts(text) == dict(zip(("right", "too", "wrong"), expected.split(), strict=True))


def test_order_of_statements_does_not_matter() -> None:
    """The same conclusions whatever the order in which statements come."""
    decided = "conflict:c coop:joins claim:right, claim:wrong ; coop:accepts claim:right . "
    given_ = turtle(f'{SOURCES}{JOINED}{SIGNED}{decided}event:x coop:date "2006-04-05"^^xsd:date .')
    forward, backward = closing.derived(given_), closing.derived(given_[::-1])
    assert len(forward) > 10
    assert set(forward) == set(backward)
