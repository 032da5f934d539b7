"""The shapes: well formed, aimed at something, and each fires on a broken instance and not on the mended one.

All broken instances stand in one graph, added to the complete example, and all mended ones in another, since an engine
run costs more than the instances; each instance has a subject of its own, so the expectation stays exact.
"""

# ruff: noqa: E501 (tables of cases are wide)

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import closing
import pyoxigraph as ox
from closing import turtle

from csto_graph import load
from csto_graph.check import shacl
from csto_graph.check.house import RULES
from csto_graph.check.shacl import Report
from csto_graph.check.shapes import LABELS, Shapes, sh
from csto_graph.names import PREFIXES, curie, iri
from csto_graph.rdf.terms import TripleIndex

ROOT = Path(__file__).parents[2]
SHAPES = [quad.triple for quad in ox.parse(path=str(ROOT / "ontology/shapes.ttl"))]
TYPE = ox.NamedNode(iri("rdf:type"))


@cache
def ontology() -> tuple[ox.Triple, ...]:
    names = ("cooperation", "borrowed", "vocabularies")
    return tuple(quad.triple for name in names for quad in ox.parse(path=str(ROOT / f"ontology/{name}.ttl")))


@cache
def example() -> tuple[ox.Triple, ...]:
    return tuple(quad.triple for quad in ox.parse(path=str(ROOT / "tests/example.ttl")))


def graph(triples: list[ox.Triple]) -> list[ox.Triple]:
    """The statements with the ontology and everything that follows; blank nodes and contradictions included."""

    asserted = list(dict.fromkeys([*ontology(), *triples]))
    closed = [*asserted, *closing.close(asserted).derived]
    return [*closed, *closing.derived(closed)]


def check(triples: list[ox.Triple]) -> Report:
    return shacl.validate(graph(triples), SHAPES, locate=lambda focus, path: None)


# ---------------------------------------------------------------------------------------------------- instances


def properties(text: str) -> dict[str, str | None]:
    """Property to value, or to None where none is given, of ``property value ; property``."""
    parts = (part.partition(" ") for part in text.split(" ; ") if part)
    return {name: value or None for name, _, value in parts}


_HOSTS = """
coop:InternationalOrganization coop:RelatedOrganization coop:State prov:Person org:Post coop:Place coop:Publisher |
coop:Document coop:Treaty coop:JointDeclaration coop:Memorandum coop:Protocol coop:ActualEvent coop:Source |
skos:ConceptScheme |
coop:PrincipalOrgan | org:subOrganizationOf organization:harbour-league
coop:SubsidiaryBody | org:subOrganizationOf organization:harbour-council
coop:SecretariatUnit | org:subOrganizationOf organization:harbour-secretariat
coop:StateMission | coop:represents state:tideland ; coop:accreditedTo organization:river-union
coop:Resolution | coop:issuedBy organization:river-assembly ; coop:session 3
coop:Decision coop:Statement | coop:issuedBy organization:harbour-council
coop:Draft | coop:becomes instrument:ru-r-9-4
coop:Report | coop:issuedBy post:river-secretary
coop:Provision | dcterms:isPartOf instrument:harbour-charter ; coop:kind kind:article
coop:Signature | coop:onBehalfOf organization:river-secretariat ; coop:signedAt event:signing-joint-declaration-2011
coop:Coverage | coop:area area:peacekeeping
coop:Mechanism | coop:kind kind:consultations
coop:PlannedEvent coop:Approval coop:Submission | coop:concerns document:draft-9
coop:Signing | coop:concerns instrument:harbour-charter
coop:EntryIntoForce coop:Registration coop:Adoption | coop:concerns {own}
coop:StatusChange | coop:concerns membership:chair-moorland-2013 ; coop:kind kind:accession
coop:OrganizationChange | org:resultingOrganization organization:ferry-agency ; coop:kind kind:renaming
coop:Occasion | coop:kind kind:summit
org:Membership | org:member state:cliffland ; org:organization organization:harbour-league ; org:role role:member
coop:PinnedSource | coop:address "https://x.example/"^^xsd:anyURI ; coop:digest "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" ; coop:length 9
coop:Passage | rdf:type oa:SpecificResource ; oa:hasSource source:about-harbour-league ; oa:hasSelector selector:0-60 ; coop:digest "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
oa:TextPositionSelector | oa:start 7 ; oa:end 9
coop:Claim | coop:about organization:river-union ; coop:source source:river-gazette ; coop:kind kind:general ; coop:statement "It is said."@en, "Так сказано."@ru
coop:Conflict | coop:kind kind:date-conflict ; coop:joins claim:f012, claim:news-visit-kind ; coop:open true ; coop:rationale "Nobody knows."@en, "Никто не знает."@ru
skos:Concept | skos:inScheme vocab:kind
"""
#: What an instance of each class needs to be complete, besides labels and claims.
HOSTS = {
    host: properties(facts.strip())
    for hosts, _, facts in (line.partition("|") for line in _HOSTS.strip().splitlines())
    for host in hosts.split()
}

