"""What every page and every answer of the server shares: the graph, the settings, addresses, templates, responses."""

from __future__ import annotations

import asyncio
import gc
import hashlib
import re
import time
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import jinja2
from pyoxigraph import NamedNode, Triple
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.staticfiles import NotModifiedResponse
from werkzeug.datastructures import LanguageAccept, MIMEAccept
from werkzeug.http import parse_accept_header, parse_etags

from .. import __version__, errors
from ..graph import KnowledgeGraph
from ..names import BASE, curie, iri, says, shown, table, translated, word, words_of
from ..rdf import formats
from ..sandbox.parent import THE_QUERY, vetted
from ..share.export import catalog_triples
from ..store.engine import Limits, mapped
from ..store.oxigraph import Oxigraph

#: In which pages are written; the first one for whoever accepts neither.
LANGUAGES = ("en", "ru")

#: Formats in which statements are given, with the endings of their addresses.
DATA = {name: f".{ending}" for name, ending in (
    ("turtle", "ttl"), ("jsonld", "jsonld"), ("ntriples", "nt"), ("rdfxml", "rdf"),
)}  # fmt: skip

#: Formats in which rows are given beside a page, with the endings of its addresses.
ROWS = {"csv": ".csv", "json": ".json", "markdown": ".md"}

#: What a browser may load for a page: what comes from here.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

#: How many rows a page shows, so that it is less than 100 kB; the files beside it have all.
ROWS_A_PAGE = 80

MEDIA_TYPES = {one.name: one.media_type for one in formats.FORMATS}


@dataclass(frozen=True)
class Settings:
    """How the server answers.

    Attributes:
        hosts: Names by which it may be called (the ``Host`` of a request, without port); ``*`` is any.
        base: Where it is reached from outside, without a slash at the end, perhaps below a path; empty where each
            request tells.
        seconds: Time limit of a query.
        answer: Bytes that an answer may have.
        body: Bytes that a request may bring.
        workers: How many queries run at once; as many workers are kept.
        concurrent: How many run or wait; further ones are told to come again.
        each: How many of them may be of one client.
        log_queries: Whether the log shows the texts of queries.
    """

    hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")
    base: str = ""
    seconds: float = 10.0
    answer: int = 64 * 1024**2
    body: int = 1024**2
    workers: int = 4
    concurrent: int = 16
    each: int = 8
    log_queries: bool = False


