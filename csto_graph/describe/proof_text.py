"""Rules and proofs in words: what each rule says, and a proof as a tree for a terminal.

The texts are made from the documents of `explanation` (``csto-graph/proof/1``) and `absence`
(``csto-graph/absence/1``), so whoever has the JSON can make them again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .account import evidence_text, plain, say

if TYPE_CHECKING:
    from .proof_svg import Box

# One rule a line: name: English | Russian. Several lines of the evaluator's table can share a name.
_TABLE = """
eq-sym: what is the same as another thing has that thing as its same | тождество действует в обе стороны
eq-trans: two things that are the same as a third are the same | два предмета, тождественные третьему, тождественны
eq-rep-s: what is said of a thing holds for whatever is the same | сказанное о предмете верно и для тождественного ему
eq-rep-p: a statement holds with a property that is the same, too | положение верно и с тождественным свойством
eq-rep-o: a statement holds with a value that is the same, too | положение верно и с тождественным значением
eq-diff1: things that differ cannot be the same | различные предметы не могут быть тождественны
eq-diff2: no two members of a list of different things can be the same | никакие два члена списка различных предметов не могут быть тождественны
eq-diff3: no two members of a list of different things can be the same | никакие два члена списка различных предметов не могут быть тождественны
prp-dom: whatever has this property belongs to its domain | всё, что имеет это свойство, относится к его области определения
prp-rng: every value of this property belongs to its range | всякое значение этого свойства относится к его области значений
prp-fp: a functional property has one value, so both values are the same | у функционального свойства одно значение, поэтому оба значения тождественны
prp-ifp: one value of an inverse-functional property has one bearer, so both are the same | у значения обратно-функционального свойства один носитель, поэтому оба тождественны
prp-irp: an irreflexive property never joins a thing to itself | иррефлексивное свойство не связывает предмет с ним самим
prp-symp: a symmetric property holds both ways | симметричное свойство действует в обе стороны
prp-asyp: an asymmetric property never holds both ways | асимметричное свойство не действует в обе стороны
prp-trp: a transitive property that joins two things by way of a third joins these two, too | транзитивное свойство, связывающее два предмета через третий, связывает и эти два
prp-spo1: what a property joins, the wider property joins, too | что связано свойством, то связано и более широким свойством
prp-spo2: a chain of properties adds up to one property | цепочка свойств складывается в одно свойство
prp-eqp1: equivalent properties join the same things | равносильные свойства связывают одно и то же
prp-eqp2: equivalent properties join the same things | равносильные свойства связывают одно и то же
prp-pdw: disjoint properties never join the same two things | несовместимые свойства не связывают одну и ту же пару
prp-adp: of properties that exclude each other only one can join two things | из взаимоисключающих свойств пару может связывать лишь одно
prp-inv1: an inverse property says the same from the other side | обратное свойство говорит то же с другой стороны
prp-inv2: an inverse property says the same from the other side | обратное свойство говорит то же с другой стороны
prp-key: members of the class with the same key values are the same | члены класса с одинаковыми ключевыми значениями тождественны
prp-npa1: it was denied expressly that this property joins the two | прямо отрицалось, что свойство связывает эти предметы
prp-npa2: it was denied expressly that the property has this value | прямо отрицалось, что свойство имеет это значение
cls-nothing2: nothing can belong to the empty class | ничто не может относиться к пустому классу
cls-int1: what belongs to every class of an intersection belongs to it | что относится ко всем классам пересечения, относится и к нему
cls-int2: what belongs to an intersection belongs to each of its classes | что относится к пересечению, относится к каждому из его классов
cls-uni: what belongs to one class of a union belongs to the union | что относится к одному из классов объединения, относится к объединению
cls-com: nothing belongs both to a class and to its complement | ничто не относится и к классу, и к его дополнению
cls-svf1: the class takes in all that has such a value of this property | класс включает всё, у чего есть такое значение этого свойства
cls-svf2: the class takes in all that has any value of this property | класс включает всё, у чего есть какое-либо значение этого свойства
cls-avf: members of the class have only values of that kind for this property | у членов класса значения этого свойства — только такого рода
cls-hv1: every member of the class has this value | у каждого члена класса есть это значение
cls-hv2: whatever has this value belongs to the class | всё, что имеет это значение, относится к классу
cls-maxc1: members of the class have no value of this property | у членов класса нет значений этого свойства
cls-maxc2: members of the class have at most one value of this property, so both are the same | у членов класса не больше одного значения этого свойства, поэтому оба тождественны
cls-maxqc1: members of the class have no value of that kind for this property | у членов класса нет значений такого рода для этого свойства
cls-maxqc2: members of the class have no value of this property | у членов класса нет значений этого свойства
cls-maxqc3: members of the class have at most one value of that kind, so both are the same | у членов класса не больше одного значения такого рода, поэтому оба тождественны
cls-maxqc4: members of the class have at most one value of this property, so both are the same | у членов класса не больше одного значения этого свойства, поэтому оба тождественны
cls-oo: the class lists its members, and this is one of them | класс перечисляет своих членов, и это один из них
cax-sco: members of a class belong to the wider class, too | члены класса относятся и к более широкому классу
cax-eqc1: equivalent classes have the same members | у равносильных классов одни и те же члены
cax-eqc2: equivalent classes have the same members | у равносильных классов одни и те же члены
cax-dw: nothing belongs to two disjoint classes | ничто не относится к двум непересекающимся классам
cax-adc: nothing belongs to two of the classes that exclude each other | ничто не относится к двум взаимоисключающим классам
dt-type1: a datatype of OWL is a datatype | тип данных OWL есть тип данных
dt-type2: a value of a datatype belongs to it | значение типа данных относится к нему
dt-eq: literals with one value are the same | литералы с одним значением тождественны
dt-diff: literals with different values are not the same | литералы с разными значениями не тождественны
dt-not-type: a literal must have a value of its datatype | у литерала должно быть значение его типа данных
scm-cls: every class contains itself and the empty class | всякий класс содержит себя и пустой класс
scm-sco: a class within a class within a third lies within the third | класс внутри класса, лежащего в третьем, лежит в третьем
scm-eqc1: equivalent classes lie within each other | равносильные классы лежат один в другом
scm-eqc2: classes that lie within each other are equivalent | классы, лежащие один в другом, равносильны
scm-op: a property lies within itself | свойство лежит внутри себя
scm-dp: a property lies within itself | свойство лежит внутри себя
scm-spo: a property under a property under a third stands under the third | свойство, подчинённое подчинённому третьего, подчинено третьему
scm-eqp1: equivalent properties stand under each other | равносильные свойства подчинены друг другу
scm-eqp2: properties that stand under each other are equivalent | свойства, подчинённые друг другу, равносильны
scm-dom1: the domain of a property reaches up to every wider class | область определения свойства распространяется на более широкие классы
scm-dom2: a property takes over the domain of the wider property | свойство перенимает область определения более широкого свойства
scm-rng1: the range of a property reaches up to every wider class | область значений свойства распространяется на более широкие классы
scm-rng2: a property takes over the range of the wider property | свойство перенимает область значений более широкого свойства
scm-hv: having this value for a property implies having it for the wider property | иметь это значение свойства значит иметь его и для более широкого свойства
scm-svf1: having such a value implies having one of the wider kind | иметь такое значение значит иметь и значение более широкого рода
scm-svf2: having such a value for a property implies having it for the wider property | иметь такое значение свойства значит иметь его и для более широкого свойства
scm-avf1: having only values of this kind implies having only values of the wider kind | иметь лишь значения этого рода значит иметь лишь значения более широкого рода
scm-avf2: what holds for all values of the wider property holds for those of this one | что верно для всех значений более широкого свойства, верно и для значений этого
scm-int: an intersection lies within each of its classes | пересечение лежит в каждом из своих классов
scm-uni: each class of a union lies within it | каждый класс объединения лежит в нём
coop-bounds: a date, as precise as it is known, lies between these instants | дата с известной точностью лежит между этими моментами
coop-interval: the events that begin and end it bound the time in which it may and surely does hold | события начала и конца ограничивают время, когда это возможно и когда это несомненно
coop-label: things of this class are named after what is said of them | предметы этого класса называются по тому, что о них сказано
coop-support: what a claim speaks of is supported by the claim, and disputed where a conflict joins it | то, о чём говорит утверждение, им подкреплено, а если его касается расхождение — спорно
coop-corroboration: a claim is confirmed by agreeing claims of other publishers, and contradicted where a conflict goes against it | утверждение подтверждают согласные утверждения других издателей, а расхождение, решённое не в его пользу, ему противоречит
owlrl: the package owlrl drew this conclusion and gives no reasons | вывод сделан пакетом owlrl, который не называет оснований
"""  # noqa: E501


def _read(line: str) -> tuple[str, tuple[str, str]]:
    name, _, words = line.partition(": ")
    english, _, russian = words.partition(" | ")
    return name, (english, russian)


SAYS: Mapping[str, tuple[str, str]] = dict(_read(line) for line in _TABLE.strip().splitlines())
"""Rule to what it says, in English and Russian."""

TERMS: Mapping[str, tuple[str, str]] = {
    "rdf:type": ("is", "относится к классу"),
    "rdfs:subClassOf": ("is a kind of", "вид класса"),
    "rdfs:subPropertyOf": ("is a case of", "случай свойства"),
    "rdfs:domain": ("belongs to things of class", "бывает у предметов класса"),
    "rdfs:range": ("has values of class", "имеет значения класса"),
    "rdfs:member": ("has the member", "имеет член"),
    "rdfs:label": ("label", "название"),
    "rdfs:isDefinedBy": ("is defined by", "определено в"),
    "skos:prefLabel": ("label", "название"),
    "skos:altLabel": ("also called", "иначе"),
    "skos:hiddenLabel": ("found under", "ищут как"),
    "owl:sameAs": ("is the same as", "тождественно"),
    "owl:differentFrom": ("differs from", "отличается от"),
    "owl:inverseOf": ("is the inverse of", "обратно свойству"),
    "owl:equivalentClass": ("is equivalent to", "равносильно классу"),
    "owl:equivalentProperty": ("is equivalent to", "равносильно свойству"),
    "owl:disjointWith": ("excludes", "исключает"),
    "owl:propertyChainAxiom": ("follows from the chain", "следует из цепочки"),
    "owl:hasKey": ("has the key", "имеет ключ"),
    "owl:intersectionOf": ("is the intersection of", "есть пересечение"),
    "owl:unionOf": ("is the union of", "есть объединение"),
    "owl:complementOf": ("is the complement of", "есть дополнение"),
    "owl:oneOf": ("is one of", "есть одно из"),
    "owl:onProperty": ("restricts the property", "ограничивает свойство"),
    "owl:someValuesFrom": ("has some value of class", "имеет значение класса"),
    "owl:allValuesFrom": ("has only values of class", "имеет только значения класса"),
    "owl:hasValue": ("has the value", "имеет значение"),
    "owl:TransitiveProperty": ("transitive property", "транзитивное свойство"),
    "owl:SymmetricProperty": ("symmetric property", "симметричное свойство"),
    "owl:FunctionalProperty": ("functional property", "функциональное свойство"),
    "owl:InverseFunctionalProperty": ("inverse-functional property", "обратно-функциональное свойство"),
    "owl:ObjectProperty": ("property between things", "свойство между предметами"),
    "owl:DatatypeProperty": ("property with plain values", "свойство с простыми значениями"),
    "owl:AnnotationProperty": ("annotation property", "свойство-аннотация"),
    "owl:Class": ("class", "класс"),
    "owl:Thing": ("thing", "предмет"),
    "owl:Nothing": ("nothing", "ничто"),
}  # fmt: skip
"""Terms of RDF and OWL that stand in proofs, in English and Russian; the ontology does not describe them."""

_WORDS = {
    "anything": ("anything", "что угодно"),
    "asserted": ("asserted", "утверждается"),
    "axiom": ("the ontology says so", "так сказано в онтологии"),
    "below": ("continued below", "продолжение ниже"),
    "computed": ("The query computes it from what is known of:", "Запрос вычисляет это из сведений о предметах:"),
    "decided": (
        "A claim says so, but the conflict was decided otherwise.",
        "Так сказано в утверждении, но расхождение решено иначе.",
    ),
    "derived": ("follows by", "следует по правилу"),
    "disputed": ("disputed", "спорно"),
    "holds": ("This holds.", "Это верно."),
    "incomplete": ("Not all is shown: the proof is longer.", "Показано не всё: доказательство длиннее."),
    "instead": ("Said instead", "Вместо этого сказано"),
    "mention": ("named in", "названо в"),
    "missing": ("missing", "недостаёт"),
    "more": (
        "and {} more such way|and {} more such ways",
        "и ещё {} такой путь|и ещё {} таких пути|и ещё {} таких путей",
    ),
    "nearest": ("It would follow, if what is missing held", "Следовало бы, будь верно недостающее"),
    "no": ("The graph does not say so.", "Граф этого не утверждает."),
    "nobody": ("no claim speaks of it", "ни одно утверждение об этом не говорит"),
    "nothing": ("Nothing speaks of it.", "Об этом ничего не сказано."),
    "publisher": ("only this publisher", "только этот издатель"),
    "record": ("the record of the sources", "запись об источниках"),
    "said": ("Said", "Сказано"),
    "see": ("see above", "см. выше"),
    "stated": ("A claim says so, but the graph does not.", "Так сказано в утверждении, но не в графе."),
    "statement": ("stated in", "сказано в"),
    "thing": ("claims about the thing as a whole", "утверждения о предмете в целом"),
    "unknown": ("not found in the graph", "в графе не найдено"),
    "unproved": ("derived; its proof is not kept here", "выведено; доказательство здесь не хранится"),
    "vocabulary": ("the vocabulary says so", "так сказано в словаре"),
    "whole": ("Claims", "Утверждения"),
}


def _spoken(words: tuple[str, str], language: str) -> str:
    return words[language.startswith("ru")]


def word(key: str, language: str) -> str:
    """One of the fixed words of proofs in English or Russian."""
    return _spoken(_WORDS[key], language)


def counted(key: str, number: int, language: str) -> str:
    """Fixed words with a number, in the form that goes with it: English has two, Russian three."""
    forms = word(key, language).split("|")
    if len(forms) == 2:
        return forms[number != 1].format(number)
    last, tens = number % 10, number % 100
    few = 2 <= last <= 4 and not 12 <= tens <= 14
    return forms[0 if last == 1 and tens != 11 else 1 if few else 2].format(number)


def says(rule: str, language: str) -> str:
    """What a rule says, in words; '' for a rule that is not known here."""
    return _spoken(SAYS.get(rule, ("", "")), language)


def term(short: str, language: str) -> str:
    """Words for a term of RDF or OWL (a CURIE); '' where there are none."""
    return _spoken(TERMS.get(short, ("", "")), language)


# --- a proof as a tree ----------------------------------------------------------------------------------------------

_CLAIMS_NAMED = 6  # numbers behind one statement; more are counted


def sentence(statement: Mapping[str, Any]) -> str:
    """A statement of a document as one line."""
    return " — ".join(statement[part]["label"] for part in ("subject", "property", "value"))


def reason(statement: Mapping[str, Any], numbers: Mapping[str, int], language: str) -> str:
    """Why one statement stands in the graph, in one line, with the numbers of its claims."""
    kind = statement["reason"]
    if kind == "derived":
        if not statement["rule"]:
            return word("unproved", language)
        return f"{word('derived', language)} {statement['rule']}: {statement['says']}"
    if kind == "axiom":
        where = statement["defined"]
        return word(statement["graph"] if statement["graph"] == "vocabulary" else "axiom", language) + (
            f" (<{where}>)" if where else ""
        )
    if kind == "unknown":
        return word("unknown", language)
    speaks = statement["speaks"] or ("record" if statement["graph"] == "claims" else "nobody")
    parts = [word("asserted", language), f"{word(speaks, language)}{_marks(statement['claims'], numbers)}"]
    return "; ".join([*parts, *([word("disputed", language)] if statement["conflicts"] else [])])


def _marks(claims: Sequence[str], numbers: Mapping[str, int]) -> str:
    found = sorted(numbers[claim] for claim in claims if claim in numbers)
    rest = len(claims) - len(found[:_CLAIMS_NAMED])
    shown = ", ".join(map(str, found[:_CLAIMS_NAMED])) + (f" … +{rest}" if rest else "")
    return f" [{shown}]" if claims else ""


def numbered(document: Mapping[str, Any]) -> dict[str, int]:
    """The number of each claim of a document, as its texts give them."""
    return {claim["curie"]: number for number, claim in enumerate(document["claims"], 1)}


class _Tree:
    """Draws the statements of a document, each once; what is too deep for the width goes on in a tree of its own."""

    def __init__(self, document: Mapping[str, Any], language: str, width: int) -> None:
        self._known: Mapping[str, Mapping[str, Any]] = {found["id"]: found for found in document["statements"]}
        self._numbers = numbered(document)
        self._language = language
        self._width = max(width, 40)
        self._shown: set[str] = set()
        self._later: dict[str, int] = {}

    def lines(self, roots: Sequence[str]) -> Iterator[str]:
        """Each root as a tree, and after it what was put off."""
        for at, root in enumerate(roots):
            if at:
                yield "\n"
            yield from self._grown(root, "")
            while put_off := [name for name in self._later if name not in self._shown]:
                yield "\n"
                yield from self._grown(put_off[0], f"({self._later[put_off[0]]}) ")

    def _grown(self, root: str, mark: str) -> Iterator[str]:
        # A stack and no recursion: a proof can be as deep as the data are long.
        stack = [(root, mark, "")]
        while stack:
            name, first, rest = stack.pop()
            statement = self._known[name]
            remark = self._remark(name, rest)
            yield from _wrapped(sentence(statement) + remark, first, rest, self._width)
            if remark:
                continue
            self._shown.add(name)
            premises = statement["premises"]
            inner = rest + ("│ " if premises else "  ")
            yield from _wrapped(reason(statement, self._numbers, self._language), inner, inner, self._width)
            *others, last = premises or [""]
            if premises:
                stack.append((last, f"{rest}└─ ", f"{rest}   "))
            stack += [(premise, f"{rest}├─ ", f"{rest}│  ") for premise in reversed(others)]

    def _remark(self, name: str, rest: str) -> str:
        """Where a statement is explained, if not here; '' if here."""
        if name in self._shown:
            return f" ({word('see', self._language)})"
        if self._known[name]["premises"] and len(rest) > self._width // 2:
            number = self._later.setdefault(name, len(self._later) + 1)
            return f" ({number}: {word('below', self._language)})"
        return ""


def proof_text(document: Mapping[str, Any], language: str, width: int) -> Iterator[str]:
    """The shape ``csto-graph/proof/1`` for reading in a terminal: trees, then claims and conflicts.

    Of a cell that was computed the conflicts come first: they are what its value may hang on.
    """
    if document["computed"]:
        yield from _computed(document, language, max(width, 40))
        yield from evidence_text({**document, "claims": []}, language, width)
        yield from evidence_text({**document, "conflicts": []}, language, width)
        return
    if document["about"]:
        yield from _overview(document, language, max(width, 40))
    else:
        yield from _Tree(document, language, width).lines(document["roots"])
    if not document["complete"]:
        yield f"\n{word('incomplete', language)}\n"
    yield from evidence_text(document, language, width)


def _computed(document: Mapping[str, Any], language: str, width: int) -> Iterator[str]:
    """A cell, that the query computed it, and from what."""
    yield from _wrapped(f"{document['computed']} — {document['value']['label']}", "", "  ", width)
    yield from _wrapped(word("computed", language), "  ", "  ", width)
    for thing in document["about"]:
        yield from _wrapped(f"{thing['label']} ({thing['curie']})", "    ", "      ", width)


def _overview(document: Mapping[str, Any], language: str, width: int) -> Iterator[str]:
    """Things, and what is said of the one that was asked about: a line each."""
    for thing in document["about"]:
        yield from _wrapped(f"{thing['label']} ({thing['curie']})", "", "  ", width)
    numbers, known = numbered(document), {found["id"]: found for found in document["statements"]}
    for root in document["roots"]:
        told = f"{known[root]['property']['label']} — {known[root]['value']['label']}"
        yield from _wrapped(f"{told} ← {reason(known[root], numbers, language)}", "  ", "      ", width)


# --- what does not hold ---------------------------------------------------------------------------------------------


def absence_text(document: Mapping[str, Any], language: str, width: int) -> Iterator[str]:
    """The shape ``csto-graph/absence/1`` for reading in a terminal."""
    width = max(width, 40)
    yield from _wrapped(sentence(document), "", "", width)
    yield from _wrapped(word("holds" if document["holds"] else "no", language), "  ", "  ", width)
    if document["holds"]:
        return
    numbers = numbered(document)
    if document["stated"]:
        yield from _wrapped(_overruled(document, numbers, language), "  ", "  ", width)
    for head, excludes in (("instead", True), ("said", False)):
        others = [other for other in document["instead"] if other["excludes"] == excludes]
        if others:
            yield f"\n{word(head, language)}\n"
        for other in others:
            yield from _wrapped(other["value"]["label"] + _marks(other["claims"], numbers), "  ", "    ", width)
    if document["attempts"]:
        yield f"\n{word('nearest', language)}\n"
        for attempt in document["attempts"]:
            yield from _attempt_text(attempt, language, width)
        if document["more"]:
            yield f"  … {counted('more', document['more'], language)}\n"
    elif not (document["instead"] or document["stated"]):
        yield f"\n{word('nothing', language)}\n"
    yield from evidence_text(document, language, width)
    searched = document["searched"]
    yield f"\n{say('searched' if searched.get('until') else 'undated', language).format(**searched)}\n"


def _overruled(document: Mapping[str, Any], numbers: Mapping[str, int], language: str) -> str:
    words = word("decided" if document["conflicts"] else "stated", language)
    return f"{words}{_marks(document['stated'], numbers)}"


def _attempt_text(attempt: Mapping[str, Any], language: str, width: int) -> Iterator[str]:
    yield from _wrapped(f"{attempt['rule']}: {attempt['says']}", "  ", "    ", width)
    for premise in attempt["premises"]:
        labels = [part["label"] if part else word("anything", language)
                  for part in (premise[key] for key in ("subject", "property", "value"))]  # fmt: skip
        mark = "✓" if premise["holds"] else "✗"
        remark = "" if premise["holds"] else f" ({word('missing', language)})"
        yield from _wrapped(" — ".join(labels) + remark, f"    {mark} ", "      ", width)


def _wrapped(text: str, first: str, rest: str, width: int) -> Iterator[str]:
    """A text behind a head, with another before its further lines."""
    from textwrap import wrap

    room = max(width - len(rest), 20)
    lines = wrap(plain(text), room, break_long_words=False, break_on_hyphens=False) or [""]
    yield f"{first}{lines[0]}\n"
    yield from (f"{rest}{line}\n" for line in lines[1:])


# --- a proof as a drawing -------------------------------------------------------------------------------------------

_BOXES = 240  # boxes of one drawing
_BEHIND = 3  # claims drawn behind one statement
_SIDES = 12  # claims drawn behind one conflict
_DEEP = 40  # columns


def proof_drawing(document: Mapping[str, Any], language: str) -> str:
    """An explanation of the shape ``csto-graph/proof/1`` as SVG: from each statement to its claims and axioms.

    A conflict hangs on the first statement that is disputed in it; of a cell without statements it comes first. A claim
    is a link to the page it was taken from.
    """
    from . import proof_svg

    painter = _Painter(document, language)
    roots = [painter.box(root) for root in document["roots"]]
    conflicts = painter.conflicts(document["conflicts"])
    claims = [] if roots else painter.claims(document["claims"][:_BOXES])
    first = sentence(painter.known[document["roots"][0]]) if roots else ""
    asked = [document[key]["label"] if isinstance(document.get(key), dict) else str(document.get(key, ""))
             for key in ("computed", "thing", "property", "value")]  # fmt: skip
    title = " — ".join(filter(None, asked)) or first
    told = [f"{sentence(found)}: {painter.reason(found)}" for found in document["statements"][:_BOXES]]
    told += [" — ".join(filter(None, painter.decision(found))) for found in document["conflicts"][:_BOXES]]
    return proof_svg.tree([*roots, *conflicts, *claims], title=title, description="; ".join(told) or title)


class _Painter:
    """Makes boxes of statements, each opened once, and of claims, each drawn once."""

    def __init__(self, document: Mapping[str, Any], language: str) -> None:
        self.known: Mapping[str, Mapping[str, Any]] = {found["id"]: found for found in document["statements"]}
        self._claims = {claim["curie"]: claim for claim in document["claims"]}
        self._conflicts = {found["curie"]: found for found in document["conflicts"]}
        self._numbers = numbered(document)
        self._language = language
        self._shown: set[str] = set()

    def reason(self, statement: Mapping[str, Any]) -> str:
        return reason(statement, self._numbers, self._language)

    def box(self, name: str, depth: int = 0) -> Box:
        """A statement with what it rests on to its right."""
        from .proof_svg import Box

        statement = self.known[name]
        kind = statement["reason"] if statement["reason"] in ("asserted", "axiom", "derived") else "plain"
        if name in self._shown:
            return Box(sentence(statement), word("see", self._language), "plain")
        self._shown.add(name)
        if len(self._shown) > _BOXES or depth > _DEEP:
            return Box(sentence(statement), "…", kind)
        behind = [self.box(premise, depth + 1) for premise in statement["premises"]]
        known = sorted((claim for claim in statement["claims"] if claim in self._claims), key=self._numbers.__getitem__)
        behind += self.claims([self._claims[claim] for claim in known[:_BEHIND]])
        behind += self.conflicts([self._conflicts[found] for found in statement["conflicts"]])
        return Box(sentence(statement), self.reason(statement), kind, tuple(behind))

    def claims(self, found: Sequence[Mapping[str, Any]]) -> list[Box]:
        """Those of some claims that were not drawn yet."""
        return [self._claim(claim) for claim in self._new(found)]

    def conflicts(self, found: Sequence[Mapping[str, Any]]) -> list[Box]:
        """Those of some conflicts that were not drawn yet, with the claims on either side that were not."""
        return [self._conflict(conflict) for conflict in self._new(found)]

    def _new(self, found: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        new = [entry for entry in found if entry["curie"] not in self._shown]
        self._shown.update(entry["curie"] for entry in new)
        return new

    def _conflict(self, conflict: Mapping[str, Any]) -> Box:
        from .proof_svg import Box

        return Box(*self.decision(conflict), "conflict", tuple(self.claims(conflict["claims"][:_SIDES])))

    def decision(self, conflict: Mapping[str, Any]) -> tuple[str, str]:
        """What a conflict is about; and what was decided, by which claims, and why."""
        right = [claim["curie"] for claim in conflict["claims"] if claim["accepted"]]
        state = say("open" if conflict["open"] else "decided", self._language)
        why = f"{say('why', self._language)}: {conflict['rationale']}" if conflict["rationale"] else ""
        numbers = _marks([claim for claim in right if claim in self._numbers], self._numbers)
        return (
            f"{say('conflicts', self._language)}: {conflict['label']}",
            "; ".join(filter(None, (f"{state}{' ✓' * bool(numbers)}{numbers}", why))),
        )

    def _claim(self, claim: Mapping[str, Any]) -> Box:
        """A claim with its number, or its side of a conflict; its words, passage and source, with the address."""
        from .proof_svg import Box

        source = claim["source"] or {}
        place = " ".join(filter(None, (claim["number"], claim["sentence"], claim["passage"])))
        link = source.get("address", "")
        note = " · ".join(filter(None, (source.get("label", ""), source.get("date", ""), place, link)))
        side = ("✓" if claim["accepted"] else "–") if "accepted" in claim else ""
        number = f"[{self._numbers[claim['curie']]}]" if claim["curie"] in self._numbers else ""
        return Box(" ".join(filter(None, (side, number, claim["statement"]))), note, "claim", link=link)