KIND_OF = {
    "org:Membership": "membership", "org:Post": "post", "prov:Person": "person", "coop:State": "state",
    "coop:Place": "place", "coop:Publisher": "publisher", "coop:Source": "source", "coop:PinnedSource": "source",
    "coop:Passage": "passage", "oa:TextPositionSelector": "selector", "coop:Claim": "claim", "coop:Conflict": "conflict", "coop:Coverage": "coverage",
    "coop:Signature": "signature", "coop:Mechanism": "mechanism", "coop:Provision": "provision",
    "skos:Concept": "kind", "skos:ConceptScheme": "vocab",
}  # fmt: skip
MISSPELT = "dcterms:licence"
#: Classes whose things somebody has to refer to.
USED = (
    "prov:Person", "org:Post", "coop:Place", "coop:State", "coop:Publisher", "coop:Source", "coop:PinnedSource", "coop:Passage",
)  # fmt: skip
UNCLAIMED = {"publisher", "source", "passage", "selector", "claim", "conflict", "kind", "vocab"}


def subject_of(number: int, host: str) -> str:
    if host in KIND_OF:
        return f"{KIND_OF[host]}:t{number}"
    events = ("Event", "Approval", "Sign", "Entry", "Regis", "Adoption", "Submission", "Change", "Occasion")
    return f"event:t{number}" if any(word in host for word in events) else f"document:t{number}"


def claim(slug: str, about: str, prop: str = "", value: str = "") -> str:
    """Turtle of a claim of a value, that there is none of a property, or about a thing as a whole."""
    named = f" coop:property {prop} ;" if prop else ""
    said = f"coop:value {value}" if value else "coop:kind kind:none-found" if prop else "coop:kind kind:general"
    return (
        f"claim:{slug} a coop:Claim ; coop:about {about} ;{named} {said} ; coop:source source:coastal-news ;"
        f' coop:statement "Said of {slug}."@en, "Сказано о {slug}."@ru .\n'
    )


def instance(number: int, host: str, change: dict[str, str | None]) -> str:
    """Turtle of a complete instance of a class, with some properties set, or taken away where the value is None."""
    subject = subject_of(number, host)
    facts = {**HOSTS[host], **change}
    if host == "coop:Claim" and "coop:property" in change and "coop:value" not in change and "coop:kind" not in change:
        facts["coop:kind"] = "kind:none-found"
    facts = {name: value and value.replace("{own}", f"document:t{20_000 + number}") for name, value in facts.items()}
    lines = [f"{subject} a {host}"]
    if "skos:prefLabel" not in change:
        lines.append(f'skos:prefLabel "T{number}"@en, "Т{number}"@ru')
    lines += [f"{name} {value}" for name, value in facts.items() if value is not None]
    text = " ;\n  ".join(lines) + " .\n"
    if subject.partition(":")[0] not in UNCLAIMED:
        exempt = ("skos:", "rdfs:", "owl:", "coop:concerns", "dcterms:isReplacedBy", MISSPELT)
        said = [(name, value) for name, value in facts.items() if value is not None and not name.startswith(exempt)]
        for at, (name, value) in enumerate((name, one) for name, several in said for one in several.split(", ")):
            text += claim(f"t{number}-{at}", subject, name, value)
    if host in USED:
        text += f'document:u{number} a coop:Document ; skos:prefLabel "U{number}"@en, "Ю{number}"@ru ;'
        text += f" dcterms:isReplacedBy {subject} .\n"
    if any("{own}" in (value or "") for value in {**HOSTS[host], **change}.values()):
        text += instance(20_000 + number, "coop:Decision" if host == "coop:Adoption" else "coop:Memorandum", {})
    if host == "coop:Signature":
        text += f"instrument:joint-declaration-2011 coop:hasSignature {subject} .\n"
    if host == "coop:Coverage":
        text += instance(10_000 + number, "coop:Document", {"coop:hasCoverage": subject})
    return text


