"""A made-up graph of any size in the shape of the real one, the same bytes for the same size and seed.

    python -m benchmarks.generate FOLDER --triples 200000 [--seed 0] [--format turtle|nquads]

The graph is a row of *units*. A unit is two organizations that work together, with their bodies, states, people,
instruments, events, memberships and mechanisms, the pages that tell of them, what these claim, and where they
disagree. Its plan is `PLAN`, in the words of the ontology. Proportions follow the bundled data: eight units hold as
many things of a class as these do, three statements of four belong to claims, a fact has 0 to 6 claims with a value,
one claim of six stands in a passage of a pinned source, one of thirty takes part in a conflict, labels and statements
are in two languages, and dates are days, months, years or bounds. A unit refers to the one before it and to no other,
so that a thing has as many neighbours in a large graph as in a small one.

Nothing in it exists: names are drawn from syllables, addresses end in ``.example``. Names depend on the number of the
unit only, so that `QUESTIONS` fit every graph; dates, areas and the choice of sources depend on the seed.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple, TypeAlias

from csto_graph.names import PREFIXES

PART = 1_000_000
"""Triples of a file, about."""

LEAST = 2_000
"""The smallest graph: one unit with everything in it."""

FORMATS = {"turtle": ".ttl", "nquads": ".nq"}

Facts: TypeAlias = list[tuple[str, str]]
"""Predicate and value as in Turtle, with the prefixes of the project; ``a`` comes first."""

PLAN = """
* place:{p} coop:Place = {P} = {PP}
  dcterms:identifier "gazetteer:{number}1"
* place:{q} coop:Place = {Q} = {QQ}
* state:{s} coop:State = {S} = {SS}
  skos:altLabel "Republic of {S}"@en
  skos:altLabel "Республика {SS}"@ru
  dcterms:identifier "register:s{number}"
* state:{t} coop:State = {T} = {TT}
  skos:altLabel "Kingdom of {T}"@en
* organization:{o} coop:InternationalOrganization = {O} Organization = Организация «{OO}»
  skos:altLabel "{OA}"@en
  skos:altLabel "The {O} Pact"@en
  skos:altLabel "Пакт «{OO}»"@ru
  skos:hiddenLabel "{O} Alliance"@en
  coop:officialTitle "Organization of the {O} Treaty"@en
  coop:highestBody organization:{o}-council
  coop:recognizes organization:{w}
  coop:seat place:{p}
  dcterms:identifier "register:o{number}"
* organization:{o}-council coop:PrincipalOrgan = Council of {O} = Совет организации «{OO}»
  skos:altLabel "{OA} C"@en
  skos:altLabel "Высший совет: {OO}"@ru
  coop:kind kind:council
  org:subOrganizationOf organization:{o}
* organization:{o}-secretariat coop:PrincipalOrgan = Secretariat of {O} = Секретариат организации «{OO}»
  skos:altLabel "{OA} S"@en
  skos:altLabel "Секретариат: {OO}"@ru
  coop:kind kind:secretariat
  org:subOrganizationOf organization:{o}
* organization:{w} coop:InternationalOrganization = {W} Union = Союз «{WW}»
  skos:altLabel "{WA}"@en
  skos:altLabel "Объединение «{WW}»"@ru
* organization:{w}-assembly coop:PrincipalOrgan = Assembly of {W} = Ассамблея союза «{WW}»
  skos:altLabel "{WA} A"@en
  coop:kind kind:assembly
  coop:officialTitle "General Assembly of the {W} Union"@en
  org:subOrganizationOf organization:{w}
* organization:{w}-office coop:SubsidiaryBody = {W} Office for Safe Passage = Управление безопасного прохода: {WW}
  skos:altLabel "{WA} OSP"@en
  skos:hiddenLabel "{W} Passage Agency"@en
  skos:hiddenLabel "Агентство прохода: {WW}"@ru
  coop:kind kind:office
  org:subOrganizationOf organization:{w}-assembly
* organization:{w}-secretariat coop:PrincipalOrgan = Secretariat of {W} = Секретариат союза «{WW}»
  coop:kind kind:secretariat
  org:subOrganizationOf organization:{w}
15 organization:{w}-department coop:SecretariatUnit = {W} Department of Peace = Департамент мира: {WW}
  skos:altLabel "{WA} DP"@en
  coop:kind kind:department
  org:subOrganizationOf organization:{w}-secretariat
1 organization:{w}-old-department coop:SecretariatUnit = {W} Department of Calm = Департамент спокойствия: {WW}
  coop:kind kind:department
  org:subOrganizationOf organization:{w}-secretariat
1 organization:{s}-mission coop:StateMission = Mission of {S} to {W} = Представительство: {SS} при союзе «{WW}»
  coop:represents state:{s}
  coop:accreditedTo organization:{w}
3 organization:{o}-kin coop:RelatedOrganization = {O} Relief Organization = Организация помощи «{OO}»
* person:{a} prov:Person = {A} = {AA}
  skos:altLabel "Dr {A}"@en
* person:{b} prov:Person = {B} = {BB}
1357 person:{c} prov:Person = {C} = {CC}
* post:{o}-secretary org:Post = Secretary of {O} = Секретарь организации «{OO}»
  org:postIn organization:{o}-secretariat
* post:{w}-director org:Post = Director of the {W} Office = Директор управления: {WW}
  org:postIn organization:{w}-office
