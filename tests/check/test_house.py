"""House rules on words and positions: what they say of texts that are right though told in other words."""

# ruff: noqa: E501 (a table of cases is wide)

from __future__ import annotations

import pyoxigraph as ox
import pytest
from closing import turtle
from test_shapes import SHAPES

from csto_graph.check import house
from csto_graph.check.shapes import Shapes, sh
from csto_graph.names import curie
from csto_graph.store.engine import graph_name

TEXT = "The union met in Port Née on 19 and 20 May 2031. Its members were seven."
AROUND = """
place:port-nee a coop:Place ; skos:prefLabel "Port Née"@en, "Порт-Не"@ru . source:s a coop:PinnedSource .
instrument:pact coop:symbol "RU/R/64/256" .
""" + "".join(
    f"passage:p{start} oa:hasSource source:s ; oa:hasSelector [ oa:start {start} ; oa:end {end} ] .\n"
    for start, end in ((0, 25), (26, 48), (49, 73))
)  # fmt: skip


def sentences(*numbers: int) -> str:
    """A claim for each passage, said to be in the sentence of that number."""
    claim = 'claim:c{0} coop:sentence "S{1}" ; coop:passage passage:p{0} . '
    return "".join(claim.format(start, number) for number, start in zip(numbers, (0, 26, 49), strict=True))