class Case(NamedTuple):
    """One way to break a shape: what an instance of a class has, or lacks (None), when it is broken and when it is mended.

    ``also`` are further results of the same instance, ``more`` and ``cure`` is Turtle to add, with its name for ``{}``.
    """

    shape: str
    host: str
    broken: dict[str, str | None]
    mended: dict[str, str | None]
    component: str
    path: str | None = ""
    also: tuple[tuple[str, str | None, str], ...] = ()
    more: str = ""
    cure: str = ""
    focus: str = ""


#: Component to what it asks of the values of properties: class, and names of shapes that are those of properties.
_LINKS = {
    "Class": """coop:InternationalOrganization highestBody seat; coop:StateMission represents accreditedTo; org:Post postIn;
        coop:Treaty hasSignature; coop:Document hasCoverage; coop:Resolution updates; coop:Statement recognizes;
        coop:Draft becomes; coop:Adoption place votedAgainst abstained sponsor; coop:Approval decidedBy;
        coop:PlannedEvent realizedBy; coop:OrganizationChange originalOrganization; coop:Signature signer capacity
        signedAt; org:Membership organization start end; coop:Source publisher; coop:Passage hasSource hasSelector;
        coop:Claim passage restates; skos:Concept broader; coop:Conflict accepts""",
    "Or": """coop:Publisher speaksFor; coop:Place isPartOf; coop:Report issuedBy references subject; org:Membership basis
        member; coop:Memorandum party; coop:Adoption occasion introducedBy; coop:Occasion participant host;
        coop:Submission through addressee; coop:Signature onBehalfOf""",
    "Node": """coop:Mechanism kind frequency; coop:Adoption voteMode; coop:Coverage area; org:Membership role""",
    "MinCount": """coop:OrganizationChange resultingOrganization; coop:Claim about source; coop:Decision issuer; coop:Provision
        whole kindOf; coop:StateMission missionOf missionTo; coop:SecretariatUnit parent; coop:PinnedSource
        published; coop:Conflict oneKind; coop:Adoption concernsAct; coop:PlannedEvent concernsSomething""",
}  # fmt: skip