* instrument:{o}-res-1 coop:Resolution = {W} resolution {n1} = Резолюция союза «{WW}» {n1}
  skos:altLabel "Observer status for {O}"@en
  coop:issuedBy organization:{w}-assembly
  coop:kind kind:observer-resolution
  coop:symbol "{WA}/RES/{n1}"
* instrument:{o}-res-2 coop:Resolution = {W} resolution {n2} = Резолюция союза «{WW}» {n2}
  skos:altLabel "Cooperation with {O}"@en
  skos:altLabel "Сотрудничество: {OO}"@ru
  coop:hasCoverage coverage:{o}-res-2
  coop:issuedBy organization:{w}-assembly
  coop:kind kind:cooperation-resolution
  coop:symbol "{WA}/RES/{n2}"
  coop:updates instrument:{o}-res-1
15 instrument:{o}-decision coop:Decision = {O} decision on talks = Решение о переговорах: {OO}
  coop:issuedBy organization:{o}-council
5 instrument:{o}-statement coop:Statement = {O} statement on passage = Заявление о проходе: {OO}
  coop:issuedBy organization:{o}-council
* instrument:{o}-memorandum coop:Memorandum = Memorandum of {O} and the {W} Office = Меморандум: {OO} и {WW}
  skos:altLabel "{W} Office memorandum"@en
  skos:altLabel "Меморандум с управлением: {WW}"@ru
  coop:hasCoverage coverage:{o}-memorandum
  coop:hasSignature signature:{o}-memorandum-1
  coop:hasSignature signature:{o}-memorandum-2
  coop:kind kind:memorandum-of-understanding
  coop:party organization:{o}-secretariat
  coop:party organization:{w}-office
  dcterms:references instrument:{o}-res-1
  ^dcterms:references instrument:{before}-memorandum
26 instrument:{o}-declaration coop:JointDeclaration = Declaration of {O} and {W} = Декларация: {OO} и {WW}
  coop:kind kind:joint-declaration
  coop:party organization:{o}-secretariat
  coop:party organization:{w}-assembly
3 instrument:{o}-protocol coop:Protocol = Protocol of {O} and the {W} Office = Протокол: {OO} и {WW}
  coop:kind kind:protocol-of-cooperation
  coop:party organization:{o}-secretariat
  coop:party organization:{w}-office
0246 instrument:{o}-charter coop:Treaty = Charter of {O} = Устав: {OO}
  skos:altLabel "{O} Charter"@en
  coop:hasSignature signature:{o}-charter-1
  coop:hasSignature signature:{o}-charter-2
  coop:kind kind:charter
  coop:party state:{s}
  coop:party state:{t}
0246 provision:{o}-charter-4 coop:Provision = {O} Charter, article 4 = Статья 4, {OO}
  coop:kind kind:article
  coop:number "4"
  coop:providesFor area:international-cooperation
  dcterms:isPartOf instrument:{o}-charter
014 document:{o}-draft coop:Draft = Draft of {W} resolution {n2} = Проект резолюции {n2}: {WW}
  coop:becomes instrument:{o}-res-2
  coop:symbol "{WA}/{session}/L.{draft}"
26 document:{o}-report coop:Report = {W} report on {O} = Доклад союза «{WW}»: {OO}
  coop:addressee organization:{w}-assembly
  coop:issuedBy organization:{w}-secretariat
  coop:symbol "{WA}/{session}/{draft}"
* coverage:{o}-res-2 coop:Coverage ~ areas of {W} resolution {n2} = области резолюции {n2}: {WW}
  coop:area area:{area1}
  coop:area area:{area2}
  coop:area area:{area3}
  coop:area area:{area4}
* coverage:{o}-memorandum coop:Coverage ~ areas of the {O} memorandum = области меморандума: {OO}
  coop:area area:{area2}
  coop:area area:{area3}
  coop:area area:{area5}
* signature:{o}-memorandum-1 coop:Signature ~ signature for {O} = подпись: {OO}
  coop:capacity post:{o}-secretary
  coop:onBehalfOf organization:{o}-secretariat
  coop:signedAt event:{o}-signing
  coop:signer person:{a}
* signature:{o}-memorandum-2 coop:Signature ~ signature for the {W} Office = подпись: {WW}
  coop:capacity post:{w}-director
  coop:onBehalfOf organization:{w}-office
  coop:signedAt event:{o}-signing
  coop:signer person:{b}
0246 signature:{o}-charter-1 coop:Signature ~ signature for {S} = подпись: {SS}
  coop:onBehalfOf state:{s}
  coop:signedAt event:{o}-charter
0246 signature:{o}-charter-2 coop:Signature ~ signature for {T} = подпись: {TT}
  coop:onBehalfOf state:{t}
  coop:signedAt event:{o}-charter
* event:{o}-res-1 coop:Adoption ~ adoption of {W} resolution {n1} = принятие резолюции {n1}: {WW}
  coop:concerns instrument:{o}-res-1
  coop:date {day4}
  coop:session {session0}
  coop:voteMode vote:consensus
* event:{o}-res-2 coop:Adoption ~ adoption of {W} resolution {n2} = принятие резолюции {n2}: {WW}
  coop:abstentions {few}
  coop:concerns instrument:{o}-res-2
  coop:date {day6}
  coop:introducedBy person:{b}
  coop:meeting "{draft}th plenary"
  coop:session {session}
  coop:sponsor state:{s}
  coop:voteMode vote:recorded-vote
  coop:votesAgainst {fewer}
  coop:votesFor {many}
