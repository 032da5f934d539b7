"""Requests to servers over HTTP: each ends in a whole answer or in one of our errors.

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

import io
import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from threading import Lock
from typing import IO, TYPE_CHECKING, Any, TypeAlias

from .. import __version__
from ..errors import GraphError, LimitReached, ServerError, UsageError

if TYPE_CHECKING:
    from http.client import HTTPConnection, HTTPResponse
    from urllib.parse import SplitResult

Body: TypeAlias = bytes | IO[bytes] | None
"""What is sent: bytes, or a file, which is sent from its beginning."""

_PIECE = 64 * 1024
_REPETITIONS = 2
_REDIRECTIONS = 5
_WORDS = 200
_SECRET = "CSTO_GRAPH_TOKEN", "CSTO_GRAPH_USER", "CSTO_GRAPH_PASSWORD"


def split(address: str) -> SplitResult:
    """The parts of a server's address.

    Raises:
        errors.UsageError: It is no address of a server, or one that carries a password.
    """
    from urllib.parse import urlsplit

    hint = "An address looks like https://example.org/sparql."
    try:
        parts = urlsplit(address)
        port, host = parts.port, parts.hostname or ""
        host.encode("idna")
    except (ValueError, UnicodeError) as error:
        raise UsageError("This is no address of a server.", hint=hint) from error
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        names = f"{_SECRET[1]} and {_SECRET[2]}, or {_SECRET[0]},"
        raise UsageError("The address holds a user's name or password.", hint=f"Set {names} in the environment.")
    if parts.scheme not in ("http", "https") or not host or port == 0 or re.search(r"[\x00-\x20\x7f]", address):
        raise UsageError(f"{_visible(address)} is no address of a server.", hint=hint)
    return parts


class Reply:
    """An answer: its body comes in pieces as it is iterated.

    Attributes:
        address: Who answered, after redirections.
        status: The status.
        kind: The media type of the body, in lower case, without parameters.
        headers: The other headers, names in lower case.
        complete: Whether the server says where the body ends, so that a cut is noticed.
    """

    def __init__(self, response: HTTPResponse, address: str, clock: _Clock) -> None:
        self.address = address
        self.status = response.status
        self.kind = response.headers.get_content_type() if "Content-Type" in response.headers else ""
        self.headers = {name.lower(): value for name, value in response.headers.items()}
        self.complete = bool(response.chunked) or response.length is not None
        self._response = response
        self._clock = clock

    def __iter__(self) -> Iterator[bytes]:
        """The body, expanded.

        Raises:
            errors.LimitReached: Time ran out.
            errors.ServerError: The body breaks off, or is not compressed as it says.
        """
        with _failures(self.address, self._clock):
            yield from _expanded(_pieces(self._response), self.headers.get("content-encoding", ""))

    def whole(self, most: int) -> bytes:
        """The body, of at most so many bytes.

        Raises:
            errors.LimitReached: It is larger, or time ran out.
            errors.ServerError: As when iterating.
        """
        kept, size = [], 0
        for piece in self:
            size += len(piece)
            if size > most:
                limit = f"{most:,} bytes"
                said = f"{self.address}: the answer is larger than {limit}."
                raise LimitReached(said, limit=limit, hint="Ask for less, or raise the limit.")
            kept.append(piece)
        return b"".join(kept)

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
        return _visible(" ".join(text.split()))


def _pieces(response: HTTPResponse) -> Iterator[bytes]:
    from http.client import IncompleteRead

    while piece := response.read1(_PIECE):
        yield piece
    if response.length:
        raise IncompleteRead(b"", response.length)
    response.read()  # Nothing is left; this frees the connection.


def _expanded(pieces: Iterator[bytes], coding: str) -> Iterator[bytes]:
    if coding.strip().lower() in ("", "identity"):
        yield from pieces
        return
    import zlib
    from http.client import HTTPException

    if coding.strip().lower() not in ("gzip", "x-gzip"):
        raise HTTPException("an unknown compression")
    engine = zlib.decompressobj(31)
    try:
        for piece in pieces:
            # In small parts: a few bytes can stand for gigabytes.
            while piece and not engine.eof:
                yield engine.decompress(piece, _PIECE)
                piece = engine.unconsumed_tail
    except zlib.error:
        raise HTTPException("a damaged compression") from None
    if not engine.eof:
        raise HTTPException("a compression without an end")


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
        self._pass = _Pass()
        self._idle: dict[tuple[str, str], list[HTTPConnection]] = {}
        self._lock = Lock()
        import weakref

        weakref.finalize(self, _close_all, self._idle)

    def __repr__(self) -> str:
        return f"<Server {self.address}>"

    def close(self) -> None:
        """Close the connections; the next request opens new ones."""
        with self._lock:
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
        work = _Work(method, _with(self.address, more or {}), body, headers)
        clock = _Clock(seconds)
        with _failures(self.address, clock):
            connection, work, response = self._answered(work, clock)
        reply = Reply(response, _shown(work.address), clock)
        try:
            if not 200 <= reply.status < 300 and reply.status not in welcome:
                raise self._refused(reply, clock)
            yield reply
        finally:
            self._give_back(work, connection, response)

    def _answered(self, work: _Work, clock: _Clock) -> tuple[HTTPConnection, _Work, HTTPResponse]:
        """The first answer that is no redirection, no request for credentials and no call for patience."""
        story = _Story(_at(work.address))
        while True:
            connection, response = self._sent(work, clock, _at(work.address) == story.home)
            try:
                following = self._following(work, response, story, clock)
            except BaseException:
                response.close()
                connection.close()
                raise
            if following is None:
                return connection, work, response
            response.close()
            connection.close()
            work = following

    def _following(self, work: _Work, response: HTTPResponse, story: _Story, clock: _Clock) -> _Work | None:
        """What is asked next, where this is not the answer yet."""
        from http.client import HTTPException

        status = response.status
        if status in (502, 503, 504) and story.repeated < _REPETITIONS:
            wait = _patience(response.headers.get("Retry-After"), clock)
            if wait is not None:
                story.repeated += 1
                time.sleep(wait)
                return work
        elif status in (301, 302, 303, 307, 308) and "Location" in response.headers:
            story.redirected += 1
            if story.redirected > _REDIRECTIONS:
                raise HTTPException("too many redirections")
            return _redirected(work, response.headers["Location"], status)
        elif status in (401, 403) and not story.challenged and _at(work.address) == story.home:
            story.challenged = True
            if self._pass.challenged(work.address, response.headers.get_all("WWW-Authenticate") or []):
                return work
        return None

    def _sent(self, work: _Work, clock: _Clock, home: bool) -> tuple[HTTPConnection, HTTPResponse]:
        """The head of the answer to a request; a connection that ends before it is tried again."""
        from http.client import BadStatusLine

        repeated = 0
        while True:
            connection, fresh = self._connection(work, clock)
            try:
                return connection, self._exchange(connection, work, home)
            except (BrokenPipeError, ConnectionResetError, ConnectionAbortedError, BadStatusLine) as error:
                connection.close()
                # One that was kept open may have been closed by the other side meanwhile.
                repeated += fresh
                if repeated > _REPETITIONS or type(error) is BadStatusLine:
                    raise
            except BaseException:
                connection.close()
                raise

    def _exchange(self, connection: HTTPConnection, work: _Work, home: bool) -> HTTPResponse:
        headers = dict(work.headers)
        if home:
            headers |= self._pass.headers(work.method, work.address)
        body = work.body
        if body is not None and not isinstance(body, bytes):
            headers["Content-Length"] = str(body.seek(0, os.SEEK_END))
            body.seek(0)
        try:
            connection.request(work.method, _path(work.address), body=body, headers=headers)
        except (BrokenPipeError, ConnectionResetError):
            # A server may answer, and close, before it has taken everything: that answer is what counts.
            with suppress(OSError):
                return connection.getresponse()
            raise
        return connection.getresponse()

    def _connection(self, work: _Work, clock: _Clock) -> tuple[HTTPConnection, bool]:
        """A connection, and whether it is a new one."""
        with self._lock:
            idle = self._idle.get(_at(work.address))
            if idle:
                connection: Any = idle.pop()
                connection.clock = clock
                connection.sock.clock = clock
                return connection, False
        return _connection(work.address, clock), True

    def _give_back(self, work: _Work, connection: HTTPConnection, response: HTTPResponse) -> None:
        if response.isclosed() and not response.will_close and connection.sock is not None:
            with self._lock:
                self._idle.setdefault(_at(work.address), []).append(connection)
        else:
            response.close()
            connection.close()

    def _refused(self, reply: Reply, clock: _Clock) -> GraphError:
        """The error for a status that is none we want."""
        from http import HTTPStatus

        status, words = reply.status, self._pass.hidden(reply.words()).rstrip(".")
        name = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "unknown status"
        said = f"the server answers {status} ({name.lower()})" + (f": {words}" if words else "") + "."
        if status in (408, 504):
            return LimitReached(f"{reply.address}: {said}", limit=clock.limit, hint="Ask for less, or try again later.")
        return ServerError(said, address=reply.address, status=status, hint=self._advice(status))

    def _advice(self, status: int) -> str:
        if status in (401, 403):
            sent = "It does not take the name and password, or token, that were sent." if self._pass.sent else ""
            how = f"Set {_SECRET[1]} and {_SECRET[2]}, or {_SECRET[0]}, or a line in the netrc file."
            return sent or how
        if status in (404, 405, 410):
            return "Is this the address for SPARQL? It often ends in /sparql or /query."
        return "Try again later." if status in (429, 502, 503) else ""


# --------------------------------------------------------------------------------------------- one request


@dataclass(frozen=True)
class _Work:
    method: str
    address: str
    body: Body
    headers: Mapping[str, str]


@dataclass
class _Story:
    """What has happened to a request so far; `home` is whom it was meant for."""

    home: tuple[str, str]
    repeated: int = 0
    redirected: int = 0
    challenged: bool = False


class _Clock:
    """The deadline of a request."""

    def __init__(self, seconds: float) -> None:
        self.limit = f"{seconds:g} s"
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds that are left, never none.

        Raises:
            TimeoutError: There are none.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class _Line:
    """A socket whose every call ends at the deadline."""

    def __init__(self, socket: Any, clock: _Clock) -> None:
        self.clock = clock
        self._socket = socket

    def sendall(self, data: Any) -> None:
        view = memoryview(data).cast("B")
        for start in range(0, len(view), _PIECE):
            self.ready()
            self._socket.sendall(view[start : start + _PIECE])

    def makefile(self, mode: str) -> IO[bytes]:
        return io.BufferedReader(_Timed(self, self._socket.makefile("rb", buffering=0)))

    def ready(self) -> None:
        """Let the next call wait until the deadline and no longer."""
        self._socket.settimeout(self.clock.left())

    def close(self) -> None:
        self._socket.close()


class _Timed(io.RawIOBase):
    """What is read from a socket, until the deadline."""

    def __init__(self, line: _Line, raw: Any) -> None:
        self._line = line
        self._raw = raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> Any:
        self._line.ready()
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


def _connection(address: str, clock: _Clock) -> HTTPConnection:
    """A connection to who answers at an address; it is made when the first request is sent."""
    parts = split(address)
    made: HTTPConnection = _kinds()[parts.scheme](parts.hostname, parts.port, blocksize=_PIECE)
    made.clock = clock  # type: ignore[attr-defined]
    return made


@cache
def _kinds() -> dict[str, Any]:
    """The two kinds of connections. They are made late: the module they need takes long to import."""
    from http.client import HTTPConnection

    class Plain(HTTPConnection):
        clock: _Clock

        def connect(self) -> None:
            self.sock = _Line(self.wrapped(_dialled(self.host, self.port, self.clock)), self.clock)

        def wrapped(self, bare: Any) -> Any:
            return bare

    class Secret(Plain):
        default_port = 443

        def wrapped(self, bare: Any) -> Any:
            bare.settimeout(self.clock.left())
            try:
                return _trust().wrap_socket(bare, server_hostname=self.host)
            except BaseException:
                bare.close()
                raise

    return {"http": Plain, "https": Secret}


@cache
def _trust() -> Any:
    import ssl

    return ssl.create_default_context()


def _dialled(host: str, port: int, clock: _Clock) -> Any:
    """A socket that is connected to the first of a host's addresses that can be reached."""
    import socket

    failed: OSError = OSError("it has no address")
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        made = socket.socket(family, kind, protocol)
        try:
            made.settimeout(clock.left())
            made.connect(address)
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            made.close()
            failed = error
            continue
        return made
    raise failed