_VALUES = """
# shape | class | property | broken value | mended value | component
prefLabel | coop:Place | skos:prefLabel | "Only English"@en | "Inlet"@en, "Залив"@ru | MinCount
prefLabel | coop:Place | skos:prefLabel | "Two"@en, "Two again"@en | "Two"@en, "Два"@ru | UniqueLang
altLabel | coop:Place | skos:altLabel | "Bucht"@de | "Bay"@en | LanguageIn
plainLabel | coop:Place | rdfs:label | "Bay"@en | | Equals
hiddenLabel | coop:Place | skos:hiddenLabel | "Bay" | "Bay"@en | LanguageIn
identifier | coop:State | dcterms:identifier | "Q 1" | "wikidata:Q1" | Pattern
type | coop:Place | x:type | org:Organisation | coop:Place | Class
officialTitle | coop:Document | coop:officialTitle | "Untagged" | "Tagged"@en | Datatype
subOrganizationOf | coop:SubsidiaryBody | org:subOrganizationOf | organization:harbour-council, organization:river-assembly | organization:harbour-council | MaxCount
symbol | coop:Document | coop:symbol | "RU/R/64-256" | "RU/R/64/256" | Pattern
providesFor | coop:Provision | coop:providesFor | "peace" | area:peacekeeping | NodeKind
number | coop:Provision | coop:number | 7 | "7" | Datatype
session | coop:Resolution | coop:session | 0 | 3 | MinInclusive
agendaItem | coop:Adoption | coop:agendaItem | 121 | "121 (f)" | Datatype
meeting | coop:Adoption | coop:meeting | 21 | "21st meeting" | Datatype
votesFor | coop:Adoption | coop:votesFor | -1 | 1 | MinInclusive
votesAgainst | coop:Adoption | coop:votesAgainst | "two" | 2 | Datatype MinInclusive
abstentions | coop:Adoption | coop:abstentions | 1, 2 | 2 | MaxCount
month | coop:Mechanism | coop:month | 13 | 9 | MaxInclusive
date | coop:Approval | coop:date | "2010-13-45"^^xsd:date | "2010-12"^^xsd:gYearMonth | Or
notBefore | coop:Approval | coop:notBefore | "2010" | "2010"^^xsd:gYear | Or
notAfter | coop:Approval | coop:notAfter | "2010"^^xsd:gYear, "2011"^^xsd:gYear | "2010"^^xsd:gYear | MaxCount
address | coop:Source | coop:address | "ftp://x.example/"^^xsd:anyURI | "https://x.example/"^^xsd:anyURI | Pattern
language | coop:Source | dcterms:language | "English" | "en" | Pattern
digest | coop:Passage | coop:digest | "ABC" | "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc" | Pattern
length | coop:PinnedSource | coop:length | 0 | 9 | MinInclusive
wording | coop:Statement | coop:wording | "one two three four five six seven eight" | "one two three four five six seven" | Pattern
passageStart | oa:TextPositionSelector | oa:start | 9 | 7 | LessThan
passageEnd | oa:TextPositionSelector | oa:end | "9" | 9 | Datatype
statement | coop:Claim | coop:statement | "Half."@en | "Whole."@en, "Целое."@ru | MinCount
reading | coop:Claim | coop:reading | "Half."@en | "Whole."@en, "Целое."@ru | MinCount
sentence | coop:Claim | coop:sentence | "7" | "S07" | Pattern
joins | coop:Conflict | coop:joins | claim:f012 | claim:f012, claim:news-visit-kind | MinCount
open | coop:Conflict | coop:open | false | true | In
oneSymbol | coop:Resolution | coop:symbol | "HL/RES/90/1", "HL/RES/90/2" | "HL/RES/90/1" | MaxCount
rationale | coop:Conflict | coop:rationale | "Half."@en | "Whole."@en, "Целое."@ru | MinCount
inScheme | skos:Concept | skos:inScheme | area:peacekeeping | vocab:kind | Class
definition | skos:Concept | skos:definition | "Untagged" | "Tagged"@en | LanguageIn
numbered | coop:Resolution | coop:session | | 3 | MinCount
informed | coop:Report | coop:issuedBy | | post:river-secretary | MinCount
fate | coop:Draft | coop:becomes | | instrument:ru-r-9-4 | MinCount
independent | coop:InternationalOrganization | org:subOrganizationOf | organization:river-union | | MaxCount
noParty | coop:Statement | coop:party | organization:river-union | | MaxCount
unissued | coop:Treaty | coop:issuedBy | organization:river-union | | MaxCount
concernsAgreed | coop:Signing | coop:concerns | instrument:ru-r-9-4 | instrument:harbour-charter | Class
concernsNoAct | coop:Approval | coop:concerns | instrument:ru-r-9-4 | instrument:harbour-charter | Not
concernsOne | coop:Approval | coop:concerns | document:draft-9, document:report-8 | document:draft-9 | QualifiedMaxCount
NameFits | coop:Document | skos:prefLabel | "Report 9"@en, "Записка"@ru | "Paper 9"@en, "Записка"@ru | SPARQL
concernsInstrument | coop:Registration | coop:concerns | document:report-8 | {own} | Class
concernsDocument | coop:Submission | coop:concerns | organization:river-union | document:draft-9 | Class
concernsStatus | coop:StatusChange | coop:concerns | state:tideland | membership:chair-moorland-2013 | QualifiedMinCount
noDate | coop:PlannedEvent | coop:date | "2012-10-09"^^xsd:date | | MaxCount
notRealized | coop:Submission | coop:realizedBy | event:adoption-ru-r-9-4 | | MaxCount
property | coop:Claim | coop:property | organization:river-union | coop:place | Or
concerns | coop:Approval | coop:concerns | document:draft-9, person:cora-weir | document:draft-9 | Or
# shape | class | =path | properties with values (none: taken away) | what mends it, if not all of it | component
earliest | coop:Approval | =coop:earliest | coop:notBefore "2012"^^xsd:gYear ; coop:notAfter "2011"^^xsd:gYear | coop:notBefore "2011"^^xsd:gYear ; coop:notAfter "2012"^^xsd:gYear | LessThan
related | skos:Concept | =skos:related|^skos:related | skos:related kind:visit ; skos:broader kind:visit | skos:broader | Disjoint
Retired | coop:Place | =dcterms:isReplacedBy | owl:deprecated true | dcterms:isReplacedBy place:millford | MinCount
Dating | coop:Approval | =coop:notBefore|coop:notAfter | coop:date "2010"^^xsd:gYear ; coop:notAfter "2010-05"^^xsd:gYearMonth | coop:notAfter | MaxCount
votesCounted | coop:Adoption | =coop:voteMode | coop:votesFor 3 ; coop:voteMode vote:without-a-vote | coop:voteMode vote:recorded-vote | Not
ClaimValue | coop:Claim | =coop:property | coop:value place:millford |  | MinCount
Garbled | coop:Claim | = | coop:kind kind:garbled | coop:reading "So."@en, "Так."@ru | Or
DecidedOrOpen | coop:Conflict | = | coop:open |  | Xone
AcceptedClaim | coop:Conflict | =coop:accepts | coop:open ; coop:accepts claim:f014 | coop:joins claim:f014, claim:f013 | SPARQL
DecidedValue | coop:Conflict | =coop:kind | coop:open ; coop:accepts claim:f012 |  | SPARQL
OpenValue | coop:Conflict | =coop:date | coop:joins claim:f011, claim:signing-memorandum-ferry-date | coop:joins claim:f012, claim:news-visit-kind | SPARQL
ClaimedValue | coop:Claim | =coop:date | coop:about event:signing-memorandum-ferry ; coop:property coop:date ; coop:value "2013"^^xsd:gYear | coop:value "2014"^^xsd:gYear | SPARQL
ClaimKind | coop:Claim | = | coop:kind |  | Or
Opinion | coop:Claim | = | coop:about membership:chair-moorland-2013 ; coop:property org:role ; coop:value role:chair ; coop:kind kind:opinion | coop:kind | Or
NoneFound | coop:Claim | =coop:signedAt | coop:property coop:signedAt ; coop:kind kind:none-found ; coop:about instrument:harbour-charter | coop:about organization:river-union | SPARQL
KindFits | coop:Occasion | =coop:kind | coop:kind kind:article |  | SPARQL
SignatureFits | coop:Signature | =coop:onBehalfOf | coop:onBehalfOf organization:ferry-agency |  | SPARQL
StatusFits | org:Membership | =coop:start | coop:start event:signing-memorandum-ferry |  | SPARQL
RelatedMember | org:Membership | = | org:role role:related-organization | | Or
MemberOfOrganization | org:Membership | = | org:role role:member ; org:organization organization:beacon-committee | org:role role:chair | Or
SubsidiaryKind | coop:SubsidiaryBody | = | coop:kind kind:secretariat | coop:kind kind:committee | Not
OnceConcerned | coop:EntryIntoForce | =coop:concerns | coop:concerns instrument:harbour-charter |  | SPARQL
AddressDate | coop:Source | =coop:date | coop:date "2030-05-12"^^xsd:date ; coop:address "https://x.example/20300519.html"^^xsd:anyURI | coop:date "2030-05-18"^^xsd:date | SPARQL
AfterSigning | coop:Registration | =coop:date | coop:date "2001-05"^^xsd:gYearMonth ; coop:concerns instrument:memorandum-ferry | coop:date "2014-05"^^xsd:gYearMonth | SPARQL
SymbolSession | coop:Resolution | =coop:session | coop:symbol "A/RES/64/1" ; coop:session 65 ; coop:issuedBy organization:ferry-agency | coop:session 64 | SPARQL
IntervalOrder | org:Membership | =coop:end | coop:start event:chair-moorland-2013 ; coop:end event:chair-tideland-2012 | coop:start event:chair-tideland-2012 ; coop:end event:chair-moorland-2013 | SPARQL
OneChair | org:Membership | =coop:start | org:role role:chair ; org:organization organization:harbour-league ; coop:start event:secretary-quill-2008 ; coop:end event:suspension-cliffland | coop:end event:chair-tideland-2012 | SPARQL
"""

