"""Who may ask the local server, and what a browser may do with its answers.

Any page that is open in the same browser can send requests to this machine, and any name can lead to it.  So a request
must name this server as its host, or it is refused before anything is read (DNS rebinding).  Nothing is changed but by
POST, and only by a page of this server.  On another interface than the machine's own, a random token is asked for as
well: it stands once in the printed address, then in a cookie that no script reads and no other site sends.

What comes back may hold hostile text.  It is escaped, and the policy forbids what a forgotten escape would make
possible: scripts and styles that are not files of ours, requests to other hosts, frames, forms that lead elsewhere.
"""

import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from selfinstruct.pages.listening import own_names

LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
"""The names of this machine's own interface."""
ANYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104
"""Every interface: which name leads to it is not known."""
MOST_BYTES = 64 << 10
"""The most bytes of what a form may send."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SANDBOX = "sandbox allow-popups; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"
"""The policy of a page that lies in a folder: it may be anybody's, so it runs nothing and belongs to no site."""
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""What every answer has, that of an error, too."""


@dataclass(frozen=True, kw_only=True)
class Guard:
    """Decides whether a request is answered."""

    host: str
    """The interface that the server listens on."""
    port: int
    token: str | None = None
    """What a browser must know where the server listens on another interface than the machine's own."""

    def misdirected(self, hosts: Sequence[str]) -> bool:
        """Return whether a request, by its Host headers, is not meant for this server."""
        return len(hosts) != 1 or not self._is_own(hosts[0])

    def _is_own(self, host: str) -> bool:
        names = {in_address(name) for name in LOCAL | ({self.host} - ANYWHERE)}
        if self.host in ANYWHERE:  # by whatever name; the token tells who asks
            return host.endswith(f":{self.port}") or self.port == 80
        return host in {f"{name}:{self.port}" for name in names} | (names if self.port == 80 else set())

    def is_from_elsewhere(self, host: str, headers: Mapping[str, str]) -> bool:
        """Return whether what is sent to be stored was not sent by a page of this server."""
        if (site := headers.get("Sec-Fetch-Site")) is not None:
            return site != "same-origin"
        return headers.get("Origin") != f"http://{host}"

    def knows(self, given: str | None) -> bool:
        """Return whether somebody has the token, where one is asked for."""
        return self.token is None or hmac.compare_digest((given or "").encode("utf-8", "replace"), self.token.encode())

    @property
    def cookie(self) -> str:
        """Return the name of the cookie that holds the token; browsers tell hosts apart, but not ports."""
        return f"selfinstruct-{self.port}"

    def address(self, name: str | None = None) -> str:
        """Return the address to open in a browser, by another name of the host where one is given."""
        base = f"http://{in_address(name or self.host)}:{self.port}/"
        return base if self.token is None else f"{base}?token={self.token}"

    @property
    def addresses(self) -> str:
        """Return the addresses to open; on every interface, also those that lead here from another machine."""
        if self.host not in ANYWHERE:
            return self.address()
        return f"{self.address('localhost')} or, on another machine, {' or '.join(map(self.address, own_names()))}"


def token_for(host: str) -> str | None:
    """Return a new token; None for the machine's own interface, which needs none."""
    return None if host in LOCAL else secrets.token_urlsafe(32)


def in_address(host: str) -> str:
    """Return a host as an address holds it: IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host
