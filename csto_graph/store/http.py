"""Requests to servers over HTTP, by urllib3: each ends in a whole answer or in one of our errors.

One deadline holds for all of a request: connecting, sending, waiting, every byte of the answer, repetitions and
redirections. What is asked here can be asked twice (SPARQL queries; GET, PUT and DELETE), so a connection that ends
before any answer, and a 502, 503 or 504 with ``Retry-After``, are tried again, twice at most. No proxy is used,
whatever the environment says: the address that is given is the one that is called. Certificates are checked against
those of the system; ``SSL_CERT_FILE`` names others.

Credentials come from the environment (``CSTO_GRAPH_TOKEN``, or ``CSTO_GRAPH_USER`` and ``CSTO_GRAPH_PASSWORD``) or
from a netrc file, and stand in no message. They are sent to the address that was given and nowhere else, when it asks
for them, and in the clear only on this machine.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import netrc
import os
import re
import socket
import ssl
import threading
import time
import weakref
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from http import HTTPStatus
from http.client import BadStatusLine, HTTPException, LineTooLong
from typing import IO, TypeAlias
from urllib.parse import SplitResult, quote, urlencode, urljoin, urlsplit

from urllib3 import BaseHTTPResponse
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from .._version import __version__
from ..errors import GraphError, LimitReached, ServerError, UsageError
from ..text import excerpt

Body: TypeAlias = bytes | IO[bytes] | None
"""What is sent: bytes, or a file, which is sent from its beginning."""

_PIECE = 64 * 1024
_ATTEMPTS = 3
_REDIRECTIONS = 5
_WORDS = 200  # characters of a server's own words that are shown
_LONGEST = 1_000_000.0  # seconds; more does not fit what the system can wait
_TOKEN, _USER, _PASSWORD = "CSTO_GRAPH_TOKEN", "CSTO_GRAPH_USER", "CSTO_GRAPH_PASSWORD"


def split(address: str) -> SplitResult:
    """The parts of a server's address.

    >>> split("https://example.org/sparql").hostname
    'example.org'

    Raises:
        errors.UsageError: It is no address of a server, or one that carries a password.
    """
    hint = "An address looks like https://example.org/sparql."
    try:
        parts = urlsplit(address)
        port, host = parts.port, parts.hostname or ""
        host.encode("idna")
    except (ValueError, UnicodeError) as error:
        raise UsageError("This is no address of a server.", hint=hint) from error
    if "@" in parts.netloc:
        hint = f"Set {_USER} and {_PASSWORD}, or {_TOKEN}, in the environment."
        raise UsageError("The address holds a user's name or password.", hint=hint)
    if parts.scheme not in ("http", "https") or not host or port == 0 or re.search(r"[\x00-\x20\x7f]", address):
        raise UsageError(f"{excerpt(address, _WORDS)} is no address of a server.", hint=hint)
    return parts


@dataclass(frozen=True)
class Request:
    """What is sent, and where to."""

    method: str
    address: str
    body: Body
    headers: Mapping[str, str]

    @property
    def origin(self) -> tuple[str, str, int]:
        """Whom it goes to: scheme, host and port.

        >>> Request("GET", "https://Example.org/sparql", None, {}).origin
        ('https', 'example.org', 443)
        """
        parts = split(self.address)
        return parts.scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}[parts.scheme]

    @property
    def target(self) -> str:
        """Path and query as they stand in the first line of a request."""
        parts = split(self.address)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return quote(target, safe="%/:?#[]@!$&'()*+,;=~-._")

    def redirected(self, location: str, status: int) -> Request:
        """The request as the server wants it sent (RFC 9110, section 15.4).

        Raises:
            HTTPException: It would be less secret, written to another host, or sent to no address.
        """
        try:
            new = replace(self, address=urljoin(self.address, location))
            (old_scheme, old_host, _), (scheme, host, _) = self.origin, new.origin
        except ValueError:  # It is no address, or not one of a server.
            raise HTTPException("a redirection to no address") from None
        if (old_scheme, scheme) == ("https", "http"):
            raise HTTPException("a redirection from https to http")
        if self.method in ("PUT", "DELETE") and (status == 303 or old_host != host):
            raise HTTPException(f"a redirection of what is written, to {_shown(new.address)}")
        if status == 303:
            headers = {name: value for name, value in self.headers.items() if name != "Content-Type"}
            return replace(new, method="GET", body=None, headers=headers)
        return new


class Deadline:
    """The end of a request: when it comes, the socket that is watched is shut down.

    Timeouts of sockets hold for single calls; a server that sends a byte now and then would outlast them.

    Args:
        seconds: How long the request may take.

    Attributes:
        limit: The same in words.
    """

    def __init__(self, seconds: float) -> None:
        self.limit = f"{seconds:g} s"
        self._end = time.monotonic() + min(seconds, _LONGEST)
        self._watched: socket.socket | None = None
        self._timer = threading.Timer(min(seconds, _LONGEST), self._shut)
        self._timer.daemon = True

    def __enter__(self) -> Deadline:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def left(self) -> float:
        """Seconds that are left, never none.

        Raises:
            TimeoutError: There are none.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def watch(self, connection: HTTPConnection) -> None:
        """Shut this connection down at the end.

        Raises:
            TimeoutError: The end has come.
        """
        self._watched = connection.sock
        self.left()

    def _shut(self) -> None:
        if self._watched is not None:
            with suppress(OSError):
                socket.socket.shutdown(self._watched, socket.SHUT_RDWR)