PATHS = {
    "numbered": "coop:symbol|coop:session|^coop:concerns/coop:session",
    "informed": "coop:issuedBy|coop:symbol",
    "fate": "coop:becomes|^coop:concerns",
    "type": "rdf:type",
}
EXTRA: dict[tuple[str, str], tuple[tuple[str, str | None, str], ...]] = {
    ("party", "Or"): (("AgreedInstrument", None, "Or"),),
    ("hasSignature", "Class"): (("AgreedInstrument", None, "Or"),),
    ("passageEnd", "Datatype"): (("passageStart", "oa:start", "LessThan"),),
    ("concerns", "Or"): (("concernsDocument", "coop:concerns", "Class"),),
    ("onBehalfOf", "Or"): (("SignatureFits", "coop:onBehalfOf", "SPARQL"),),
    ("signedAt", "Class"): (("SignatureFits", "coop:signedAt", "SPARQL"),),
    ("organization", "Class"): (("MemberOfOrganization", None, "Or"),),
    ("start", "Class"): (("StatusFits", "coop:start", "SPARQL"),),
    ("end", "Class"): (("StatusFits", "coop:end", "SPARQL"),),
    ("accepts", "Class"): (("AcceptedClaim", "coop:accepts", "SPARQL"), ("DecidedOrOpen", None, "Xone")),
}


