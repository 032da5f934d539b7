"""A made-up graph of about any size in the shape of the real one, the same bytes for the same size and seed.

    python -c "import pathlib, benchmarks.generate as made; made.write(pathlib.Path('FOLDER'), 200_000)"

The graph is a row of *units*. A unit is two organizations that work together, with their bodies, states, people,
instruments, events, memberships and mechanisms, the pages that tell of them, what these claim, and where they
disagree. Its plan is `PLAN`, in the words of the ontology. Proportions follow the bundled data: eight units hold as
many things of a class as these do, three statements of four belong to claims, a fact has 0 to 6 claims with a value,
one claim of eleven stands in a passage of a pinned source, one of thirty takes part in a conflict, labels and
statements are in two languages, and dates are days, months, years or bounds. A unit refers to the one before it and to
no other, so that a thing has as many neighbours in a large graph as in a small one.

Nothing in it exists: names are drawn from syllables, addresses end in ``.example``. Names depend on the number of the
unit only, so that `QUESTIONS` fit every graph; dates, areas and the choice of sources depend on the seed.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple, TypeAlias

from csto_graph.names import PREFIXES

#: Triples of a file, about.
PART = 1_000_000

#: The smallest graph: one unit with everything in it.
LEAST = 1_600

#: Predicate and value as in Turtle, with the prefixes of the project; ``a`` comes first.
Facts: TypeAlias = list[tuple[str, str]]

#: A unit. First which units have the thing: all (``*``), or those whose number leaves one of these remainders when
#: divided by eight. Then its class, its name in English and Russian (``=`` written as a label, ``~`` only spoken of,
#: since its class has a template) and its statements; ``^`` marks one that refers to the unit before.
PLAN = Path(__file__).with_name("plan.txt").read_text("utf-8")


class Thing(NamedTuple):
    """One thing of a unit, as spoken of and as written."""

    subject: str
    kind: str
    names: tuple[str, str]
    facts: Facts


class Made(NamedTuple):
    """What was written: the files, in order; how many ``triples``, and things of each class."""

    files: tuple[Path, ...]
    counts: Mapping[str, int]


def write(folder: Path, triples: int, seed: int = 0) -> Made:
    """Write a graph of whole units with at least so many asserted triples, ontology and vocabularies not among them.

    Args:
        folder: Made if need be; it must hold nothing.
        triples: At least `LEAST`. Memory does not grow with it.
        seed: Other choices under the same names.

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
    units = _units(triples, seed)
    unit = next(units, None)
    while unit is not None:
        files.append(folder / f"part-{len(files) + 1:03}.ttl")
        limit = len(files) * PART
        with open(files[-1], "w", encoding="utf-8", newline="\n") as file:
            file.write(_head())
            while unit is not None and counts["triples"] < limit:
                file.write(_turtle(unit))
                for subject in unit.values():
                    counts.update(kind for name, kind in subject if name == "a")
                    counts["triples"] += len(subject)
                unit = next(units, None)
    return Made(tuple(files), dict(sorted(counts.items())))


_Blocks: TypeAlias = dict[str, Facts]


def _units(triples: int, seed: int) -> Iterator[_Blocks]:
    """As many units as hold so many triples."""
    number = 0
    while triples > 0:
        unit = _Unit(number, seed).blocks
        yield unit
        triples -= sum(map(len, unit.values()))
        number += 1


# ------------------------------------------------------------------------------------------------------------- names

_SYLLABLES = [
    ("va", "ва"), ("lo", "ло"), ("ke", "ке"), ("mu", "му"), ("ri", "ри"), ("so", "со"), ("te", "те"), ("nu", "ну"),
    ("da", "да"), ("vo", "во"), ("le", "ле"), ("gu", "гу"), ("pi", "пи"), ("zo", "зо"), ("me", "ме"), ("ru", "ру"),
    ("ka", "ка"), ("do", "до"), ("ve", "ве"), ("su", "су"), ("ti", "ти"), ("mo", "мо"), ("ne", "не"), ("lu", "лу"),
    ("ga", "га"), ("po", "по"), ("ze", "зе"), ("du", "ду"), ("vi", "ви"), ("ro", "ро"), ("se", "се"), ("tu", "ту"),
]  # fmt: skip
_FIRST_NAMES = (("Ada", "Ада"), ("Bor", "Бор"), ("Cle", "Кле"))
#: Names that one unit needs, at most.
_NAMES = 16


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

    from csto_graph.loading.inputs import Bundle, read_turtle
    from csto_graph.names import curie

    found: dict[str, dict[str, str]] = {}
    for path in Bundle().ontology:
        for triple in read_turtle(path):
            if curie(triple.predicate.value) in ("rdfs:label", "skos:prefLabel") and isinstance(triple.object, Literal):
                key = curie(getattr(triple.subject, "value", ""))
                found.setdefault(key, {})[triple.object.language or "en"] = triple.object.value
    return {key: (words.get("en", key), words.get("ru", key)) for key, words in found.items()}