class Reply:
    """An answer: its body comes in pieces as it is iterated.

    Attributes:
        address: Who answered, after redirections.
        status: The status.
        kind: The media type of the body, in lower case, without parameters.
        headers: The headers, found by their names in any case.
        complete: Whether the server says where the body ends, so that a cut is noticed.
    """

    def __init__(self, response: BaseHTTPResponse, address: str, deadline: Deadline) -> None:
        self.address = address
        self.status = response.status
        self.kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        self.headers: Mapping[str, str] = response.headers
        self.complete = response.chunked or response.length_remaining is not None
        self._response = response
        self._deadline = deadline

    def __iter__(self) -> Iterator[bytes]:
        """The body, expanded.

        Raises:
            errors.LimitReached: Time ran out.
            errors.ServerError: The body breaks off, or is not compressed as it says.
        """
        coding = self.headers.get("content-encoding", "").strip().lower()
        with _failures(self.address, self._deadline):
            if coding not in ("", "identity", "gzip", "x-gzip"):
                raise HTTPException("an unknown compression")
            # A few bytes can stand for gigabytes: they are expanded piece by piece.
            packed = coding.endswith("gzip")
            body = gzip.GzipFile(fileobj=self._response, mode="rb") if packed else self._response
            while piece := body.read1(_PIECE):
                yield piece
            if packed and self.status == 200 and not self._response.tell():
                raise EOFError  # Nothing at all; even nothing has a head where it is compressed.

    def whole(self, most: int) -> bytes:
        """The body, of at most so many bytes.

        Raises:
            errors.LimitReached: It is larger, or time ran out.
            errors.ServerError: As when iterating.
        """
        kept = bytearray()
        for piece in self:
            kept += piece
            if len(kept) > most:
                limit = f"{most:,} bytes"
                said = f"{self.address}: the answer is larger than {limit}."
                raise LimitReached(said, limit=limit, hint="Ask for less, or raise the limit.")
        return bytes(kept)

    def words(self) -> str:
        """The first words of the body, fit to be shown; of a page its text."""
        kept = b""
        with suppress(GraphError):
            for piece in self:
                kept += piece
                if len(kept) > 8 * _WORDS:
                    break
        text = kept.decode("utf-8", "replace")
        if "html" in self.kind or text.lstrip()[:1] == "<":
            text = re.sub(r"(?is)<(style|script|title)\b.*?</\1\s*>|<[^>]*>?", " ", text)
        return excerpt(" ".join(text.split()), _WORDS)