def _links() -> Iterator[Case]:
    """No value is too little, and a vocabulary is no right value of any; that right ones pass the example shows."""
    rules = Shapes(SHAPES)
    for component, line in ((component, line) for component, text in _LINKS.items() for line in text.split(";")):
        host, *names = line.split()
        for name in names:
            path: Any = rules.one(ox.NamedNode(iri(f"shape:{name}")), sh("path"))
            own, also = curie(path.value), EXTRA.get((name, component), ())
            yield Case(name, host, {own: None if component == "MinCount" else "vocab:kind"}, {}, component, own, also)


def _values() -> list[Case]:
    cases = [*_links()]
    for line in _VALUES.strip().splitlines():
        if line.startswith("#"):
            continue
        shape, host, name, bad, good, components = (part.strip() for part in re.split(r" \|(?= )", line))
        first, *others = components.split()
        own = PATHS.get(shape, name)
        also = (*EXTRA.get((shape, first), ()), *((shape, own, component) for component in others))
        if name[:1] == "=":
            broken, change = properties(bad), properties(good)
            cases.append(Case(shape, host, broken, {**broken, **change} if change else {}, first, name[1:] or None))
        elif name == "x:type":
            cases.append(Case(shape, host, {}, {}, first, own, also, more=f"{{}} a {bad} ."))
        else:
            cases.append(Case(shape, host, {name: bad or None}, {name: good or None}, first, own, also))
    return cases


