"""`KnowledgeGraph`: the one noun users hold. It asks, finds, shows, validates and exports."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from pyoxigraph import Literal, NamedNode

from . import errors, files
from .loading import inputs
from .loading.view import GraphView, Options
from .names import BASE, KINDS, PREFIXES, curie
from .sparql.catalog import SENSELESS, SUBJECTS, Query
from .sparql.results import Entity, Table
from .sparql.text import QueryText, bind, mentioned_iris
from .store.engine import Answer, Limits, kind_of

if TYPE_CHECKING:
    from .check.house import Candidate
    from .check.shacl import Report
    from .describe.proof import Absence, Explanation
    from .describe.thing import Thing

_COOP = PREFIXES["coop"]


def load(
    data: inputs.Paths = (),
    *,
    only: bool = False,
    ontology: bool = False,
    house_shapes: bool = True,
    reasoner: str = "rules",
    base: str | None = None,
    language: str = "en",
    queries: inputs.Paths = (),
    shapes: inputs.Paths = (),
    progress: inputs.Progress = inputs.silent,
    endpoint: str | None = None,
) -> KnowledgeGraph:
    """Open the bundled graph, with files of your own added.

    Args:
        data: RDF files of any supported format, folders and patterns; read in worker processes with limits. Large
            ones are kept in a store on disk, which is made once: see `oxigraph`.
        only: Leave out everything bundled: data, ontology, vocabularies and shapes.
        ontology: With ``only``, keep the ontology, the vocabularies and the shapes; canned queries need them.
        house_shapes: Whether `KnowledgeGraph.validate` heeds the shapes of the project, where its ontology takes part.
        reasoner: ``rules`` (the project's evaluator), ``owlrl``, or ``none``: no OWL conclusions are drawn, so that
            data that contradict themselves can be asked, validated and exported.
        base: IRI against which relative ones in the files are resolved; by default the address of each file, which
            `KnowledgeGraph.notes` tells.
        language: In which labels are given: ``en`` or ``ru``.
        queries: Folders of ``.rq`` files that are added to the canned queries; they run in workers with limits.
        shapes: SHACL files, folders and patterns, whose shapes `KnowledgeGraph.validate` adds to those of the project.
        progress: Is told of what takes long: what is done, how much of it, and of how much (0 where not known).
        endpoint: Address of a SPARQL 1.1 endpoint where the graph was published, and which is asked instead.

    Raises:
        errors.InputError: Files cannot be read or parsed; ``errors`` holds each.
        errors.Inconsistent: The statements contradict each other.
        errors.UnknownName: There is no such reasoner or language.
        errors.UsageError: The endpoint's address is none, or data are given beside it; the base is no IRI.
    """
    options = Options(
        only=only, ontology=ontology, house_shapes=house_shapes, reasoner=reasoner, base=base, language=language,
        queries=tuple(inputs.paths(queries)), shapes=tuple(inputs.paths(shapes)), endpoint=endpoint,
    )  # fmt: skip
    return KnowledgeGraph(inputs.Bundle(), data, options, progress=progress)


class KnowledgeGraph(GraphView):
    """A graph of things, claims and sources, and the questions it can answer.

    Attributes:
        bundle: Where the files of the project lie.
        language: In which labels are given.
    """

    # -- asking

    def run(
        self, name: str, /, *, reading: str = "curated", timeout: float | None = None, limits: Limits | None = None,
        **values: object,
    ) -> Table:  # fmt: skip
        """Answer a canned query.

        Args:
            name: Name of the query.
            reading: ``curated`` or ``source``.
            timeout: Seconds; with it, the query runs in a worker process that is ended then.
            limits: As ``timeout``, with every limit there is.
            values: Its parameters.

        Raises:
            errors.UnknownName: No such query, parameter or thing.
            errors.BadParameter: A value does not fit.
            errors.LimitReached: A limit was given and reached.
        """
        return self.ask(self.queries[errors.text_of(name)], values, reading=reading, limits=_limits(timeout, limits))

    def ask(
        self, query: Query, values: Mapping[str, object], *, reading: str = "curated", limits: Limits | None = None
    ) -> Table:
        """Answer a canned query with these values of its parameters; see `run`."""
        values = query.named(values)
        text = query.bind(values, self)
        answer = self._answer(query, text, reading, limits)
        if query.foreign:
            query.fits(answer.variables)
        table = Table(query.columns, answer.rows, label=self._short)
        if not answer.rows:
            table.searched = self.searched()
            table.narrowed = [key for key in values if query.parameters[key].optional and key not in SUBJECTS]
        timeless = {key: value for key, value in values.items() if query.parameters[key].type != "date"}
        if len(timeless) < len(values) and "date" in table.types:
            at, shown = table.types.index("date"), {row[0] for row in answer.rows}

            def undated() -> int:
                every = self._answer(query, query.bind(timeless, self), reading, limits).rows
                return len({row[0] for row in every if row[at] is None} - shown)

            table.count_undated = undated
        table.explain = partial(self._explain_cell, query, text, reading, limits)
        return table

    def _answer(self, query: Query, text: str, reading: str, limits: Limits | None) -> Answer:
        """What a canned query answers, or a text cut out of it: one from outside in a worker with limits, always."""
        if not query.foreign:
            named = mentioned_iris(text)
            # A query whose terms nobody declares here would find nothing, or too little.
            for term in () if self._ontology else sorted(one for one in named - {_COOP} if one.startswith(_COOP)):
                if not any(self.engine().match(NamedNode(term), None, None)):
                    words = f"The query '{query.name}' asks in terms that are not declared here, such as {curie(term)}."
                    hint = "Add the project's ontology: --with-ontology, or load(only=True, ontology=True)."
                    raise errors.UsageError(words, hint=hint)
            return self.engine(reading).query(text, predicates=named, limits=limits)
        try:
            return self.engine(reading).foreign(text, limits=limits or Limits())
        except errors.QueryError as error:
            raise query.placed(error) from None

    def _explain_cell(
        self, query: Query | None, text: str, reading: str, limits: Limits | None, row: Mapping[str, Any], column: str
    ) -> Explanation:
        """Why a cell says so, of the answer to a canned query (with its bound text) or to another (None).

        A row that names no thing was computed from those that stand in the solutions behind it, and in the query.
        """
        from .describe.proof import explain_cell

        counted: list[Any] = []
        if query is not None and not any(isinstance(term, NamedNode) for term in row.values()):
            behind = self._answer(query, QueryText(text).solutions(), reading, limits)
            shared = [(at, row[name]) for at, name in enumerate(behind.variables) if name in row]
            fitting = [found for found in behind.rows if all(found[at] == value for at, value in shared)]
            counted = [term for found in fitting for term in found if isinstance(term, NamedNode)]
            counted += [NamedNode(name) for name in sorted(mentioned_iris(text)) if name.startswith(BASE)]
        things = [term for term in dict.fromkeys(counted) if kind_of(term) in KINDS]
        return explain_cell(self, row, column, reading=reading, counted=things)

    def sparql(
        self, text: str, *, timeout: float | None = None, limits: Limits | None = None, reading: str = "curated"
    ) -> Answer:
        """Answer any SPARQL 1.1 query, read-only, in a worker process with limits; the project's prefixes are known.

        Args:
            text: The query.
            timeout: Seconds; 10 by default.
            limits: As ``timeout``, with every limit there is.
            reading: ``curated`` or ``source``.

        Raises:
            errors.QueryError: The text does not parse or asks for what is refused.
            errors.LimitReached: Time, memory or rows ran out.

        Warns:
            errors.DoubtWarning: It names what the graph does not hold, or found nothing.
        """
        from .describe import schema

        answer = self.engine(reading).foreign(errors.text_of(text), limits=_limits(timeout, limits) or Limits())
        values = {str(getattr(term, "value", term)) for row in answer.rows for term in row if term is not None}
        little = not (values - {"0"} or answer.triples or answer.cut or answer.boolean)
        empty = little and answer.boolean is None and not values
        # A server is not asked about each term of a query that it has answered.
        doubts = schema.doubts(self, text, empty=empty, little=little) if little or not self._options.endpoint else []
        if doubts:
            warnings.warn("\n".join(doubts), errors.DoubtWarning, stacklevel=2)
        return answer

    def select(
        self, text: str, values: Mapping[str, object] | None = None, *, timeout: float = 10.0, limit: int | None = None
    ) -> Table:
        """Answer a SELECT with ``$name`` bound to terms or Python values.

        Args:
            text: SPARQL; ``$name`` marks a value.
            values: Name to pyoxigraph term, Thing, bool, int, float, or str (a string, never an IRI).
            timeout: Seconds.
            limit: How many rows at most; more are an error.

        Raises:
            errors.QueryError: The text does not parse, or is no SELECT.
            errors.LimitReached: Time or rows ran out.
        """
        bound = bind(errors.text_of(text), {name: _term(value) for name, value in (values or {}).items()})
        answer = self.sparql(bound, limits=Limits(seconds=timeout, rows=limit))
        if answer.kind != "solutions":
            raise errors.QueryError("This is not a SELECT query.", hint="Use sparql() for ASK, CONSTRUCT, DESCRIBE.")
        return self.table(answer, label=self._short)

    def table(self, answer: Answer, *, label: Callable[[str], str] | None = None) -> Table:
        """The rows of an answer of `sparql`, typed; its cells can say why.

        Args:
            answer: Rows, or a truth value or a graph, which have none.
            label: What stands for an IRI; by default what `label` gives.
        """
        table = Table(dict.fromkeys(answer.variables, "value"), answer.rows, label=label or self.label)
        table.explain = partial(self._explain_cell, None, "", "curated", None)
        return table

    # -- finding

    def __getitem__(self, name: str) -> Thing:
        """The one thing of that IRI, CURIE, identifier or name.

        Raises:
            errors.UnknownName: There is none; with suggestions.
            errors.BadParameter: There are several.
        """
        from .describe.thing import Thing

        return Thing(self, self.resolve(name))

    def __contains__(self, name: object) -> bool:
        try:
            return bool(self.resolve(errors.text_of(name)))
        except errors.UsageError as error:
            return isinstance(error, errors.BadParameter)

    # -- why

    def why(
        self, thing: str | Thing | Entity, property: str | None = None, value: object = None, *,
        reading: str = "curated",
    ) -> Explanation:  # fmt: skip
        """Why the graph says so: of a thing, of each value of a property, or of one statement.

        The explanation leads from each statement to its claims and passages, or by a proof to those of others. It is
        false where nothing of the kind is said; `why_not` tells more.

        Args:
            thing: A thing, or its IRI, CURIE, identifier or name.
            property: CURIE, IRI or name of a property.
            value: A value: a thing or its name, a literal's text with or without ``@language`` or ``^^datatype``.
            reading: ``curated`` or ``source``.

        Raises:
            errors.UnknownName: There is no such thing, property or reading.
            errors.BadParameter: Several have that name.
            errors.UsageError: A value without a property.
        """
        from .describe.proof import explain

        return explain(self, errors.text_of(thing), property, value, reading=reading)

    def why_not(
        self, thing: str | Thing | Entity, property: str, value: object, *, reading: str = "curated"
    ) -> Absence:
        """Why the graph does not say so: what is missing for it to follow, and what is said instead.

        Args:
            thing: As for `why`.
            property: As for `why`.
            value: As for `why`; it need not be a value of the property.
            reading: ``curated`` or ``source``.

        Raises:
            errors.UnknownName: There is no such thing, property or reading.
            errors.BadParameter: Several have that name.
        """
        from .describe.proof import explain_absence

        return explain_absence(self, errors.text_of(thing), property, value, reading=reading)

    # -- checking and taking away

    def validate(
        self, files: inputs.Paths = (), *, problems: list[errors.GraphError] | None = None, engine: str = "pyshifty",
        limits: Limits | None = None,
    ) -> Report:  # fmt: skip
        """Check the graph, with files added if any, by SHACL and the house rules.

        Args:
            files: As ``data`` of `load`.
            problems: Takes the errors of files that cannot be read, and the others are checked, if there are any; and
                the error where the statements contradict each other with the files, and they are checked with what
                follows from them all the same. Without it an error is raised before anything is checked.
            engine: ``pyshifty``, or ``pyshacl``, the reference, which is slower by far.
            limits: Time and memory of the engine; by default what a graph of this size may take.

        Raises:
            errors.InputError: Files cannot be read or parsed; ``errors`` holds each.
            errors.Inconsistent: The statements contradict each other.
            errors.LimitReached: Time or memory ran out, or the engine crashed.
            errors.UsageError: There are files, and the graph is one at an endpoint.
        """
        from .check import house, shacl, sources
        from .loading.pipeline import show_term
        from .store.oxigraph import Oxigraph

        checked, paths = self, inputs.paths(files)
        if paths:
            paths, options = [*self.files, *paths], self._options
            try:
                checked = KnowledgeGraph(self.bundle, paths, options, faulty=problems)
            except errors.Inconsistent as error:
                if problems is None:
                    raise
                problems[:] = [error]
                checked = KnowledgeGraph(self.bundle, paths, options._replace(contradictions=True), faulty=problems)
            if problems and checked.files == self.files:
                raise inputs.together(problems)
        if not self.shapes:
            ours = "add those of the project: --with-ontology"
            more = ours if self._options.house_shapes else "take --own-shapes-only out"
            raise errors.UsageError("There are no shapes to check by.", hint=f"Name some with --shapes, or {more}.")
        locate, asked = inputs.locator([*checked.files, *self.bundle.files]), checked.engine()
        report = shacl.validate(
            checked.quads(), self.shapes, locate=locate, engine=engine, foreign=self._own_shapes, limits=limits,
            lines=asked.ntriples() if type(asked) is Oxigraph else b"",  # a store on disk looks for damage first
            house=partial(house.results, texts=sources.known_texts(checked, altered=True)),
        )  # fmt: skip
        report.one_a_fault(self.bundle.files if checked.files else ())
        # A contradiction that lies in a statement that is told already is the same fault.
        told = {" ".join(map(show_term, one.result[:3])) + " ." for one in report}
        for fault in [one for one in problems or () if isinstance(one, errors.Inconsistent)]:
            if problems and all(told.intersection(one["statements"]) for one in fault.findings):
                problems.remove(fault)
        return report

    def candidates(self) -> list[Candidate]:
        """Claims that cannot all be right and that no conflict joins yet, each with the block to decide them."""
        from .check import house

        return [*house.candidates(self)]

    def export(
        self, path: str | os.PathLike[str], *, format: str | None = None, what: str = "all", as_of: str | None = None,
        possible: bool = False,
    ) -> None:  # fmt: skip
        """Write the graph, or a part, to a file: whole or not at all.

        Args:
            path: The file; its ending names the format unless ``format`` does.
            format: See `formats`.
            what: One of `engine.PARTS`.
            as_of: A day, month or year, or ``today``: what had happened by then, and held or is presumed to (marked).
            possible: With ``as_of``: also what may have happened or held.

        Raises:
            errors.UnknownName: No such format or part.
            errors.OutputError: The file cannot be written; an older one is untouched.
        """
        from .rdf import formats
        from .share import export as exporting

        chosen = formats.choose(format, path, formats.GRAPHS)
        files.write(path, exporting.export(self, chosen, what=what, as_of=as_of, possible=possible))

    def __len__(self) -> int:
        return self.engine().count()

    def __repr__(self) -> str:
        return f"<KnowledgeGraph {len(self):,} statements · {len(self.queries)} queries>"


def _limits(timeout: float | None, limits: Limits | None) -> Limits | None:
    """The limits, with the time that was given beside them."""
    return limits if timeout is None else (limits or Limits())._replace(seconds=timeout)


def _term(value: object) -> NamedNode | Literal:
    if isinstance(value, NamedNode | Literal):
        return value
    if isinstance(name := getattr(value, "iri", None), str):
        return NamedNode(name)
    if isinstance(value, bool | int | float) or (isinstance(value, str) and not re.search(f"[{SENSELESS}]", value)):
        return Literal(value)
    hint = "Give a term, a Thing, a number or a text without control characters."
    raise errors.UsageError(f"{value!r} cannot be bound in a query.", hint=hint)