@contextmanager
def _failures(address: str, clock: _Clock) -> Iterator[None]:
    """Turn what can go wrong on the way into one of our errors."""
    from http.client import HTTPException

    shown = _shown(address)
    try:
        yield
    except GraphError:
        raise
    except TimeoutError:
        hint = "Ask for less, or allow more time."
        raise LimitReached(f"{shown}: no whole answer within {clock.limit}.", limit=clock.limit, hint=hint) from None
    except (OSError, HTTPException) as error:
        said, hint = _said(error)
        raise ServerError(said, address=shown, hint=hint) from None


def _said(error: Exception) -> tuple[str, str]:
    """What happened, and what to do."""
    import socket
    import ssl
    from http.client import BadStatusLine, HTTPException, IncompleteRead, LineTooLong, RemoteDisconnected

    if isinstance(error, socket.gaierror):
        return "no server of that name is known.", "Check the address, and whether you are connected."
    if isinstance(error, ssl.SSLCertVerificationError):
        hint = "Check the address; SSL_CERT_FILE may name a file with the certificates to trust."
        return f"the certificate of the server is not trusted: {_visible(error.verify_message)}.", hint
    if isinstance(error, ssl.SSLError):
        return "no secure connection can be made.", "Does the address begin with http:// rather than https://?"
    if isinstance(error, ConnectionRefusedError):
        return "nobody answers there.", "Is the server running, and the port right?"
    if isinstance(error, IncompleteRead):
        return "the answer breaks off.", "The server may have stopped; try again."
    if isinstance(error, (RemoteDisconnected, ConnectionError)):
        return "the server closed the connection before it answered.", "Is it running? Try again."
    if isinstance(error, (BadStatusLine, LineTooLong)):
        return "this is no server for HTTP.", "Check the address and the port."
    if isinstance(error, HTTPException):
        return f"the answer is not as HTTP has it: {_visible(str(error))}.", "Check the address."
    return f"it cannot be reached: {_visible(str(getattr(error, 'strerror', None) or error))}.", "Check the address."