AT_SESSION = {"coop:session": "64", "coop:concerns": "instrument:t912"}
SESSION = instance(  # its outer bounds: May 2013 to the end of 2014
    914, "coop:Occasion",
    {"coop:kind": "kind:session", "coop:host": "organization:ferry-agency", "coop:session": "64",
     "coop:notBefore": '"2013-05"^^xsd:gYearMonth', "coop:notAfter": '"2014"^^xsd:gYear'},
) + instance(912, "coop:Resolution", {"coop:symbol": '"A/RES/64/2"', "coop:session": None, "coop:issuedBy": "organization:ferry-agency"}).replace(
    "document:t912", "instrument:t912"
)  # fmt: skip
_OWN: list[Case] = [
    Case("uniqueSymbol", "coop:Document", {"coop:symbol": '"RU/7/1"'}, {"coop:symbol": '"RU/7/2"'}, "MaxCount",
         "coop:symbol/^coop:symbol", more=instance(901, "coop:Document", {"coop:symbol": '"RU/7/1"'})),
    Case("value", "coop:Claim", {"coop:property": "coop:place", "coop:value": "place:millford, place:port-amber",
                                 "coop:about": "event:river-summit-2011"},
         {"coop:property": "coop:place", "coop:value": "place:millford", "coop:about": "event:river-summit-2011"},
         "MaxCount", "coop:value", (("ClaimedValue", "coop:place", "SPARQL"),)),
    Case("relation", "coop:RelatedOrganization", {}, {}, "QualifiedMinCount", "^org:member",
         cure=instance(902, "org:Membership", {"org:member": "{}", "org:role": "role:related-organization"})),
    Case("signed", "coop:Signature", {}, {}, "MaxCount", "^coop:hasSignature",
         also=(("SignatureFits", "coop:signedAt", "SPARQL"), ("SignatureFits", "coop:onBehalfOf", "SPARQL")),
         more="instrument:harbour-charter coop:hasSignature {} ."),
    Case("covered", "coop:Coverage", {}, {}, "MaxCount", "^coop:hasCoverage",
         more=instance(904, "coop:Document", {"coop:hasCoverage": "{}"})),
    Case("AgreedInstrument", "coop:Memorandum", {"coop:party": "organization:river-union, organization:harbour-league"},
         {"coop:party": "organization:river-union, organization:harbour-league"}, "Or", None,
         cure=instance(905, "coop:Signing", {"coop:concerns": "{}"})),
    Case("Supported", "coop:Document", {}, {}, "SPARQL", "coop:officialTitle", more='{} coop:officialTitle "Bare"@en .'),
    Case("Supported", "coop:Publisher", {}, {}, "SPARQL", "coop:seat", focus="organization:t908",
         more='organization:t908 a coop:InternationalOrganization ; skos:prefLabel "T908"@en, "Т908"@ru ; coop:seat place:millford .'
              + claim("t908", "organization:t908")),
    Case("Unused", "coop:Publisher", {}, {}, "SPARQL", None, focus="place:t912",
         more='place:t912 a coop:Place ; skos:prefLabel "T912"@en, "Т912"@ru .'),
    Case("StartNamed", "coop:Publisher", {}, {}, "SPARQL", "coop:start", focus="membership:t916",
         more=instance(916, "org:Membership", {"coop:start": "event:t919"})
              + instance(919, "coop:StatusChange", {"coop:concerns": "membership:t916"})
              + instance(920, "coop:StatusChange", {"coop:concerns": "membership:t916"}).replace("event:t920", "event:t916")),
    Case("UniqueLabel", "coop:Place", {"skos:prefLabel": '"Same"@en, "Прочее"@ru'}, {"skos:prefLabel": '"Other"@en, "Прочее"@ru'},
         "SPARQL", "skos:prefLabel",
         more='place:a-same a coop:Place ; skos:prefLabel "Same"@en, "Другое"@ru .'
              ' document:u900 a coop:Document ; skos:prefLabel "U900"@en, "Ю900"@ru ; dcterms:isReplacedBy place:a-same .'),
    Case("WithinSource", "coop:Passage", {"oa:hasSelector": "selector:t913"}, {"oa:hasSelector": "selector:t913"}, "SPARQL", "oa:hasSelector",
         more=instance(913, "oa:TextPositionSelector", {"oa:end": "2401"}), cure=instance(913, "oa:TextPositionSelector", {"oa:end": "2400"})),
    Case("ClauseOfPassage", "coop:Passage", {"oa:hasSelector": "selector:t917"}, {"oa:hasSelector": "selector:t917"}, "SPARQL", "oa:hasSelector",
         more=instance(917, "oa:TextPositionSelector", {"oa:start": "700", "oa:end": "841"}) + instance(918, "coop:Claim", {"coop:passage": "{}"}),
         cure=instance(917, "oa:TextPositionSelector", {"oa:start": "700", "oa:end": "840"}) + instance(918, "coop:Claim", {"coop:passage": "{}"})),
    Case("Described", "coop:Publisher", {}, {}, "SPARQL", "coop:providesFor", focus="https://w3id.org/csto-un/ontology",
         also=(("Described", "coop:value", "SPARQL"),),
         more="provision:harbour-charter-article-7 coop:providesFor area:peacekeping ."
              + claim("t910", "provision:harbour-charter-article-7", "coop:providesFor", "area:peacekeping")),
    Case("AfterPredecessor", "coop:Resolution", {"coop:updates": "instrument:ru-r-9-4"}, {"coop:updates": "instrument:ru-r-7-12"},
         "SPARQL", "coop:updates",
         more=instance(911, "coop:Adoption", {"coop:concerns": "{}", "coop:date": '"2011"^^xsd:gYear'}),
         cure=instance(911, "coop:Adoption", {"coop:concerns": "{}", "coop:date": '"2011"^^xsd:gYear'})),
    Case("SessionDate", "coop:Adoption", {"coop:date": '"2012"^^xsd:gYear', **AT_SESSION},
         {"coop:date": '"2013"^^xsd:gYear', **AT_SESSION}, "SPARQL", "coop:session", more=SESSION, cure=SESSION),
]  # fmt: skip

_NARROWER = {"org:Organization": "coop:InternationalOrganization", "coop:Event": "coop:Occasion"}


@cache
def cases() -> list[Case]:
    rules, found = Shapes(SHAPES), [*_values(), *_OWN]
    for shape, _ in rules.uses("closed"):
        target, name = curie(rules.objects(shape, sh("targetClass"))[0].value), curie(shape.value)
        host = _NARROWER.get(target, target)
        found.append(Case(name.partition(":")[2], host, {MISSPELT: '"x"'}, {}, "Closed", MISSPELT))
    return found


Seen = dict[str, set[tuple[str, str | None, str]]]


def _seen(report: Report) -> Seen:
    found: Seen = defaultdict(set)
    for finding in report:
        path = finding.path and curie(finding.path)
        component = finding.component.removesuffix("ConstraintComponent")
        found[curie(finding.focus)].add((curie(finding.shape).partition(":")[2], path, component))
    return found