class Refused(errors.GraphError):
    """A request that is answered by a status and a reason."""

    def __init__(self, status: int, message: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.status = status


@dataclass
class Site:
    """A graph with what is needed to show it.

    Attributes:
        graph: What is served.
        settings: How.
    """

    graph: KnowledgeGraph
    settings: Settings = field(default_factory=Settings)

    def __post_init__(self) -> None:
        if isinstance(engine := self.graph.engine(), Oxigraph):
            engine.loaded()  # all of it: a page asks for much
        self.root = urlsplit(self.settings.base).path
        folder = Path(__file__).with_name("templates")
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(folder), autoescape=True, undefined=jinja2.StrictUndefined,
            trim_blocks=True, lstrip_blocks=True,
        )  # fmt: skip
        self._templates.globals |= {
            "root": self.root, "iri": iri, "external": external, "exists": self.exists, "version": __version__,
            "words": words_of, "shown": shown, "says": says, "word": word, "searched": self.graph.searched(),
            "most": ROWS_A_PAGE,
        }  # fmt: skip
        told = table("web")
        own = {} if self.graph.searched()["sources"] else {key: told[f"own-{key}"] for key in _OWN}
        self._words = {**told, **own}
        _ = self.graph.lookup, self.graph.queries, self.graph.shapes  # made once, for both languages
        self._views = {language: self.graph.in_language(language) for language in LANGUAGES}
        self.limits = Limits(seconds=self.settings.seconds, answer=self.settings.answer)
        self._workers, self._running = asyncio.Semaphore(self.settings.workers), Counter[str]()
        self._pages: OrderedDict[tuple[str, ...], Response] = OrderedDict()
        self._lock = Lock()

    def warm(self) -> None:
        """Make ready what the first requests would wait for: templates, names, workers."""
        for name in self._templates.list_templates():
            self._templates.get_template(name)
        self.exists("")
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda _: self.spare(), range(self.settings.workers + 1)))
        gc.freeze()  # what is there now stays

    def spare(self) -> None:
        """Start a worker, so that it is ready when the next query needs one."""
        engine = self.graph.engine()
        if isinstance(engine, Oxigraph):
            with suppress(errors.GraphError):
                worker = engine.workers.started(self.limits.memory).result()
                try:
                    asked = {**vetted("ASK {}", self.limits)[1], "format": ""}
                    list(worker.ask(asked, THE_QUERY, self.limits, time.monotonic()))
                finally:
                    engine.workers.give(worker)

    def view(self, request: Request) -> KnowledgeGraph:
        """The graph with labels in the language of a request."""
        return self._views[self.language(request)]

    def word(self, request: Request, key: str) -> str:
        """One of the words of the pages, in the language of a request."""
        return str(self._words[key][self.language(request) == "ru"])

    def language(self, request: Request) -> str:
        """The language in which a request is answered."""
        asked, accepted = request.query_params.get("lang", ""), request.headers.get("accept-language", "")
        best = parse_accept_header(accepted, LanguageAccept).best_match(LANGUAGES, default=LANGUAGES[0])
        return asked if asked in LANGUAGES else best

    def page(self, request: Request, template: str, status: int = 200, **values: Any) -> Response:
        """A page made of a template."""
        language = self.language(request)
        asked_version = request.query_params.get("version", __version__)
        asked = [
            (key, value) for key, value in request.query_params.multi_items() if key not in ("lang", "version", "page")
        ]
        text = self._templates.get_template(template).render(
            lang=language, t=partial(self.word, request), said=lambda told: translated(told, language),
            path=request.url.path, query=urlencode(asked),
            href=lambda name, ending=".html": self.root + href(name, ending, language), origin=self.origin(request),
            **{"data": "", "asked_version": asked_version, **values},
        )  # fmt: skip
        headers = {"Vary": "Accept, Accept-Language", "Content-Language": language}
        media = {"xml": "application/xml", "json": "application/json"}.get(template.rpartition(".")[2], "text/html")
        return Response(text, status, headers, media)

    def error(self, request: Request, status: int, message: str, hint: str = "", link: str = "") -> Response:
        """An error, as a page for browsers and as a line of text for others; it may lead to another thing (an IRI)."""
        message = message.removeprefix(f"{getattr(self.graph.engine(), 'address', '')}: ")  # nobody's but ours
        message, hint = (translated(text, self.language(request)) for text in (message, hint))
        if media_type(request.headers.get("accept", ""), ("text/plain", "text/html")) == "text/html":
            response = self.page(request, "error.html", status, message=message, hint=hint, link=link, code=status)
        else:
            lines = [f"{line}\n" for line in (message, hint, link) if line]
            headers = {"Vary": "Accept, Accept-Language"}
            response = Response("".join(lines), status, headers, "text/plain")
        if status in (429, 503):
            response.headers["Retry-After"] = "1"
        return response

    @asynccontextmanager
    async def slot(self, client: tuple[str, int] | None) -> AsyncIterator[None]:
        """A place for a query from outside: so many run, others wait, and a client has not all of them.

        Raises:
            Refused: 429 where the client has as many as it may, 503 where all are taken.
        """
        host, again = client[0] if client else "", "Come again in a second."
        if self._running[host] >= self.settings.each:
            raise Refused(429, "Too many of your queries are running.", again)
        if self._running.total() >= self.settings.concurrent:
            raise Refused(503, "Too many queries are running.", again)
        self._running[host] += 1
        try:
            try:
                async with asyncio.timeout(self.settings.seconds):
                    await self._workers.acquire()
            except TimeoutError:
                raise Refused(503, "Too many queries are running.", again) from None
            try:
                yield
            finally:
                self._workers.release()
        finally:
            self._running[host] -= 1
            if not self._running[host]:
                del self._running[host]

    def cached(self, request: Request, make: Callable[[], Response]) -> Response:
        """A response out of the cache, else made now; with a validator, and 304 for whoever has it already.

        The graph does not change while it is served, so that what an address answers is decided by the address, the
        language and the media types that are accepted.
        """
        key = (
            request.url.path, request.url.query, self.language(request), request.headers.get("accept", ""),
            self.origin(request),
        )  # fmt: skip
        with self._lock:
            response = self._pages.get(key)
            if response is not None:
                self._pages.move_to_end(key)
        if response is None:
            response = make()
            if response.status_code != 200:
                return response
            body = b"" if isinstance(response, StreamingResponse) else response.body
            response.headers.setdefault("ETag", f'"{hashlib.sha256(body).hexdigest()[:20]}"')
            response.headers["Cache-Control"] = "public, max-age=0, must-revalidate"
            with self._lock:
                if 0 < len(body) <= _LARGEST_CACHED:
                    self._pages[key] = response
                if len(self._pages) > _MOST_CACHED:
                    self._pages.popitem(last=False)
        known = parse_etags(request.headers.get("if-none-match"))  # compared weakly: RFC 9110, section 13.1.2
        if known.contains_weak(response.headers["ETag"].strip('"')):
            return NotModifiedResponse(response.headers)
        if isinstance(response, StreamingResponse):
            return response
        # Middleware writes into the headers of what it passes on; the one in the cache stays as it was made.
        return Response(response.body, 200, dict(response.headers))

    @cached_property
    def digest(self) -> str:
        """What tells this graph from others; of one elsewhere, this run from others."""
        engine = self.graph.engine()
        source = engine.nquads if isinstance(engine, Oxigraph) else str(time.time_ns()).encode()
        return hashlib.sha256(mapped(source) if isinstance(source, str) else source).hexdigest()[:20]

    def rows(
        self, request: Request, name: str, columns: Sequence[str], cells: Iterable[Any], format: str,
        fixed: Sequence[str] = (), undated: int = 0,
    ) -> Response:  # fmt: skip
        """Rows as a file, as the command line writes them.

        Args:
            request: Its language is that of the words in Markdown.
            name: Of the file, without its ending.
            columns: Names of the columns.
            cells: The rows.
            format: One of `ROWS`.
            fixed: The columns that hold fixed words.
            undated: How many things without a date were left out.
        """
        if format == "markdown":
            columns, cells = formats.in_words(columns, cells, fixed, self.language(request))
        text = "".join(formats.write_table(columns, cells, format, undated=undated))
        headers = {"Content-Disposition": f'inline; filename="{name}{ROWS[format]}"', "Vary": "Accept-Language"}
        return Response(text, headers=headers, media_type=MEDIA_TYPES[format])

    @cached_property
    def catalogue(self) -> Mapping[str, list[Triple]]:
        """Statements about canned queries and shapes, which stand in no graph, by their subjects."""
        found: dict[str, list[Triple]] = {}
        for triple in (*catalog_triples(self.graph.queries), *self.graph.shapes):
            found.setdefault(str(getattr(triple.subject, "value", "")), []).append(triple)
        return found

    @cached_property
    def terms(self) -> Mapping[str, list[str]]:
        """Documents with the IRIs that are named in them by a hash, such as the terms of an ontology."""
        found: dict[str, list[str]] = {}
        for name in sorted({quad.subject.value for quad in self.graph.quads() if isinstance(quad.subject, NamedNode)}):
            document, mark, _ = name.partition("#")
            if mark:
                found.setdefault(document, []).append(name)
        return found

    def exists(self, thing: str) -> bool:
        """Whether anything is said of a thing (an IRI), or with it."""
        return thing in self.catalogue or thing in self.terms or self.graph.lookup.exists(thing)

    def origin(self, request: Request) -> str:
        """Where the server is reached, without a slash at the end."""
        return self.settings.base or f"{request.url.scheme}://{request.url.netloc}"