# --------------------------------------------------------------------------------------------- addresses


def _with(address: str, more: Mapping[str, str]) -> str:
    from urllib.parse import urlencode

    parts = split(address)
    return parts._replace(query="&".join(filter(None, (parts.query, urlencode(more))))).geturl()


def _at(address: str) -> tuple[str, str]:
    """Whom a request goes to."""
    parts = split(address)
    return parts.scheme, f"{(parts.hostname or '').lower()}:{parts.port or {'http': 80, 'https': 443}[parts.scheme]}"


def _path(address: str) -> str:
    from urllib.parse import quote

    parts = split(address)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return quote(target, safe="%/:?#[]@!$&'()*+,;=~-._")


def _shown(address: str) -> str:
    return _visible(split(address)._replace(query="").geturl())


def _redirected(work: _Work, location: str, status: int) -> _Work:
    """The request as the server wants it sent (RFC 9110, section 15.4): never less secret, never written elsewhere."""
    from http.client import HTTPException
    from urllib.parse import urljoin

    try:
        address = urljoin(work.address, location)
        old, new = _at(work.address), _at(address)
    except UsageError:
        raise HTTPException("a redirection to no address") from None
    if old[0] == "https" and new[0] == "http":
        raise HTTPException("a redirection from https to http")
    writing = work.method in ("PUT", "DELETE")
    if writing and (status == 303 or old[1].split(":")[0] != new[1].split(":")[0]):
        raise HTTPException(f"a redirection of what is written, to {_shown(address)}")
    if status == 303:
        headers = {name: value for name, value in work.headers.items() if name != "Content-Type"}
        return _Work("GET", address, None, headers)
    return _Work(work.method, address, work.body, work.headers)