def _graph_of(broken: bool) -> list[ox.Triple]:
    text = []
    for number, case in enumerate(cases(), 1):
        text.append(instance(number, case.host, case.broken if broken else case.mended))
        text.append((case.more if broken else case.cure).replace("{}", subject_of(number, case.host)))
    return [*example(), *turtle("\n".join(text))]


def _expected() -> Seen:
    wanted: Seen = defaultdict(set)
    for number, case in enumerate(cases(), 1):
        focus = case.focus or subject_of(number, case.host)
        wanted[focus] |= {(case.shape, case.path, case.component), *case.also}
    wanted["document:t901"].add(("uniqueSymbol", "coop:symbol/^coop:symbol", "MaxCount"))
    wanted["event:entry-into-force-harbour-charter"].add(("OnceConcerned", "coop:concerns", "SPARQL"))
    return wanted


# -------------------------------------------------------------------------------------------------------- tests


def test_shapes_are_valid_shacl() -> None:
    """The shapes meet SHACL's own shapes, as those of users have to, and use no other terms; none is a class, which
    would be a target, too."""
    report = shacl.validate([], SHAPES, locate=lambda focus, path: None, foreign={"shapes.ttl": SHAPES})
    assert (list(report), list(report.warnings)) == ([], [])
    assert not any(triple.predicate == TYPE and str(triple.object).endswith("Class>") for triple in SHAPES)


def test_each_shape_is_aimed_and_has_its_words() -> None:
    """Every target finds a thing of the bundled graph, what is named is described, and each
    message is there in both languages, with a remedy and known placeholders."""
    rules, data = Shapes(SHAPES), TripleIndex(quad.triple for quad in load().quads())
    aimed = {term for name in ("targetSubjectsOf", "targetObjectsOf") for _, term in rules.uses(name)}
    assert not {term for term in aimed if not any(data.pairs(term))}
    assert not {term for _, term in rules.uses("targetClass") if not data.subjects(TYPE, term)}
    own = tuple(PREFIXES[prefix] for prefix in ("coop", "org", "skos", "prov", "oa", "dcterms", "shape"))
    named = {term for name in ("path", "class", "targetClass", "property") for _, term in rules.uses(name)}
    named = {term for term in named if isinstance(term, ox.NamedNode) and term.value.startswith(own)}
    assert not {term for term in named if term not in data and term not in rules}
    kinds = ("Class", "Node", "SubjectsOf", "ObjectsOf")
    used = {shape for kind in kinds for shape, _ in rules.uses(f"target{kind}")} | {
        part for name in ("property", "node") for _, part in rules.uses(name)
    }
    for shape in {*rules.subjects(TYPE, sh("NodeShape")), *rules.subjects(TYPE, sh("PropertyShape"))}:
        assert shape in used or curie(shape.value).partition(":")[2] in RULES, shape
        for name in (LABELS[1], sh("message")):
            assert sorted(text.language for text in rules.objects(shape, name)) in ([], ["en", "ru"]), shape
        for text in rules.objects(shape, sh("message")):
            assert text.value.partition(". ")[2], text
            assert set(re.findall(r"\{[^}]*\}", text.value)) <= {"{focus}", "{path}", "{value}", "{nearest}"}, text


def test_project_and_example_conform() -> None:
    """The bundled graph has no violation and no warning; the example no finding at all, and an instance of each class with a shape."""
    report = load().validate()
    assert report.conforms("warning"), report.to_text()
    used = {triple.object.value for triple in graph(list(example())) if triple.predicate == TYPE}
    assert {triple.object.value for triple in SHAPES if triple.predicate == sh("targetClass")} <= used
    report = check(list(example()))
    assert len(report) == 0, report.to_text()


def test_broken_instances_are_reported_and_mended_ones_not() -> None:
    """Each broken instance gives exactly the expected shape, path and component, and nothing else does."""
    assert _seen(check(_graph_of(broken=True))) == _expected()
    assert not _seen(check(_graph_of(broken=False)))


def test_every_shape_has_a_broken_instance() -> None:
    """No shape with a constraint of its own is without a case; one that only gathers others cannot be reported."""
    grouping = {sh(name) for name in ("targetClass", "property", "severity", "message")} | {TYPE, LABELS[1]}
    rules = Shapes(SHAPES)
    shapes = {shape for kind in ("NodeShape", "PropertyShape") for shape in rules.subjects(TYPE, sh(kind))}
    own = {curie(shape.value).partition(":")[2] for shape in shapes if set(rules.about(shape)) - grouping}
    assert own == {case.shape for case in cases()}
