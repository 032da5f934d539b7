"""Requests to servers over HTTP, by urllib3: each ends in a whole answer or in one of our errors.

One deadline holds for all of a request: connecting (whatever addresses a host has), sending, waiting, every byte of the
answer, repetitions and redirections. No call of a socket may take longer than what is left: a timeout for single calls
would be outlasted by a server that sends a byte now and then. Where a connection ends before any answer it is tried
again, twice at most: what is asked here can be asked twice (SPARQL queries; GET, PUT and DELETE). A question follows
redirections, what is written does not. No proxy is used, whatever the environment says: the address that is given is
the one that is called. Certificates are checked against those of the system; ``SSL_CERT_FILE`` names others.

Credentials come from the environment (``CSTO_GRAPH_TOKEN``, or ``CSTO_GRAPH_USER`` and ``CSTO_GRAPH_PASSWORD``), and
stand in no message. They are sent to the address that was given and nowhere else, when it asks for them, and in the
clear only on this machine.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from contextvars import ContextVar
from http.client import HTTPException, IncompleteRead, responses
from itertools import count
from typing import IO, Any, NamedTuple, TypeAlias
from urllib.parse import SplitResult, urlencode, urljoin, urlsplit

from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPSConnectionPool, PoolManager, Retry
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.util import parse_url

from .._version import __version__
from ..errors import GraphError, LimitReached, ServerError, UsageError
from ..names import excerpt

#: What is sent: bytes, or a file, which is sent from its beginning.
Body: TypeAlias = bytes | IO[bytes] | None

_PIECE = 64 * 1024
_WORDS = 200  # characters of a server's own words that are shown
_TOKEN, _USER, _PASSWORD = "CSTO_GRAPH_TOKEN", "CSTO_GRAPH_USER", "CSTO_GRAPH_PASSWORD"


def split(address: str) -> SplitResult:
    """The parts of a server's address.

    >>> split("https://example.org/sparql").hostname
    'example.org'

    Raises:
        errors.UsageError: It is no address of a server, or one that carries a password.
    """
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").encode("idna")
        if not host or parts.port == 0 or not re.fullmatch(r"(?i)https?:[^\x00-\x20\x7f]+", address):
            raise ValueError
    except ValueError:
        hint = "An address looks like https://example.org/sparql."
        raise UsageError("This is no address of a server.", hint=hint) from None
    if "@" in parts.netloc:
        hint = f"Set {_USER} and {_PASSWORD}, or {_TOKEN}, in the environment."
        raise UsageError("The address holds a user's name or password.", hint=hint)
    return parts


def redirected(address: str, location: str) -> str:
    """The address that a server wants a question sent to (RFC 9110, section 15.4).

    >>> redirected("https://example.org/sparql", "/query")
    'https://example.org/query'

    Raises:
        HTTPException: It would be less secret, or sent to no address.
    """
    try:
        new = urljoin(address, location)
        schemes = urlsplit(address).scheme, split(new).scheme
    except ValueError:  # It is no address, or not one of a server.
        raise HTTPException("a redirection to no address") from None
    if schemes == ("https", "http"):
        raise HTTPException("a redirection from https to http")
    return new


#: When the request ends that is being made.
_END: ContextVar[float] = ContextVar("end")


def _left() -> float:
    """Seconds that are left of a request, never none.

    Raises:
        TimeoutError: There are none.
    """
    left = _END.get() - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _timed(call: Any) -> Any:
    """A call of a socket that ends with the request."""

    def timed(self: socket.socket, *given: Any) -> Any:
        self.settimeout(_left())
        return call(self, *given)

    return timed


class _Socket(socket.socket):
    recv_into, sendall = map(_timed, (socket.socket.recv_into, socket.socket.sendall))


class _SecretSocket(ssl.SSLSocket):
    do_handshake = _timed(ssl.SSLSocket.do_handshake)
    recv_into, send = map(_timed, (ssl.SSLSocket.recv_into, ssl.SSLSocket.send))


class _Connection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        """A socket that is connected to one of the addresses of the host; a silent one leaves time for the others."""
        places = socket.getaddrinfo(self.host.strip("[]"), self.port, type=socket.SOCK_STREAM)
        self.timeout = _left() / len(places)
        made = super()._new_conn()
        return _Socket(made.family, made.type, made.proto, made.detach())


class _SecretConnection(_Connection, HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        self.ssl_context = ssl.create_default_context()
        self.ssl_context.sslsocket_class = _SecretSocket
        return super()._new_conn()


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecretPool(HTTPSConnectionPool):
    ConnectionCls = _SecretConnection


class Reply(NamedTuple):
    """An answer.

    Attributes:
        kind: The media type of the body, in lower case, without parameters.
        headers: The headers, found by their names in any case.
        complete: Whether the server says where the body ends, so that a cut is noticed.
        body: The body; of a refusal its beginning.
    """

    kind: str
    headers: Mapping[str, str]
    complete: bool
    body: bytes


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
        self._pools = PoolManager(maxsize=4, blocksize=_PIECE)
        self._pools.pool_classes_by_scheme = {"http": _Pool, "https": _SecretPool}
        self._sign: Signer | None = None

    def ask(
        self, method: str, *, more: Mapping[str, str] | None = None, body: Body = None, kind: str = "",
        accept: str = "*/*", seconds: float, most: int = 1024**2,
    ) -> Reply:  # fmt: skip
        """Send a request and read its answer.

        Args:
            method: Of a kind that can be repeated. What is not there has been deleted.
            more: Added to the query part of the address.
            body: What is sent.
            kind: Its media type.
            accept: The media types that are understood.
            seconds: For everything.
            most: Bytes that the body of the answer may have.

        Raises:
            errors.LimitReached: Time ran out, or the answer is larger.
            errors.ServerError: The server cannot be reached or trusted, its answer has another status, breaks off, or
                is compressed, which nobody asked for.
            errors.UsageError: Credentials would travel in the clear.
        """
        headers = {"Accept": accept, "Accept-Encoding": "identity", "User-Agent": f"csto-graph/{__version__}"}
        if kind:
            headers["Content-Type"] = kind
        if body is not None and not isinstance(body, bytes):
            headers["Content-Length"] = str(body.seek(0, os.SEEK_END))
        parts = split(self.address)
        address = parts._replace(query="&".join(filter(None, (parts.query, urlencode(more or {}))))).geturl()
        _END.set(time.monotonic() + seconds)
        with _failures(self.address, seconds):
            address, response = self._answered(method, address, body, headers)
        with closing(response):  # What was read to its end has given its connection back.
            told = response.headers
            # What a server's own limit on time has cut off some call partial, and Virtuoso a success with this header.
            status = 206 if "X-SQL-State" in told and response.status == 200 else response.status
            wanted = (200 <= status < 300 and status != 206) or (method == "DELETE" and status == 404)
            found, enough = bytearray(), most if wanted else 8 * _WORDS
            try:
                with _failures(address, seconds):
                    if told.get("Content-Encoding", "").strip().lower() not in ("", "identity"):
                        raise HTTPException("a compression that was not asked for")
                    while _left() and len(found) <= enough and (piece := response.read1(_PIECE)):
                        found += piece
            except GraphError:
                if wanted:
                    raise
                found.clear()
            media = told.get("Content-Type", "").partition(";")[0].strip().lower()
            complete = response.chunked or response.length_remaining is not None
            reply = Reply(media, told, complete, bytes(found))
        if not wanted:
            raise self._refused(_shown(address), status, reply, seconds)
        if len(found) > most:
            said, limit = f"{_shown(address)}: the answer is larger than {most:,} bytes.", f"{most:,} bytes"
            raise LimitReached(said, limit=limit, hint="Ask for less, or raise the limit.")
        return reply

    def _answered(self, method: str, address: str, body: Body, headers: dict[str, str]) -> tuple[str, BaseHTTPResponse]:
        """The first answer that is no redirection and no request for credentials, with the address that gave it."""
        home, challenged = split(address)[:2], False
        for _ in range(6):
            own, at_home = headers, split(address)[:2] == home
            if self._sign and at_home:
                own = own | {"Authorization": self._sign(method, parse_url(address).request_uri)}
            if body is not None and not isinstance(body, bytes):
                body.seek(0)
            response = self._pools.urlopen(
                method, address, body=body, headers=own, redirect=False, preload_content=False, decode_content=False,
                retries=Retry(None, connect=0, read=2, other=0, allowed_methods=None),
            )  # fmt: skip
            asked = at_home and not challenged and response.status in (401, 403)
            # A digest that is refused may be too old; anything else would be the same again.
            asked = asked and own.get("Authorization", "Digest").startswith("Digest")
            if method not in ("PUT", "DELETE") and (location := response.get_redirect_location()):
                response.close()
                address = redirected(address, location)
                if response.status == 303:
                    method, body = "GET", None
                    headers.pop("Content-Type", "")
            elif asked and (sign := signer(address, response.headers.getlist("WWW-Authenticate"))):
                response.close()
                self._sign, challenged = sign, True
            else:
                return address, response
        raise HTTPException("too many redirections")

    def _refused(self, address: str, status: int, reply: Reply, seconds: float) -> GraphError:
        """The error for a status that is none we want."""
        words = reply.body.decode("utf-8", "replace") if status >= 300 else ""
        if reply.kind != "text/plain" and ("html" in reply.kind or words.lstrip()[:1] == "<"):  # of a page its text
            words = re.sub(r"(?is)<(style|script|title)\b.*?</\1\s*>|<[^>]*>?", " ", words)
        words = excerpt(" ".join(words.split()), _WORDS).rstrip(".")
        for secret in filter(None, map(os.environ.get, (_TOKEN, _PASSWORD))):  # should it repeat them
            words = words.replace(secret, "…")
        name = responses.get(status, "unknown status").lower()
        said = f"the server answers {status} ({name})" + (f": {words}" if words else "") + "."
        if status in (206, 408, 504):
            hint = "Ask for less, or try again later."
            return LimitReached(f"{address}: {said}", limit=f"{seconds:g} s", hint=hint)
        hint = "Try again later." if status in (429, 502, 503) else ""
        if status in (401, 403):
            sent = "It does not take the name and password, or token, that were sent."
            hint = sent if self._sign else f"Set {_USER} and {_PASSWORD}, or {_TOKEN}."
        elif status in (404, 405, 410):
            hint = "Is this the address for SPARQL? It often ends in /sparql or /query."
        return ServerError(said, address=address, status=status, hint=hint)


def _shown(address: str) -> str:
    return excerpt(split(address)._replace(query="").geturl(), _WORDS)


# ------------------------------------------------------------------------------------------ what can go wrong

#: Kinds of errors, what is said and what can be done; the first that fits counts.
_FAILURES: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str, str], ...] = (
    (socket.gaierror, "no server of that name is known.", "Check the address, and whether you are connected."),
    (ssl.SSLCertVerificationError, "the certificate of the server is not trusted: {why}.",
     "Check the address; SSL_CERT_FILE may name a file with the certificates to trust."),
    (ssl.SSLError, "no secure connection can be made.", "Does the address begin with http:// rather than https://?"),
    (ConnectionRefusedError, "nobody answers there.", "Is the server running, and the port right?"),
    ((HTTPError, IncompleteRead), "the answer breaks off.", "The server may have stopped; try again."),
    (ConnectionError, "the server closed the connection before it answered.", "Is it running? Try again."),
    (HTTPException, "the answer is not as HTTP has it: {why}.", "Check the address and the port."),
    (OSError, "it cannot be reached: {why}.", "Check the address."),
)  # fmt: skip


def _cause(error: BaseException) -> BaseException:
    """What an error of urllib3's stands for."""
    inner = [one for one in (*error.args, error.__cause__) if isinstance(one, Exception)]
    return _cause(inner[-1]) if isinstance(error, HTTPError) and inner else error