def _patience(told: str | None, clock: _Clock) -> float | None:
    """How long to wait before the same is asked again, where the server says so and there is time."""
    if told is None or not re.fullmatch(r"[0-9]{1,6}", told.strip()):
        return None
    wait = float(told)
    return wait if wait < clock.left() else None


def _visible(text: str) -> str:
    from ..sandbox.parent import visible

    return visible(text, _WORDS)


def _close_all(idle: dict[tuple[str, str], list[HTTPConnection]]) -> None:
    for connections in idle.values():
        for connection in connections:
            connection.close()
    idle.clear()


# --------------------------------------------------------------------------------------------- credentials


@dataclass
class _Pass:
    """Name and password, or token; sent only when the server has asked for them.

    Attributes:
        sent: Whether they have been sent.
    """

    sent: bool = False
    _scheme: str = ""
    _challenge: dict[str, str] = field(default_factory=dict, repr=False)
    _count: int = 0

    def challenged(self, address: str, told: list[str]) -> bool:
        """Take note of what the server asks for; whether there is something new to send.

        Raises:
            errors.UsageError: It would be sent in the clear.
        """
        if not _credentials(address):
            return False
        schemes = {word.lower(): rest for word, _, rest in (line.strip().partition(" ") for line in told)}
        if "digest" in schemes and not _token():
            self._scheme, self._count = "Digest", 0
            self._challenge = {key.lower(): quoted or plain for key, quoted, plain in _pairs(schemes["digest"])}
            return True
        if self._scheme:
            return False
        parts = split(address)
        if parts.scheme == "http" and not _loopback(parts.hostname or ""):
            said = "A password or token would travel over http:// for all to read, and is not sent."
            raise UsageError(said, hint="Use the server's https:// address.")
        self._scheme = "Bearer" if _token() else "Basic"
        return True

    def headers(self, method: str, address: str) -> dict[str, str]:
        """The header that says who we are, once it was asked for."""
        given = _credentials(address) if self._scheme else None
        if not given:
            return {}
        self.sent = True
        if self._scheme == "Bearer":
            return {"Authorization": f"Bearer {given[1]}"}
        if self._scheme == "Digest":
            return {"Authorization": self._digest(method, _path(address), *given)}
        import base64

        return {"Authorization": "Basic " + base64.b64encode(":".join(given).encode()).decode()}

    def _digest(self, method: str, path: str, user: str, password: str) -> str:
        """The answer to a challenge (RFC 7616, section 3.4), with MD5 or SHA-256."""
        import hashlib

        asked = self._challenge
        algorithm = asked.get("algorithm", "MD5")
        make = hashlib.sha256 if algorithm.upper() == "SHA-256" else hashlib.md5

        def hashed(*parts: str) -> str:
            return make(":".join(parts).encode(), usedforsecurity=False).hexdigest()

        self._count += 1
        realm, nonce = asked.get("realm", ""), asked.get("nonce", "")
        who, what = hashed(user, realm, password), hashed(method, path)
        said = {"username": user, "realm": realm, "nonce": nonce, "uri": path}
        if "qop" in asked:
            count, own = f"{self._count:08x}", os.urandom(8).hex()
            tail = f", qop=auth, nc={count}, algorithm={algorithm}"
            said |= {"cnonce": own, "response": hashed(who, nonce, count, own, "auth", what)}
        else:
            tail = f", algorithm={algorithm}"
            said["response"] = hashed(who, nonce, what)
        if "opaque" in asked:
            said["opaque"] = asked["opaque"]
        quoted = (f'{key}="{value.replace(chr(92), chr(92) * 2).replace(chr(34), chr(92) + chr(34))}"'
                  for key, value in said.items())  # fmt: skip
        return "Digest " + ", ".join(quoted) + tail

    def hidden(self, words: str) -> str:
        """Words of the server without what is secret, should it repeat it."""
        for name in (_SECRET[0], _SECRET[2]):
            secret = os.environ.get(name)
            words = words.replace(secret, "…") if secret else words
        return words


def _pairs(text: str) -> list[tuple[str, str, str]]:
    return re.findall(r'([A-Za-z-]+)\s*=\s*(?:"([^"]*)"|([^\s,"]+))', text)


def _token() -> str:
    return os.environ.get(_SECRET[0], "")


def _credentials(address: str) -> tuple[str, str] | None:
    """Name and password for an address, or an empty name and a token."""
    if _token():
        return "", _token()
    user, password = os.environ.get(_SECRET[1]), os.environ.get(_SECRET[2])
    if user is not None and password is not None:
        return user, password
    return _from_netrc(split(address).hostname or "")


def _from_netrc(host: str) -> tuple[str, str] | None:
    """What the netrc file has for a host: the one that ``NETRC`` names, or the one in the home folder."""
    import netrc

    path = os.environ.get("NETRC") or os.path.expanduser("~/.netrc")
    try:
        found = netrc.netrc(path).authenticators(host)
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, netrc.NetrcParseError):
        # What stands in the file is no part of the message.
        raise UsageError(f"{path} cannot be read as a netrc file.", hint="Mend it, or set NETRC to another.") from None
    return (found[0], found[2] or "") if found else None


def _loopback(host: str) -> bool:
    import ipaddress

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