class Server:
    """What answers at an address; it keeps connections open between requests, and may be shared by threads.

    Args:
        address: ``http://`` or ``https://``; it may have a query part, which every request carries.

    Attributes:
        address: The same.

    Raises:
        errors.UsageError: This is no such address, or one that carries a password.
    """

    def __init__(self, address: str) -> None:
        self.address = split(address)._replace(fragment="").geturl()
        self._credentials = Credentials()
        self._idle: dict[tuple[str, str, int], list[HTTPConnection]] = {}
        weakref.finalize(self, _close_all, self._idle)

    def __repr__(self) -> str:
        return f"<Server {self.address}>"

    def close(self) -> None:
        """Close the connections; the next request opens new ones."""
        _close_all(self._idle)

    @contextmanager
    def ask(
        self,
        method: str,
        *,
        more: Mapping[str, str] | None = None,
        body: Body = None,
        kind: str = "",
        accept: str = "*/*",
        seconds: float,
        welcome: tuple[int, ...] = (),
    ) -> Iterator[Reply]:
        """Send a request; its answer may be read until the block ends.

        Args:
            method: Of a kind that can be repeated.
            more: Added to the query part of the address.
            body: What is sent.
            kind: Its media type.
            accept: The media types that are understood.
            seconds: For everything, until the block ends.
            welcome: Statuses besides 2xx that are no errors.

        Raises:
            errors.LimitReached: Time ran out.
            errors.ServerError: The server cannot be reached or trusted, or its answer has another status.
            errors.UsageError: Credentials would travel in the clear.
        """
        headers = {"Accept": accept, "Accept-Encoding": "gzip", "User-Agent": f"csto-graph/{__version__}"}
        if kind:
            headers["Content-Type"] = kind
        parts = split(self.address)
        address = parts._replace(query="&".join(filter(None, (parts.query, urlencode(more or {}))))).geturl()
        with Deadline(seconds) as deadline:
            with _failures(self.address, deadline):
                request, connection, response = self._answered(Request(method, address, body, headers), deadline)
            reply = Reply(response, _shown(request.address), deadline)
            try:
                if not 200 <= reply.status < 300 and reply.status not in welcome:
                    raise self._refused(reply, deadline)
                yield reply
            finally:
                if response.closed and connection.sock is not None:  # It was read, and the server keeps it open.
                    self._idle.setdefault(request.origin, []).append(connection)
                else:
                    response.close()
                    connection.close()

    def _answered(self, request: Request, deadline: Deadline) -> tuple[Request, HTTPConnection, BaseHTTPResponse]:
        """The first answer that is no redirection, no request for credentials and no call for patience."""
        home, repeated, redirected, challenged = request.origin, 1, 0, False
        while True:
            connection, response = self._sent(request, request.origin == home, deadline)
            status, headers, again = response.status, response.headers, None
            with ExitStack() as unwanted:
                unwanted.callback(connection.close)
                unwanted.callback(response.close)
                deadline.left()
                wait = headers.get("Retry-After", "").strip()
                if status in (502, 503, 504) and repeated < _ATTEMPTS and re.fullmatch(r"[0-9]{1,6}", wait):
                    if float(wait) < deadline.left():
                        repeated, again = repeated + 1, request
                        time.sleep(float(wait))
                elif status in (301, 302, 303, 307, 308) and "Location" in headers:
                    redirected, again = redirected + 1, request.redirected(headers["Location"], status)
                    if redirected > _REDIRECTIONS:
                        raise HTTPException("too many redirections")
                elif status in (401, 403) and not challenged and request.origin == home:
                    challenged = True
                    if self._credentials.challenged(request.address, headers.getlist("WWW-Authenticate")):
                        again = request
                if again is None:
                    unwanted.pop_all()
                    return request, connection, response
            request = again

    def _sent(self, request: Request, at_home: bool, deadline: Deadline) -> tuple[HTTPConnection, BaseHTTPResponse]:
        """The head of the answer to a request; a connection that ends before it is tried again."""
        body, attempt = request.body, 0
        while True:
            headers = dict(request.headers)
            if at_home:
                headers |= self._credentials.headers(request)
            if body is not None and not isinstance(body, bytes):
                headers["Content-Length"] = str(body.seek(0, os.SEEK_END))
                body.seek(0)
            connection = self._connected(request, deadline)
            try:
                deadline.watch(connection)
                # A server may answer, and close, before it has taken everything: that answer is what counts.
                with suppress(BrokenPipeError, ConnectionResetError):
                    connection.request(
                        request.method, request.target, body, headers, preload_content=False, decode_content=False
                    )
                return connection, connection.getresponse()
            except BaseException as error:
                connection.close()
                attempt += 1
                if not isinstance(error, ConnectionError) or attempt == _ATTEMPTS:
                    raise
                deadline.left()

    def _connected(self, request: Request, deadline: Deadline) -> HTTPConnection:
        """A connection to whom the request goes: one that was kept open, or a new one."""
        scheme, host, port = request.origin
        kept = self._idle.get(request.origin, [])
        with suppress(IndexError):
            while True:
                connection = kept.pop()
                if connection.is_connected:
                    return connection
                connection.close()
        connection = (HTTPSConnection if scheme == "https" else HTTPConnection)(host, port, blocksize=_PIECE)
        connection.sock = dialled = _dialled(host, port, deadline)
        try:
            if scheme == "https":
                connection.sock = ssl.create_default_context().wrap_socket(dialled, server_hostname=host)
            connection.sock.settimeout(None)  # The deadline watches.
        except BaseException:
            dialled.close()
            raise
        return connection

    def _refused(self, reply: Reply, deadline: Deadline) -> GraphError:
        """The error for a status that is none we want."""
        status, words = reply.status, self._credentials.hidden(reply.words()).rstrip(".")
        name = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "unknown status"
        said = f"the server answers {status} ({name.lower()})" + (f": {words}" if words else "") + "."
        hint = "Try again later." if status in (429, 502, 503) else ""
        if status in (408, 504):
            hint = "Ask for less, or try again later."
            return LimitReached(f"{reply.address}: {said}", limit=deadline.limit, hint=hint)
        if status in (401, 403):
            hint = f"Set {_USER} and {_PASSWORD}, or {_TOKEN}, or a line in the netrc file."
            if self._credentials.sent:
                hint = "It does not take the name and password, or token, that were sent."
        elif status in (404, 405, 410):
            hint = "Is this the address for SPARQL? It often ends in /sparql or /query."
        return ServerError(said, address=reply.address, status=status, hint=hint)


