"""Where the app is served, and the names by which browsers may ask for it."""

from __future__ import annotations

import errno
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from explorer.errors import ExplorerError

EVERYWHERE = "0.0.0.0"
LAST_PORT = 65535
_EVERYWHERE = (EVERYWHERE, "::")
_PART = re.compile(r"[A-Za-z0-9_-]+")  # of a path
_HOST = re.compile(r"([a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(:[0-9]{1,5})?", re.IGNORECASE)


@dataclass(frozen=True)
class Address:
    """
    An address to listen on, and the hosts a browser may name there.

    Parameters
    ----------
    host : str
        Name or number of this machine; `EVERYWHERE` listens on all of its networks.
    port : int
    also : sequence of str
        More hosts that browsers may name, "HOST" or "HOST:PORT": the names that a proxy goes by.
    prefix : str
        What paths begin with, as "/atlas": the part of a site that a proxy gives to the app.
    framed_by : sequence of str
        Other sites that may show the page in a frame, as "https://wiki.example.org".
    """

    host: str
    port: int
    also: Sequence[str] = ()
    prefix: str = ""
    framed_by: Sequence[str] = ()

    def refuse_if_taken(self) -> None:
        """Raises an `ExplorerError` where nothing can listen."""
        where = f"{self.host}, port {self.port}"
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        try:
            socket.create_server((self.host, self.port), family=family).close()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                fix = f"Stop it, or choose another port: --port {self.port % LAST_PORT + 1}."
                raise ExplorerError("Another program listens there already.", where, fix) from error
            fix = (
                f"Choose another address, such as 127.0.0.1 or {EVERYWHERE}, or a port above 1023."
            )
            raise ExplorerError(
                f"Nothing can listen there: {error.strerror}.", where, fix
            ) from error

    def knows(self, host: str, reached: str | None = None) -> bool:
        """
        Whether a browser that asks for `host` means this server, and not a page elsewhere that
        pretends to be it.

        Parameters
        ----------
        host : str
            As the browser names it in `Host`, or after the scheme in `Origin`.
        reached : str, optional
            The number of this machine under which the connection came in. A number leads nowhere
            else.
        """
        own = self._names() | ({_bracketed(reached)} if reached else set())
        known = {f"{name}:{self.port}" for name in own} | (own if self.port == 80 else set())
        for name in self.also:
            known |= {name} if _has_port(name) else {name, f"{name}:{self.port}"}
        return host.lower() in {name.lower() for name in known}

    def text(self) -> str:
        """For the terminal."""
        if self.host not in _EVERYWHERE:
            return f"Wattlas is at {self.here}"
        return f"Wattlas is at {self.here} here, and at {self.link} on your network."

    @property
    def here(self) -> str:
        """What is opened on this machine."""
        return self._url("localhost" if self.host in _EVERYWHERE else _bracketed(self.host))

    @property
    def origin(self) -> str:
        """
        Scheme, host and port by which others on the network reach it; empty where they cannot.

        >>> Address("192.0.2.1", 5006).origin, Address("127.0.0.1", 5006).origin
        ('http://192.0.2.1:5006', '')
        """
        host = _own_number() if self.host in _EVERYWHERE else self.host
        return "" if _is_loopback(host) else f"http://{_bracketed(host)}:{self.port}"

    @property
    def link(self) -> str:
        """What others on the network open; empty where they cannot."""
        return self.origin and f"{self.origin}{self.prefix}/"

    def _url(self, host: str) -> str:
        return f"http://{host}:{self.port}{self.prefix}/"

    def _names(self) -> set[str]:
        here = {"localhost", "127.0.0.1", "[::1]"}
        if self.host in _EVERYWHERE:
            return here | {socket.gethostname(), _bracketed(_own_number())}
        return here | {_bracketed(self.host)}


def path_prefix(text: str) -> str:
    """
    What paths begin with, as an option names it, or a ValueError.

    >>> path_prefix("/atlas/"), path_prefix("course/atlas"), path_prefix("/")
    ('/atlas', '/course/atlas', '')
    """
    parts = [part for part in text.split("/") if part]
    if not all(_PART.fullmatch(part) for part in parts):
        raise ValueError(f"{text!r} is not the beginning of a path such as /atlas")
    return "".join(f"/{part}" for part in parts)


def host_name(text: str) -> str:
    """
    A host as an option names it, or a ValueError.

    >>> host_name("atlas.example"), host_name("[::1]:5006")
    ('atlas.example', '[::1]:5006')
    """
    if not _HOST.fullmatch(text):
        raise ValueError(f"{text!r} is not a host such as atlas.example or atlas.example:8080")
    return text


def site_origin(text: str) -> str:
    """
    Scheme and host of a site as an option names it, or a ValueError.

    >>> site_origin("https://wiki.example.org/"), site_origin("http://localhost:8000")
    ('https://wiki.example.org', 'http://localhost:8000')
    """
    scheme, _, host = text.removesuffix("/").partition("://")
    if scheme not in ("http", "https") or not _HOST.fullmatch(host):
        raise ValueError(f"{text!r} is not a site such as https://wiki.example.org")
    return f"{scheme}://{host}"


def _has_port(host: str) -> bool:
    return host.rpartition("]")[2].count(":") == 1


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:  # a name
        return host.lower() == "localhost"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _own_number() -> str:
    """What others on the network call this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(
                ("192.0.2.1", 9)
            )  # an address for examples; connecting a datagram socket sends nothing
        except OSError:
            return socket.gethostname()
        return probe.getsockname()[0]