#: Words of which a graph without the project's sources has others.
_OWN = ("site", "lead", "footer", "search-label", "search-hint", "search-examples")
_MOST_CACHED, _LARGEST_CACHED = 2_000, 256 * 1024


def href(iri: str, ending: str = ".html", language: str = "") -> str:
    """The address of the page about a thing, or of its data (by an ending), within the site.

    A term, whose IRI has a hash, has a page and data of its own besides those of its document.

    >>> href(BASE + "id/state/russia", language="ru"), href(BASE + "ontology#date"), href("http://ex.org/a?b", ".ttl")
    ('/id/state/russia.html?lang=ru', '/thing.html?iri=coop%3Adate', '/thing.ttl?iri=http%3A%2F%2Fex.org%2Fa%3Fb')
    """
    plain = iri.startswith(BASE) and "#" not in iri
    path = f"/{quote(iri.removeprefix(BASE))}" if plain else "/thing"
    asked = {"iri": "" if plain else curie(iri), "lang": language}
    query = urlencode({key: value for key, value in asked.items() if value})
    return path + ending + (f"?{query}" if query else "")


def external(address: str) -> str:
    """An address from the data as one that a page may link to; empty where it is none of the web.

    >>> external("https://press.un.org/x"), external("javascript:alert(1)")
    ('https://press.un.org/x', '')
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return address if parts.scheme in ("http", "https") and parts.netloc else ""


#: Which status tells which error; others are mistakes of ours.
STATUS: Mapping[type[errors.GraphError], int] = {
    errors.UnknownName: 404, errors.BadParameter: 400, errors.UsageError: 400, errors.InputError: 400,
    errors.LimitReached: 503, errors.ServerError: 504,
}  # fmt: skip


def status_of(error: errors.GraphError | None) -> int:
    """The status that tells an error, or that there is none.

    >>> status_of(errors.UnknownName("thing", "x")), status_of(errors.GraphError("?")), status_of(None)
    (404, 500, 200)
    """
    if error is None:
        return 200
    return getattr(error, "status", 0) or next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def public(base: str) -> tuple[str, str]:
    """The address under which a site is reached, without a slash at the end, and the host in it.

    >>> public("https://Example.org/un/")
    ('https://Example.org/un', 'example.org')

    Raises:
        errors.UsageError: It is no address of the web.
    """
    if not external(base) or urlsplit(base).query or urlsplit(base).fragment or quote(base, safe=":/[]@%") != base:
        raise errors.UsageError(f"{base!r} is no address.", hint="Give one such as https://example.org/graph.")
    return base.rstrip("/"), urlsplit(base).hostname or ""


def wanted(request: Request) -> str:
    """The format of `ROWS` in which the rows of a page are asked for by the ending of its address; '' for the page."""
    return next((name for name, ending in ROWS.items() if request.url.path.endswith(ending)), "")


@lru_cache(4096)
def media_type(accept: str, offered: tuple[str, ...]) -> str | None:
    """The best of the media types that are offered, or None where none is accepted.

    >>> media_type('text/html;q=.2, text/turtle;v="1,2";q=.9', ("text/html", "text/turtle"))
    'text/turtle'
    >>> media_type("image/png", ("text/html",)), media_type("", ("text/html",)), media_type("*", ("text/html",))
    (None, 'text/html', 'text/html')
    """
    if not accept.strip():
        return offered[0]
    # Of parameters only weights count: what is given has no others. A lone star is what old clients write.
    plain = re.sub(r';\s*(?!q\s*=)[\w-]+\s*=\s*("[^"]*"|[^",;]*)', "", accept, flags=re.IGNORECASE)
    weighed = re.sub(r"(;\s*q\s*=\s*)\.", r"\g<1>0.", re.sub(r"(?<![^,\s])\*(?![^,;\s])", "*/*", plain))
    return parse_accept_header(weighed, MIMEAccept).best_match(offered)