def _close_all(idle: dict[tuple[str, str, int], list[HTTPConnection]]) -> None:
    while idle:
        for connection in idle.popitem()[1]:
            connection.close()


def _dialled(host: str, port: int, deadline: Deadline) -> socket.socket:
    """A socket that is connected to the first of a host's addresses that can be reached."""
    failed = OSError("it has no address")
    for *_, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        try:
            made = socket.create_connection((str(place[0]), port), deadline.left())
        except OSError as error:
            failed = error
        else:
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return made
    raise failed


def _shown(address: str) -> str:
    return excerpt(split(address)._replace(query="").geturl(), _WORDS)


# ------------------------------------------------------------------------------------------ what can go wrong

_FAILURES: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str, str], ...] = (
    (socket.gaierror, "no server of that name is known.", "Check the address, and whether you are connected."),
    (ssl.SSLCertVerificationError, "the certificate of the server is not trusted: {why}.",
     "Check the address; SSL_CERT_FILE may name a file with the certificates to trust."),
    (ssl.SSLError, "no secure connection can be made.", "Does the address begin with http:// rather than https://?"),
    (ConnectionRefusedError, "nobody answers there.", "Is the server running, and the port right?"),
    (HTTPError, "the answer breaks off.", "The server may have stopped; try again."),
    (ConnectionError, "the server closed the connection before it answered.", "Is it running? Try again."),
    ((BadStatusLine, LineTooLong), "this is no server for HTTP.", "Check the address and the port."),
    (EOFError, "the compressed answer is without an end.", "The server may have stopped; try again."),
    ((gzip.BadGzipFile, zlib.error), "the answer is damaged: it is not compressed as it says.", "Check the address."),
    (HTTPException, "the answer is not as HTTP has it: {why}.", "Check the address."),
    (OSError, "it cannot be reached: {why}.", "Check the address."),
)  # fmt: skip
"""Kinds of errors, what is said and what can be done; the first that fits counts."""


@contextmanager
def _failures(address: str, deadline: Deadline) -> Iterator[None]:
    """Turn what can go wrong on the way into one of our errors; past the deadline everything has."""
    shown = _shown(address)
    try:
        yield
        deadline.left()
    except GraphError:
        raise
    except (OSError, HTTPException, HTTPError, EOFError, zlib.error) as error:
        with suppress(TimeoutError):
            deadline.left()
            if not isinstance(error, TimeoutError):
                said, hint = next((said, hint) for kind, said, hint in _FAILURES if isinstance(error, kind))
                why = getattr(error, "verify_message", None) or getattr(error, "strerror", None) or str(error)
                raise ServerError(said.format(why=excerpt(why, _WORDS)), address=shown, hint=hint) from None
        hint = "Ask for less, or allow more time."
        said = f"{shown}: no whole answer within {deadline.limit}."
        raise LimitReached(said, limit=deadline.limit, hint=hint) from None