* event:{o}-signing coop:Signing ~ signing of the {O} memorandum = подписание меморандума: {OO}
  coop:concerns instrument:{o}-memorandum
  coop:date {day5}
  coop:occasion event:{o}-summit
  coop:place place:{p}
3 event:{o}-protocol coop:Signing ~ signing of the {O} protocol = подписание протокола: {OO}
  coop:concerns instrument:{o}-protocol
  coop:date {year7}
37 event:{o}-approval coop:Approval ~ approval of the {O} memorandum = одобрение меморандума: {OO}
  coop:concerns instrument:{o}-memorandum
  coop:decidedBy organization:{o}-council
  coop:notBefore {day4}
26 event:{o}-declaration coop:Signing ~ signing of the {O} declaration = подписание декларации: {OO}
  coop:concerns instrument:{o}-declaration
  coop:date {month6}
0246 event:{o}-charter coop:Signing ~ signing of the Charter of {O} = подписание устава: {OO}
  coop:concerns instrument:{o}-charter
  coop:date {day0}
  coop:place place:{q}
26 event:{o}-in-force coop:EntryIntoForce ~ entry into force of the {O} Charter = вступление устава в силу: {OO}
  coop:concerns instrument:{o}-charter
  coop:date {day1}
6 event:{o}-registration coop:Registration ~ registration of the {O} Charter = регистрация устава: {OO}
  coop:addressee organization:{w}-secretariat
  coop:concerns instrument:{o}-charter
  coop:date {month2}
1 event:{o}-submission coop:Submission ~ submission of the draft on {O} = представление проекта: {OO}
  coop:addressee organization:{w}-secretariat
  coop:concerns document:{o}-draft
  coop:date {month6}
  coop:decidedBy organization:{o}-council
  coop:through organization:{s}-mission
* event:{o}-summit coop:Occasion = {O} summit in {P} = Саммит: {OO}, {PP}
  coop:date {day5}
  coop:host organization:{w}
  coop:kind kind:summit
  coop:participant organization:{o}
  coop:participant person:{a}
  coop:place place:{p}
1357 event:{o}-visit coop:Occasion = Visit to {Q} by {A} = Визит: {AA}, {QQ}
  coop:date {month4}
  coop:kind kind:visit
  coop:participant person:{a}
  coop:place place:{q}
* event:{o}-creation coop:OrganizationChange ~ creation of the {W} Office = создание управления: {WW}
  coop:kind kind:creation
  coop:notAfter {day3}
  org:resultingOrganization organization:{w}-office
1 event:{w}-renaming coop:OrganizationChange ~ renaming of the {W} Department = переименование департамента: {WW}
  coop:date {month7}
  coop:kind kind:renaming
  org:originalOrganization organization:{w}-old-department
  org:resultingOrganization organization:{w}-department
3 event:{o}-merger coop:OrganizationChange ~ merger into {O} Relief = слияние: {OO}
  coop:kind kind:merger
  org:resultingOrganization organization:{o}-kin
05 event:{o}-plan coop:PlannedEvent ~ planned adoption for {O} = намеченное принятие: {OO}
  coop:concerns instrument:{o}-res-2
  coop:kind kind:planned-adoption
  coop:realizedBy event:{o}-res-2
* event:{s}-accession coop:StatusChange ~ accession of {S} to {O} = присоединение: {SS}
  coop:concerns membership:{s}
  coop:date {day1}
  coop:kind kind:accession
* event:{t}-accession coop:StatusChange ~ accession of {T} to {O} = присоединение: {TT}
  coop:concerns membership:{t}
  coop:date {year2}
  coop:kind kind:accession
1357 event:{s}-chair coop:StatusChange ~ hand-over of the {O} chair to {S} = передача председательства: {SS}
  coop:concerns membership:{s}-chair
  coop:kind kind:hand-over-of-chair
  coop:notAfter {day3}
* event:{t}-chair coop:StatusChange ~ hand-over of the {O} chair to {T} = передача председательства: {TT}
  coop:concerns membership:{t}-chair
  coop:date {day5}
  coop:kind kind:hand-over-of-chair
* event:{o}-observer coop:StatusChange ~ observer status for {O} = статус наблюдателя: {OO}
  coop:concerns membership:{o}-observer
  coop:date {day4}
  coop:kind kind:grant-of-status
0246 event:{o}-appointment coop:StatusChange ~ appointment of {A} = назначение: {AA}
  coop:concerns membership:{o}-secretary
  coop:date {day4}
  coop:kind kind:appointment
* membership:{s} org:Membership ~ membership of {S} in {O} = членство: {SS}
  coop:start event:{s}-accession
  org:member state:{s}
  org:organization organization:{o}
  org:role role:member
* membership:{t} org:Membership ~ membership of {T} in {O} = членство: {TT}
  coop:start event:{t}-accession
  org:member state:{t}
  org:organization organization:{o}
  org:role role:member
1357 membership:{s}-chair org:Membership ~ chair of {S} in {O} = председательство: {SS}
  coop:end event:{t}-chair
  coop:start event:{s}-chair
  org:member state:{s}
  org:organization organization:{o}
  org:role role:chair