# -------------------------------------------------------------------------------------------------------------- units

#: Statements that need no claim: names, and the links that their node carries.
_SILENT = frozenset(
    {"skos:prefLabel", "skos:altLabel", "skos:hiddenLabel", "coop:concerns", "coop:hasCoverage", "coop:hasSignature",
     "coop:signedAt", "org:organization", "org:resultingOrganization", "dcterms:isPartOf"}
)  # fmt: skip

#: How likely one more source makes the same statement, and after it yet another one.
_VOICES = {
    "coop:date": 0.35, "coop:party": 0.5, "org:member": 0.55, "coop:area": 0.25, "coop:place": 0.35,
    "coop:issuedBy": 0.3, "org:subOrganizationOf": 0.2, "coop:session": 0.2, "coop:participant": 0.1,
}  # fmt: skip

#: How many such repetitions a unit has at most: the first unit must fit into the smallest graph.
_ECHOES = 36

_SOURCES = 14
_PUBLISHERS = 6
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
        number, other = draw.randrange(1, 300), draw.randrange(1, 300)
        numbers = {
            "session0": session, "session": session + 2, "draft": draw.randrange(4, 20), "few": draw.randrange(5, 70),
            "fewer": draw.randrange(1, 9), "many": draw.randrange(70, 150), "month": draw.randrange(1, 13),
        }  # fmt: skip
        texts = {"n1": f"{session}/{number}", "n2": f"{session + 2}/{other}"}
        return fields | texts | {key: str(value) for key, value in numbers.items()}

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
        """Each value has a claim, and some are made again by other sources."""
        for thing in self._things.values():
            for predicate, value in thing.facts:
                if predicate not in _SILENT:
                    self._claim([thing], predicate, value)
                    while self._chance.random() < _VOICES.get(predicate, 0.05) and self._echoes < _ECHOES:
                        self._echoes += 1
                        self._claim([thing], predicate, self._vaguer(predicate, value))

    def _vaguer(self, predicate: str, value: str) -> str:
        """What another source says: the same, or a day less exactly."""
        chance = self._chance.random()
        if predicate != "coop:date" or not value.endswith("xsd:date") or chance > 0.7:
            return value
        return f'{value[:8]}"^^xsd:gYearMonth' if chance > 0.4 else f'{value[:5]}"^^xsd:gYear'

    def _claim(self, about: list[Thing], predicate: str = "", value: str = "", *more: tuple[str, str]) -> str:
        """One claim, of the next page or, one time in eleven, of the next passage of the pinned one; its name."""
        self._claimed += 1
        topic = about[0].subject.partition(":")[2]
        subject = f"claim:{self._slug}-c{self._claimed}-{topic}"
        facts = [("a", "coop:Claim")]
        facts += [("coop:about", thing.subject) for thing in about]
        if predicate:
            subject += "-" + predicate.partition(":")[2].lower()
            facts.append(("coop:property", predicate))
        facts += more
        if self._claimed % 11 == 0 or more:
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
        number, place = f'"F{self._quotes:03}"', f'"S{sentence:02}"'
        return [("coop:number", number), ("coop:passage", self._quote), ("coop:sentence", place)]

    def _passage(self, length: int, *more: tuple[str, str]) -> str:
        start, self._at = self._at, self._at + length
        subject, selector = (f"{kind}:{self._slug}-{start}-{self._at}" for kind in ("passage", "selector"))
        digest = hashlib.sha256(subject.encode()).hexdigest()
        self.blocks[subject] = [
            ("a", "coop:Passage"), ("a", "oa:SpecificResource"), ("coop:digest", f'"{digest}"'), *more,
            ("oa:hasSelector", selector), ("oa:hasSource", f"source:{self._slug}-0"),
        ]  # fmt: skip
        selects = [("a", "oa:TextPositionSelector"), ("oa:end", str(self._at)), ("oa:start", str(start))]
        self.blocks[selector] = selects
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


# ---------------------------------------------------------------------------------------------------------- questions


def _questions() -> dict[str, dict[str, str]]:
    text = Path(__file__).with_name("questions.txt").read_text("utf-8")
    lines = [line.split() for line in text.format_map(_named(0) | {"area": _AREAS[0]}).strip().split("\n")]
    return {query: dict(part.split("=", 1) for part in parts) for query, *parts in lines}


#: For each canned query the parameters with which it finds rows in every graph; most name a thing of the first unit.
QUESTIONS: Mapping[str, Mapping[str, str]] = _questions()

#: What leads to the organization of the first unit: its acronym, a word of its name, and its local name.
NAMED: Mapping[str, str] = {key: _named(0)[letter] for key, letter in (("acronym", "OA"), ("name", "O"), ("slug", "o"))}

#: Those of `QUESTIONS` whose answer grows with the graph; the others ask for one thing and what is around it.
SWEEPS = frozenset({"documents-by-area"})