@contextmanager
def _failures(address: str, seconds: float) -> Iterator[None]:
    """Turn what can go wrong on the way into one of our errors; past the deadline everything has."""
    try:
        yield
    except (OSError, HTTPException, HTTPError) as error:
        cause, shown, limit = _cause(error), _shown(address), f"{seconds:g} s"
        if isinstance(cause, TimeoutError) or time.monotonic() >= _END.get():
            said, hint = f"{shown}: no whole answer within {limit}.", "Ask for less, or allow more time."
            raise LimitReached(said, limit=limit, hint=hint) from None
        said, hint = next((said, hint) for kind, said, hint in _FAILURES if isinstance(cause, kind))
        why = getattr(cause, "verify_message", None) or getattr(cause, "strerror", None) or str(cause)
        raise ServerError(said.format(why=excerpt(why, _WORDS)), address=shown, hint=hint) from None


# --------------------------------------------------------------------------------------------- credentials


#: Gives the header that says who asks, for the method and the target of a request.
Signer: TypeAlias = Callable[[str, str], str]


def _digest(challenge: str, user: str, password: str) -> Signer:
    """Signs by a digest (RFC 7616, section 3.4), with MD5 or SHA-256; the password itself does not travel."""
    found = re.findall(r'([A-Za-z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))', challenge)
    told = {key.lower(): re.sub(r"\\(.)", r"\1", quoted) or plain for key, quoted, plain in found}
    asked = {"realm": "", "nonce": "", "algorithm": "MD5"} | told
    algorithm, numbers = asked["algorithm"], count(1)

    def hashed(*parts: str) -> str:
        name = "sha256" if algorithm.upper() == "SHA-256" else "md5"
        return hashlib.new(name, ":".join(parts).encode(), usedforsecurity=False).hexdigest()

    def sign(method: str, target: str) -> str:
        said = {"username": user, "uri": target, "cnonce": os.urandom(8).hex()}
        said |= {key: asked[key] for key in ("realm", "nonce", "opaque") if key in asked}
        secret, number = hashed(user, asked["realm"], password), f"{next(numbers):08x}"
        said["response"] = hashed(secret, asked["nonce"], number, said["cnonce"], "auth", hashed(method, target))
        quoted = (f'{key}="' + re.sub(r'(["\\])', r"\\\1", text) + '"' for key, text in said.items())
        return f"Digest {', '.join(quoted)}, algorithm={algorithm}, qop=auth, nc={number}"

    return sign


def signer(address: str, told: list[str]) -> Signer | None:
    """What answers a request for credentials; None where there are none to send.

    Args:
        address: Who asks.
        told: Its ``WWW-Authenticate`` headers.

    Raises:
        errors.UsageError: They would be sent in the clear.
    """
    token, user, password = map(os.environ.get, (_TOKEN, _USER, _PASSWORD))
    if token:
        said = f"Bearer {token}"
    elif user is None or password is None:
        return None
    else:
        schemes = {word.lower(): rest for word, _, rest in (line.strip().partition(" ") for line in told)}
        if "digest" in schemes:
            return _digest(schemes["digest"], user, password)
        said = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
    parts = split(address)
    if parts.scheme == "http" and not re.fullmatch(r"localhost|127(\.[0-9]{1,3}){3}|::1", parts.hostname or ""):
        words = "A password or token would travel over http:// for all to read, and is not sent."
        raise UsageError(words, hint="Use the server's https:// address.")
    return lambda method, target: said