* membership:{t}-chair org:Membership ~ chair of {T} in {O} = председательство: {TT}
  coop:start event:{t}-chair
  org:member state:{t}
  org:organization organization:{o}
  org:role role:chair
* membership:{o}-observer org:Membership ~ observer status of {O} = статус наблюдателя: {OO}
  coop:basis instrument:{o}-res-1
  coop:start event:{o}-observer
  org:member organization:{o}
  org:organization organization:{w}-assembly
  org:role role:observer
0246 membership:{o}-secretary org:Membership ~ {A} as Secretary of {O} = секретарь: {AA}
  coop:capacity post:{o}-secretary
  coop:start event:{o}-appointment
  org:member person:{a}
  org:organization organization:{o}
  org:role role:office-holder
3 membership:{o}-kin org:Membership ~ tie of {O} Relief to {W} = связь с союзом: {WW}
  coop:start event:{o}-merger
  org:member organization:{o}-kin
  org:organization organization:{w}
  org:role role:related-organization
* mechanism:{o}-consultations coop:Mechanism = Consultations of {O} and {W} = Консультации: {OO} и {WW}
  coop:basis instrument:{o}-res-2
  coop:frequency frequency:annual
  coop:kind kind:consultations
  coop:month {month}
  coop:participant organization:{o}
  coop:participant organization:{w}-office
  coop:place place:{p}