CASES = [
    ('claim:a coop:value "2031-05-19"^^xsd:date ; coop:statement "On 19 and 20 May 2031."@en, "19–20 мая 2031 года."@ru .', ""),
    ('claim:a coop:value "2031-05-19"^^xsd:date ; coop:statement "On 20 May 2031."@en, "20 мая 2031 года."@ru .', "ValueInWords"),
    ('claim:a coop:value "2031-05"^^xsd:gYearMonth ; coop:statement "Am 19. April 2031."@de, "In spring."@en, "Весной."@ru .', ""),
    ('claim:a coop:value place:port-nee ; coop:statement "They met there."@en, "Встретились там."@ru .', ""),
    ('claim:a coop:value place:port-nee ; coop:statement "They met in the Ferry town."@en, "Там, в Паромном."@ru .', "ValueInWords"),
    ('claim:a coop:value instrument:pact ; coop:statement "64/256 says so."@en, "Так в 64/256."@ru .', ""),
    ('claim:a coop:value instrument:pact ; coop:statement "64/25 says so."@en, "Так в 64/25."@ru .', "ValueInWords"),
    ('claim:a coop:value 7 ; coop:statement "Seven were for it."@en, "Семеро были за."@ru .', ""),
    ('claim:a coop:value 7 ; coop:passage passage:p26, passage:p49 .', "ValueInPassage"),
    ('claim:a coop:value "2031-05-20"^^xsd:date ; coop:passage passage:p0, passage:p26 .', ""),
    ('claim:a coop:value place:port-nee ; coop:passage passage:p26 .', "ValueInPassage"),
    ('claim:a coop:value place:port-nee ; coop:passage passage:p0 .', ""),
    ('claim:a coop:value place:port-nee ; coop:passage passage:p49 .', ""),
    ('claim:a coop:statement "The 2nd of May"@en, "Второе мая"@ru .', "LanguagesAgree"),
    ('claim:a coop:statement "In 2031"@en, "В 2031 г."@ru, "Im Jahr"@de .', ""),
    ('place:x skos:prefLabel "Adobe"@en, "Adobe"@ru .', ""),
    ('place:x skos:altLabel "Adobe"@ru .', "Script"),
    ('place:x skos:altLabel "Привет, Adobe"@ru ; <https://x.example/p> "Adobe"@ru .', ""),
    ('place:x skos:altLabel "a  b"@en .', "Spaces"),
    (sentences(98, 98, 99), ""),
    (sentences(98, 98, 97), "SentenceOfPassage"),
    (sentences(98, 98, 98), "SentenceOfPassage"),
    (sentences(98, 99, 99), "SentenceOfPassage"),
    ('source:s coop:length 71 .', "DigestOfPassage"),
    ('claim:s2-b coop:source source:s2 . claim:s2-a coop:source source:s . source:s2 a coop:Source .', "CalledAfter"),
    ('claim:s-2 coop:source source:s . claim:s2-a coop:source source:s2 . source:s2 a coop:Source .', ""),
    ('event:pact-1 a coop:Made . event:pact-2 a coop:Pact .', "CalledAfter"),
    ('event:pact-1 a coop:Made . event:pact-2 a coop:Pact . coop:Made rdfs:subClassOf coop:Pact .', ""),
    ('event:pact-made a coop:Made . event:pact-2 a coop:Pact .', ""),
    ('event:pact-port-nee coop:place place:port . place:port a coop:Place . coop:place coop:isLink true .', "CalledAfter"),
    ('source:s-7 coop:address "https://a.example/2031/x" ; coop:date "2030"^^xsd:gYear .', "YearOfSource"),
    ('source:s-2031 coop:address "https://a.example/x" ; coop:date "2032-01-01"^^xsd:date .', ""),
    ('source:x coop:address "http://a.example/1" ; dcterms:publisher publisher:y . source:z coop:address "http://a.example/2" ; coop:relays publisher:y ; dcterms:publisher publisher:q .', ""),
    ('claim:a coop:value "2031-05"^^xsd:gYearMonth ; coop:statement "On 20 May 2031."@en, "20 мая 2031 года."@ru .', "ValueInWords"),
    ('claim:a coop:value "2031"^^xsd:gYear ; coop:statement "In May 2031."@en, "В мае 2031 года."@ru .', "ValueInWords"),
    ('claim:a coop:value person:li ; coop:statement "Li Wen signed."@en, "Ли."@ru . person:li skos:prefLabel "Li Wen"@en . person:wu skos:prefLabel "Wu Wen"@en .', ""),
    ('claim:a coop:value person:wu ; coop:statement "Li Wen signed."@en, "Ли."@ru . person:li skos:prefLabel "Li Wen"@en . person:wu skos:prefLabel "Wu Wen"@en .', "ValueInWords"),
    ('claim:a coop:value instrument:pact ; coop:statement "The resolution of 2031."@en, "Резолюция 2031 года."@ru . instrument:pact skos:prefLabel "Act on fog"@en . instrument:r skos:prefLabel "Resolution 8/1"@en .', ""),
    ('claim:a coop:value instrument:pact ; coop:statement "The resolution on rain."@en, "Резолюция о дожде."@ru . instrument:pact skos:prefLabel "Act on fog"@en . instrument:r skos:prefLabel "Resolution on rain"@en .', "ValueInWords"),
    ('claim:a coop:value area:dr ; coop:statement "It speaks of drugs and fog."@en, "О наркотиках."@ru . area:dr skos:prefLabel "drug trade"@en . area:fog skos:altLabel "fog"@en, "Fog"@en .', ""),
    ('claim:a coop:value "5th plenary" ; coop:statement "The 5th meeting."@en, "Заседание 5."@ru .', ""),
    ('claim:a coop:value "2031-05-19"^^xsd:date ; coop:statement "It was in May 2031."@en, "В мае 2031 года."@ru .', "ValueInWords"),
    ('claim:a coop:value "2031-01-01"^^xsd:date ; coop:statement "Not before 2031."@en, "Не раньше 2031 года."@ru .', ""),
    ('<https://x.example/C> a owl:Class ; rdfs:label "c"@en, "ц"@ru, "k"@de .', ""),
    ('<https://x.example/C> a owl:Class ; rdfs:label "c"@en .', "BothLanguages"),
    pytest.param('claim:a coop:value "2031-05-19"^^xsd:date ; coop:statement "19 May 2031, no. #"@en .'.replace("#", "9" * 5_000), "", id="a number that Python refuses to make"),
    pytest.param('claim:a coop:passage passage:a ; coop:sentence "s1" . passage:a oa:hasSource source:a ; oa:hasSelector <urn:x> . <urn:x> oa:start # ; oa:end # .'.replace("#", "9" * 5_000), "", id="a place that Python refuses to make"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "rule"), CASES)
def test_what_is_right_is_not_told(text: str, rule: str) -> None:
    """The rule that a text breaks, if any; what words alone tell is a warning, since they may mean the same."""
    about = "ontology" if "owl:Class" in text else "claims"
    quads = [ox.Quad(*triple, graph_name(about)) for triple in turtle(AROUND + text)]
    found = [*house.results(quads, Shapes(SHAPES), {next(iter(turtle("source:s a source:s ."))).subject.value: TEXT})]
    assert [curie(one.shape.value) for one in found] == [f"shape:{rule}"] * bool(rule)
    sure = rule in ("SentenceOfPassage", "DigestOfPassage", "BothLanguages")
    assert {one.severity for one in found} <= {sh("Violation" if sure else "Warning")}