# --------------------------------------------------------------------------------------------- credentials


@dataclass
class Credentials:
    """Name and password, or token; sent only when the server has asked for them.

    Attributes:
        sent: Whether they have been sent.
    """

    sent: bool = False
    _scheme: str = ""
    _challenge: dict[str, str] = field(default_factory=dict, repr=False)
    _count: int = 0

    def challenged(self, address: str, told: list[str]) -> bool:
        """Take note of what the server asks for.

        Args:
            address: Whose challenge it is.
            told: Its ``WWW-Authenticate`` headers.

        Returns:
            Whether there is something new to send.

        Raises:
            errors.UsageError: It would be sent in the clear.
        """
        if not _credentials(address):
            return False
        schemes = {word.lower(): rest for word, _, rest in (line.strip().partition(" ") for line in told)}
        token = os.environ.get(_TOKEN)
        if "digest" in schemes and not token:
            found = re.findall(r'([A-Za-z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))', schemes["digest"])
            self._challenge = {key.lower(): re.sub(r"\\(.)", r"\1", quoted) or plain for key, quoted, plain in found}
            self._scheme, self._count = "Digest", 0
            return True
        if self._scheme:
            return False
        parts = split(address)
        if parts.scheme == "http" and not re.fullmatch(r"localhost|127(\.[0-9]{1,3}){3}|::1", parts.hostname or ""):
            said = "A password or token would travel over http:// for all to read, and is not sent."
            raise UsageError(said, hint="Use the server's https:// address.")
        self._scheme = "Bearer" if token else "Basic"
        return True

    def headers(self, request: Request) -> dict[str, str]:
        """The header that says who we are, once it was asked for."""
        given = _credentials(request.address) if self._scheme else None
        if not given:
            return {}
        self.sent = True
        if self._scheme == "Digest":
            said = self._digest(request, *given)
        else:
            said = given[1] if self._scheme == "Bearer" else base64.b64encode(":".join(given).encode()).decode()
        return {"Authorization": f"{self._scheme} {said}"}

    def _digest(self, request: Request, user: str, password: str) -> str:
        """The answer to a challenge (RFC 7616, section 3.4), with MD5 or SHA-256."""
        asked = self._challenge
        algorithm = asked.get("algorithm", "MD5")
        make = partial(hashlib.new, "sha256" if algorithm.upper() == "SHA-256" else "md5", usedforsecurity=False)

        def hashed(*parts: str) -> str:
            return str(make(":".join(parts).encode()).hexdigest())

        self._count += 1
        realm, nonce = asked.get("realm", ""), asked.get("nonce", "")
        who, what = hashed(user, realm, password), hashed(request.method, request.target)
        said = {"username": user, "realm": realm, "nonce": nonce, "uri": request.target}
        tail = f", algorithm={algorithm}"
        if "qop" in asked:
            count, own = f"{self._count:08x}", os.urandom(8).hex()
            tail = f", qop=auth, nc={count}{tail}"
            said |= {"cnonce": own, "response": hashed(who, nonce, count, own, "auth", what)}
        else:
            said["response"] = hashed(who, nonce, what)
        if "opaque" in asked:
            said["opaque"] = asked["opaque"]
        return ", ".join('{}="{}"'.format(key, re.sub(r'(["\\])', r"\\\1", text)) for key, text in said.items()) + tail

    def hidden(self, words: str) -> str:
        """Words of the server without what is secret, should it repeat it."""
        for secret in filter(None, (os.environ.get(_TOKEN), os.environ.get(_PASSWORD))):
            words = words.replace(secret, "…")
        return words


def _credentials(address: str) -> tuple[str, str] | None:
    """Name and password for an address, or an empty name and a token; the netrc file comes last."""
    if token := os.environ.get(_TOKEN):
        return "", token
    user, password = os.environ.get(_USER), os.environ.get(_PASSWORD)
    if user is not None and password is not None:
        return user, password
    path = os.environ.get("NETRC") or os.path.expanduser("~/.netrc")
    try:
        found = netrc.netrc(path).authenticators(split(address).hostname or "")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, netrc.NetrcParseError):
        # What stands in the file is no part of the message.
        raise UsageError(f"{path} cannot be read as a netrc file.", hint="Mend it, or set NETRC to another.") from None
    return (found[0], found[2] or "") if found else None