"""
"""A unit. First which units have the thing: all (``*``), or those whose number leaves one of these remainders when
divided by eight. Then its class, its name in English and Russian (``=`` written as a label, ``~`` only spoken of, since
its class has a template) and its statements; ``^`` marks one that refers to the unit before."""


class Thing(NamedTuple):
    """One thing of a unit, as spoken of and as written."""

    subject: str
    kind: str
    names: tuple[str, str]
    facts: Facts


@dataclass(frozen=True, slots=True)
class Made:
    """What was written.

    Attributes:
        files: The files, in order.
        counts: ``triples``, and how many things there are of each class.
    """

    files: tuple[Path, ...]
    counts: Mapping[str, int]


def write(folder: Path, triples: int, seed: int = 0, format: str = "turtle") -> Made:
    """Write a graph of exactly so many asserted triples, the ontology and vocabularies not among them.

    Args:
        folder: Made if need be; it must hold nothing.
        triples: At least `LEAST`. Memory does not grow with it.
        seed: Other choices under the same names.
        format: ``turtle``, or ``nquads`` with the named graphs of the project.

    Raises:
        ValueError: The folder holds something, or the graph is to be too small.
    """
    if triples < LEAST:
        raise ValueError(f"{triples} triples are too few for one of everything; ask for at least {LEAST}.")
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise ValueError(f"{folder} is not empty; name a new folder.")
    counts: Counter[str] = Counter()
    files: list[Path] = []
    render = _turtle if format == "turtle" else _nquads
    units = _units(triples, seed)
    unit = next(units, None)
    while unit is not None:
        files.append(folder / f"part-{len(files) + 1:03}{FORMATS[format]}")
        limit = len(files) * PART
        with open(files[-1], "w", encoding="utf-8", newline="\n") as file:
            file.write(_head() if format == "turtle" else "")
            while unit is not None and counts["triples"] < limit:
                file.write(render(unit))
                for subject in unit.values():
                    counts[subject[0][1]] += 1
                    counts["triples"] += len(subject)
                unit = next(units, None)
    return Made(tuple(files), dict(sorted(counts.items())))


_Blocks: TypeAlias = dict[str, Facts]


def _units(triples: int, seed: int) -> Iterator[_Blocks]:
    """As many units as fit, then further claims about the last of them, to the very number of triples."""
    left, number = triples, 0
    unit = _Unit(number, seed)
    while True:
        size = sum(map(len, unit.blocks.values()))
        following = _Unit(number + 1, seed)
        # What is left must be nothing, or room for two claims at least.
        enough = left - size - sum(map(len, following.blocks.values())) < 2 * _SMALLEST
        if enough:
            unit.fill(left - size)
        yield unit.blocks
        if enough:
            return
        left, number, unit = left - size, number + 1, following


# ------------------------------------------------------------------------------------------------------------- names

_SYLLABLES = [
    ("va", "ва"), ("lo", "ло"), ("ke", "ке"), ("mu", "му"), ("ri", "ри"), ("so", "со"), ("te", "те"), ("nu", "ну"),
    ("da", "да"), ("vo", "во"), ("le", "ле"), ("gu", "гу"), ("pi", "пи"), ("zo", "зо"), ("me", "ме"), ("ru", "ру"),
    ("ka", "ка"), ("do", "до"), ("ve", "ве"), ("su", "су"), ("ti", "ти"), ("mo", "мо"), ("ne", "не"), ("lu", "лу"),
    ("ga", "га"), ("po", "по"), ("ze", "зе"), ("du", "ду"), ("vi", "ви"), ("ro", "ро"), ("se", "се"), ("tu", "ту"),
]  # fmt: skip
_FIRST_NAMES = (("Ada", "Ада"), ("Bor", "Бор"), ("Cle", "Кле"))
_NAMES = 16
"""Names that one unit needs, at most."""


def name(number: int) -> tuple[str, str]:
    """The invented name of a number below 2**20, in English and Russian letters; no two are the same."""
    # An odd factor and a power of two have no common divisor, so this shuffles the numbers.
    mixed = (number + 5) * 421_337 % 2**20
    parts = [_SYLLABLES[mixed >> shift & 31] for shift in (0, 5, 10, 15)]
    return "".join(part[0] for part in parts).capitalize(), "".join(part[1] for part in parts).capitalize()


def _named(number: int) -> dict[str, str]:
    """What the plan calls the organizations, states, places and people of a unit."""
    fields = {"number": str(number)}
    if number:
        fields["before"] = name((number - 1) * _NAMES)[0].lower()
    for at, letter in enumerate("owstpq"):
        english, russian = name(number * _NAMES + at)
        fields |= {letter: english.lower(), letter.upper(): english, letter.upper() * 2: russian}
        fields[letter.upper() + "A"] = english.upper()
    for at, (first, ours) in enumerate(_FIRST_NAMES):
        english, russian = name(number * _NAMES + 6 + at)
        letter = first[0]
        fields[letter.lower()] = f"{first}-{english}".lower()
        fields |= {letter: f"{first} {english}", letter * 2: f"{ours} {russian}"}
    return fields


@cache
def _words() -> dict[str, tuple[str, str]]:
    """Names of properties and concepts in English and Russian, as the ontology and the vocabularies have them."""
    from pyoxigraph import Literal

    from csto_graph.loading.bundle import Bundle, read_turtle
    from csto_graph.names import curie

    found: dict[str, dict[str, str]] = {}
    for path in Bundle.default().ontology:
        for triple in read_turtle(path):
            if curie(triple.predicate.value) in ("rdfs:label", "skos:prefLabel") and isinstance(triple.object, Literal):
                key = curie(getattr(triple.subject, "value", ""))
                found.setdefault(key, {})[triple.object.language or "en"] = triple.object.value
    return {key: (words.get("en", key), words.get("ru", key)) for key, words in found.items()}


# -------------------------------------------------------------------------------------------------------------- units

_UNSAID = frozenset(
    {"coop:start", "coop:end", "coop:concerns", "coop:hasSignature", "coop:hasCoverage", "coop:signedAt",
     "org:role", "org:organization", "dcterms:identifier", "coop:highestBody"}
)  # fmt: skip
"""Statements that no claim makes by value: one about the thing as a whole stands behind them."""

_SILENT = frozenset({"skos:altLabel", "skos:hiddenLabel"})
"""Statements that need no claim."""

_VOICES = {
    "coop:date": 0.35, "coop:party": 0.5, "org:member": 0.55, "coop:area": 0.25, "coop:place": 0.35,
    "coop:issuedBy": 0.3, "org:subOrganizationOf": 0.2, "coop:session": 0.2, "coop:participant": 0.1,
}  # fmt: skip
"""How likely one more source makes the same statement, and after it yet another one."""

_ECHOES = 36
"""How many such repetitions a unit has at most: the first unit must fit into the smallest graph."""

_SOURCES = 14
_PUBLISHERS = 6
_SMALLEST, _LARGEST = 5, 8
"""Statements of the shortest and of the longest claim that `_Unit.fill` makes."""

_AREAS = (
    "arms-trafficking", "conflict-prevention", "counter-terrorism", "disasters", "drug-trafficking", "early-warning",
    "human-trafficking", "information-exchange", "irregular-migration", "peacekeeping", "peacemaking", "refugees",
)  # fmt: skip
_LANGUAGES = ("en", "en", "en", "en", "ru")


class _Unit:
    """One unit: its things, the pages about them, and what these claim.

    Attributes:
        blocks: Subject to statements, in the order of writing.
    """

    def __init__(self, number: int, seed: int) -> None:
        self._chance = random.Random(f"{seed}/{number}")
        self._number = number
        self._fields = _named(number) | self._drawn()
        self._slug = self._fields["o"]
        self.blocks: _Blocks = {}
        self._things: dict[str, Thing] = {}
        self._claimed = 0
        self._echoes = 0
        self._quotes = 0
        self._quote = ""
        self._at = 0
        for thing in _planned(self._fields, number):
            self._things[thing.subject] = thing
            self.blocks[thing.subject] = [("a", thing.kind), *thing.facts]
        self._publish()
        self._claim_all()
        self._disagree()
        self._judge()
        self._pin()

    def _drawn(self) -> dict[str, str]:
        """Dates, numbers and areas. Years go up through a unit, so that nothing comes before what it rests on."""
        draw = self._chance
        first, session = draw.randrange(1955, 2015), draw.randrange(2, 80)
        areas = [_AREAS[self._number % len(_AREAS)], *draw.sample(_AREAS, 5)]
        fields = {f"area{at}": area for at, area in enumerate(list(dict.fromkeys(areas))[:5], 1)}
        for step in range(8):
            year, month, day = first + step, draw.randrange(1, 13), draw.randrange(1, 28)
            fields[f"day{step}"] = f'"{year}-{month:02}-{day:02}"^^xsd:date'
            fields[f"month{step}"] = f'"{year}-{month:02}"^^xsd:gYearMonth'
            fields[f"year{step}"] = f'"{year}"^^xsd:gYear'
        return fields | {
            "n1": f"{session}/{draw.randrange(1, 300)}",
            "n2": f"{session + 2}/{draw.randrange(1, 300)}",
            "session0": str(session),
            "session": str(session + 2),
            "draft": str(draw.randrange(4, 20)),
            "few": str(draw.randrange(5, 70)),
            "fewer": str(draw.randrange(1, 9)),
            "many": str(draw.randrange(70, 150)),
            "month": str(draw.randrange(1, 13)),
        }

    def _publish(self) -> None:
        """The publishers and pages; the first page is pinned, and its length is known when all is said."""
        for at in range(_PUBLISHERS):
            english, russian = name(self._number * _NAMES + 9 + at)
            self.blocks[f"publisher:{english.lower()}"] = [
                ("a", "coop:Publisher"),
                ("skos:prefLabel", f'"{english} Gazette"@en'),
                ("skos:prefLabel", f'"Газета «{russian}»"@ru'),
            ]
        for at in range(_SOURCES):
            english, russian = name(self._number * _NAMES + 9 + at % _PUBLISHERS)
            facts = [
                ("a", "coop:Source" if at else "coop:PinnedSource"),
                ("skos:prefLabel", f'"{english} Gazette: page {at + 1} on {self._fields["O"]}"@en'),
                ("skos:prefLabel", f'"Газета «{russian}»: страница {at + 1}, {self._fields["OO"]}"@ru'),
                ("coop:address", f'"https://{english.lower()}.example/{self._slug}/{at + 1}"^^xsd:anyURI'),
                ("dcterms:language", f'"{_LANGUAGES[at % 5]}"'),
                ("dcterms:publisher", f"publisher:{english.lower()}"),
            ]
            if at % 5 > 1:
                facts.append(("coop:date", self._fields[f"day{at % 8}"]))
            self.blocks[f"source:{self._slug}-{at}"] = facts

    # -- what is claimed

    def _claim_all(self) -> None:
        """Something is claimed of every statement: by value, or of the thing as a whole."""
        told: set[str] = set()
        for thing in self._things.values():
            whole = False
            for predicate, value in thing.facts:
                if predicate in _UNSAID:
                    whole = True
                elif predicate not in _SILENT and predicate != "skos:prefLabel":
                    self._claim([thing], predicate, value)
                    while self._chance.random() < _VOICES.get(predicate, 0.05) and self._echoes < _ECHOES:
                        self._echoes += 1
                        self._claim([thing], predicate, self._vaguer(predicate, value))
            if whole and thing.subject not in told:
                events = [self._things[value] for predicate, value in thing.facts if predicate == "coop:start"]
                self._claim([thing, *events])
                told.update(event.subject for event in events)

    def _vaguer(self, predicate: str, value: str) -> str:
        """What another source says: the same, or a day less exactly."""
        chance = self._chance.random()
        if predicate != "coop:date" or not value.endswith("xsd:date") or chance > 0.7:
            return value
        return f'{value[:8]}"^^xsd:gYearMonth' if chance > 0.4 else f'{value[:5]}"^^xsd:gYear'

    def _claim(self, about: list[Thing], predicate: str = "", value: str = "", *more: tuple[str, str]) -> str:
        """One claim, of the next page or, one time in six, of the next passage of the pinned one; its name."""
        self._claimed += 1
        topic = about[0].subject.partition(":")[2]
        subject = f"claim:{self._slug}-{self._claimed}-{topic}"
        facts = [("a", "coop:Claim")]
        facts += [("coop:about", thing.subject) for thing in about]
        if predicate:
            subject += "-" + predicate.partition(":")[2].lower()
            facts.append(("coop:property", predicate))
        facts += more
        if self._claimed % 6 == 0 or more:
            facts += self._quoted()
        else:
            facts.append(("coop:source", f"source:{self._slug}-{self._page(about[0])}"))
        english, russian = self._said(about[0], predicate, value)
        facts += (("coop:statement", f'"{english}"@en'), ("coop:statement", f'"{russian}"@ru'))
        if value:
            facts.append(("coop:value", value))
        self.blocks[subject] = facts
        return subject

    def _page(self, thing: Thing) -> int:
        """A page that is not pinned; the first ones say most, the last tells of places and of nothing else."""
        last = _SOURCES - 1
        return last if thing.kind == "coop:Place" else 1 + int(self._chance.random() ** 2 * (last - 1))

    def _said(self, thing: Thing, predicate: str, value: str) -> tuple[str, str]:
        """A claim in words, in both languages, without a word of its own for any property."""
        number = self._claimed
        if not predicate:
            return (
                f"Account {number} tells of the {thing.names[0]}.",
                f"Сообщение {number} рассказывает, что было: {thing.names[1]}.",
            )
        what = _words()[predicate]
        shown = self._shown(value)
        return f"{thing.names[0]}; {what[0]}: {shown[0]}", f"{thing.names[1]}; {what[1]}: {shown[1]}"

    def _shown(self, value: str) -> tuple[str, str]:
        if value in self._things:
            return self._things[value].names
        if value in _words():
            return _words()[value]
        plain = value.partition('"^^')[0].partition('"@')[0].strip('"') or "not said"
        return plain, plain

    def _quoted(self) -> Facts:
        """Where a claim stands in the pinned page: two claims share a passage, two passages are joined by a word."""
        if self._quotes % 2 == 0:
            if self._quotes % 4:
                self._passage(9, ("coop:kind", "kind:connective"))
            self._quote = self._passage(40 + self._chance.randrange(60))
        self._quotes += 1
        sentence = 1 + self._quotes // 6
        return [
            ("coop:number", f'"F{self._quotes:03}"'),
            ("coop:passage", self._quote),
            ("coop:sentence", f'"S{sentence:02}"'),
        ]

    def _passage(self, length: int, *more: tuple[str, str]) -> str:
        start, self._at = self._at, self._at + length
        subject = f"passage:{self._slug}-{start}-{self._at}"
        self.blocks[subject] = [
            ("a", "coop:Passage"),
            ("coop:digest", f'"{hashlib.sha256(subject.encode()).hexdigest()}"'),
            *more,
            ("oa:end", str(self._at)),
            ("oa:hasSource", f"source:{self._slug}-0"),
            ("oa:start", str(start)),
        ]
        return subject

    # -- where claims disagree

    def _disagree(self) -> None:
        """A wrong date and, every second time, a wrong place on the pinned page; every eighth time an open question."""
        signing = self._things[f"event:{self._slug}-signing"]
        right = self._fields["day5"]
        wrong = f'{right[:9]}28"^^xsd:date'  # no day is drawn after the 27th
        self._conflict(1, "date", signing, "coop:date", wrong, right, right)
        if self._number % 2 == 0:
            here, there = (f"place:{self._fields[letter]}" for letter in "pq")
            self._conflict(2, "place", signing, "coop:place", there, here)
        if self._number % 8 == 3:
            merger = self._things[f"event:{self._slug}-merger"]
            values = (self._fields["month6"], self._fields["month7"])
            self._conflict(3, "date", merger, "coop:date", *values, decided=False)

    def _conflict(
        self, at: int, kind: str, thing: Thing, predicate: str, wrong: str, *others: str, decided: bool = True
    ) -> None:
        """Claims of several values; the first stands in the pinned page, the second is right if any is."""
        claims = [self._claim([thing], predicate, wrong, ("coop:wording", '"so it stands there"'))]
        claims += [self._claim([thing], predicate, value) for value in others]
        self.blocks[f"conflict:{self._slug}-{at}"] = [
            ("a", "coop:Conflict"),
            ("coop:accepts", claims[1]) if decided else ("coop:open", "true"),
            *(("coop:joins", claim) for claim in claims),
            ("coop:kind", f"kind:{kind}-conflict"),
            ("coop:rationale", f'"Elsewhere more is told of the {thing.names[0]}, and nearer to the day."@en'),
            ("coop:rationale", f'"В других местах сказано больше и ближе ко дню: {thing.names[1]}."@ru'),
        ]

    def _judge(self) -> None:
        """Opinions of the pinned page's author, and passages that are garbled."""
        whole = self._things[f"instrument:{self._slug}-memorandum"]
        for kind in ("opinion", "garbled", "opinion", "garbled")[: 2 + self._number % 2 * 2]:
            reading = [
                ("coop:reading", f'"The {whole.names[0]} is meant."@en'),
                ("coop:reading", f'"Имеется в виду: {whole.names[1]}."@ru'),
            ]
            self._claim([whole], "", "", ("coop:kind", f"kind:{kind}"), *(reading if kind == "garbled" else ()))

    def _pin(self) -> None:
        """Now the length of the pinned page is known."""
        source = self.blocks[f"source:{self._slug}-0"]
        digest = hashlib.sha256(f"{self._slug} {self._at}".encode()).hexdigest()
        source += [("coop:digest", f'"{digest}"'), ("coop:length", str(self._at))]

    def fill(self, left: int) -> None:
        """Add claims of 5 to 8 statements each that come to just so many together; none, or at least two claims."""
        said = [
            (thing, predicate, value)
            for thing in self._things.values()
            for predicate, value in thing.facts
            if predicate not in _UNSAID | _SILENT and predicate != "skos:prefLabel"
        ]
        claims = -(-left // _LARGEST)
        for at in range(claims):
            size = left // claims + (at < left % claims)
            thing, predicate, value = said[at % len(said)]
            self._claimed += self._claimed % 6 == 5  # a claim from the pinned page would be longer
            named = (predicate, value) if size > 6 else ()
            subject = self._claim([thing], *named)
            if size % 2 == 0:
                self.blocks[subject].append(("coop:number", f'"{self._claimed}"'))


@cache
def _plan() -> tuple[tuple[str, str], ...]:
    """For each thing in the plan which units have it, and its lines."""
    found: list[tuple[str, str]] = []
    for line in PLAN.strip().split("\n"):
        if line.startswith("  "):
            units, text = found.pop()
            found.append((units, f"{text}\n{line.strip()}"))
        else:
            units, _, text = line.partition(" ")
            found.append((units.replace("*", "01234567"), text))
    return tuple(found)


def _planned(fields: dict[str, str], number: int) -> Iterator[Thing]:
    """The things of a unit."""
    text = "\n\n".join(text for units, text in _plan() if str(number % 8) in units)
    for block in text.format_map({"before": ""} | fields).split("\n\n"):
        head, *lines = block.split("\n")
        subject, kind, mark, english = head.split(" ", 3)
        english, _, russian = english.partition(" = ")
        facts: Facts = []
        if mark == "=":
            facts = [("skos:prefLabel", f'"{english}"@en'), ("skos:prefLabel", f'"{russian}"@ru')]
        for line in lines:
            if not line.startswith("^") or "before" in fields:
                predicate, _, value = line.removeprefix("^").partition(" ")
                facts.append((predicate, value))
        yield Thing(subject, kind, (english, russian), facts)


# ------------------------------------------------------------------------------------------------------------ writing

_OUTSIDE = ("coop", "dcterms", "oa", "org", "prov", "skos", "xsd")


def _head() -> str:
    """The prefixes of a Turtle file."""
    from csto_graph.names import KINDS, SCHEMES

    names = sorted({*KINDS, *SCHEMES, *_OUTSIDE})
    return "".join(f"@prefix {name}: <{PREFIXES[name]}> .\n" for name in names) + "\n"


def _turtle(blocks: _Blocks) -> str:
    # Every text here is made above, of letters, digits and marks that need no escape.
    return "".join(
        subject + " " + " ;\n    ".join([f"{predicate} {value}" for predicate, value in facts]) + " .\n\n"
        for subject, facts in blocks.items()
    )


_PAGES = frozenset({"claim", "conflict", "passage", "source", "publisher"})


def _nquads(blocks: _Blocks) -> str:
    lines = []
    for subject, facts in blocks.items():
        graph = "claims" if subject.partition(":")[0] in _PAGES else "data"
        start, end = _full(subject), f" <{PREFIXES['graph']}{graph}> ."
        lines += [f"{start} {_predicate(predicate)} {_full(value)}{end}" for predicate, value in facts]
    return "\n".join(lines) + "\n"


@cache
def _predicate(curie: str) -> str:
    return _full("rdf:type" if curie == "a" else curie)


def _full(term: str) -> str:
    """A term as N-Quads has it."""
    if term[0] == '"':
        text, mark, datatype = term.partition('"^^')
        return f'{text}"^^{_full(datatype)}' if mark else term
    prefix, colon, local = term.partition(":")
    if colon:
        return f"<{PREFIXES[prefix]}{local}>"
    return f'"{term}"^^{_full("xsd:boolean" if term == "true" else "xsd:integer")}'


# ---------------------------------------------------------------------------------------------------------- questions


_ASKED = """
areas document=instrument:{o}-res-2
bodies organization={OA}
body-changes organization=organization:{w}-office
chairs organization=organization:{o}
claims about=event:{o}-signing
compare-areas left=instrument:{o}-res-2 right=instrument:{o}-memorandum
conflicts about=event:{o}-signing
contradictions about=event:{o}-signing
corroboration source=source:{o}-1
dated-claims about=event:{o}-signing
days-between first=instrument:{o}-res-1 second=instrument:{o}-res-2
documents-by-area area=area:{area}
documents-per-kind partner=organization:{o}
drafts document=document:{o}-draft
events thing=instrument:{o}-memorandum
gaps instrument=instrument:{o}-res-1
grounds member=organization:{o}
identifiers thing=organization:{o}
instruments partner=organization:{w}-office
instruments-per-year party=organization:{o}
latest-acts body=organization:{w}-assembly as_of=2100
line instrument=instrument:{o}-res-2
mechanisms participant=organization:{o}
members organization={OA}
memberships member=organization:{o}
mentions source=source:{o}-0
names thing={O}
occasions at=event:{o}-summit
office-holders organization=organization:{o}
participants mechanism=mechanism:{o}-consultations
parties instrument=instrument:{o}-memorandum
partners organization=organization:{o}
partners-in-one-source source=source:{o}-0 other=source:{o}-13
plans about=instrument:{o}-res-2
provisions document=instrument:{o}-charter
recognized-roles by=organization:{o}
references document=instrument:{o}-memorandum
resolutions body=organization:{w}-assembly
signatures instrument=instrument:{o}-memorandum
sources about=event:{o}-signing
sponsors instrument=instrument:{o}-res-2
stated-values about=event:{o}-signing
support thing=event:{o}-signing
timeline about=organization:{o}
votes body=organization:{w}-assembly
wholes body=organization:{w}-office
without-instrument partner=organization:{o} within=organization:{w}
"""


def _questions() -> dict[str, dict[str, str]]:
    lines = [line.split() for line in _ASKED.format_map(_named(0) | {"area": _AREAS[0]}).strip().split("\n")]
    return {query: dict(part.split("=", 1) for part in parts) for query, *parts in lines}


QUESTIONS: Mapping[str, Mapping[str, str]] = _questions()
"""For each canned query the parameters with which it finds rows in every graph; most name a thing of the first unit."""

NAMED: Mapping[str, str] = {key: _named(0)[letter] for key, letter in (("acronym", "OA"), ("name", "O"), ("slug", "o"))}
"""What leads to the organization of the first unit: its acronym, a word of its name, and its local name."""

SWEEPS = frozenset({"documents-by-area"})
"""Those of `QUESTIONS` whose answer grows with the graph; the others ask for one thing and what is around it."""


def main() -> int:
    """Write a graph and say what is in it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.generate", description="Write a made-up graph.")
    parser.add_argument("folder", type=Path, help="where to, a new or empty folder")
    parser.add_argument("--triples", type=int, required=True, help=f"how many, at least {LEAST}")
    parser.add_argument("--seed", type=int, default=0, help="other choices under the same names")
    parser.add_argument("--format", choices=sorted(FORMATS), default="turtle")
    given = parser.parse_args()
    try:
        made = write(given.folder, given.triples, given.seed, given.format)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    for name, count in made.counts.items():
        print(f"{count:12,} {name}")
    print(f"{len(made.files):12,} files in {given.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
