"""Who may come in: the token, the visitor's cookie, the page that a WebSocket is opened from."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from lyricterm.storage.atomic_write import write_whole

SHORTEST_TOKEN = 8
"""Characters of a token of one's own; one that is made has 22."""
_SECRET = 32
_ID = re.compile("[0-9a-f]{32}")
_HOST = re.compile(r"[0-9A-Za-z.-]{1,253}(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](?::[0-9]{1,5})?")


def make_token() -> str:
    """A token that nobody guesses."""
    return secrets.token_urlsafe(16)


def secret_of(folder: Path) -> bytes:
    """The key that signs the cookies of this folder's visitors, made when it is first needed.

    Raises:
        OSError: if it can be neither read nor written.
    """
    path = folder / "secret"
    try:
        secret = path.read_bytes()
    except FileNotFoundError:
        secret = b""
    if len(secret) != _SECRET:
        secret = secrets.token_bytes(_SECRET)
        write_whole(path, secret)
        path.chmod(0o600)
    return secret


@dataclass(frozen=True)
class Access:
    """The rules of one server."""

    secret: bytes = field(repr=False)
    token: str = field(default="", repr=False)
    """Empty if whoever reaches the server may come in."""
    hosts: frozenset[str] = frozenset()
    """The names under which browsers may reach the server; empty for any."""

    def is_token(self, given: str) -> bool:
        """Whether it is the right token; takes as long for any that is not."""
        return not self.token or _same(given, self.token)

    @property
    def pass_cookie(self) -> str:
        """What a browser keeps once it has given the token."""
        return self._signed("token", self.token)

    def admits(self, pass_cookie: str) -> bool:
        """Whether a browser with this cookie has given the token that holds now."""
        return not self.token or _same(pass_cookie, self.pass_cookie)

    def new_visitor(self) -> str:
        """An id that no visitor has yet."""
        return secrets.token_hex(16)

    def visitor_cookie(self, visitor: str) -> str:
        """What the visitor's browser keeps."""
        return f"{visitor}.{self._signed('visitor', visitor)}"

    def visitor_of(self, cookie: str) -> str | None:
        """Whose cookie it is; None if the server has not made it."""
        visitor = cookie.partition(".")[0]
        known = _ID.fullmatch(visitor) and _same(cookie, self.visitor_cookie(visitor))
        return visitor if known else None

    def knows_host(self, host: str) -> bool:
        """Whether the server may be reached under this name; another's name could be a trick (DNS rebinding)."""
        return bool(_HOST.fullmatch(host)) and (not self.hosts or _name(host) in self.hosts)

    def is_own_page(self, origin: str, host: str) -> bool:
        """Whether a WebSocket comes from a page of this server's."""
        try:
            parts = urlsplit(origin)
        except ValueError:
            return False
        return parts.scheme in ("http", "https") and bool(host) and parts.netloc.lower() == host.lower()

    def _signed(self, what: str, text: str) -> str:
        return hmac.new(self.secret, f"{what}:{text}".encode(), hashlib.sha256).hexdigest()


def loopback_names(host: str) -> frozenset[str]:
    """The names of a server that only this machine reaches."""
    return frozenset({"localhost", "127.0.0.1", "[::1]", host.lower(), f"[{host.lower()}]"})


def is_loopback(addresses: Iterable[str]) -> bool:
    """Whether all addresses are this machine's own."""
    import ipaddress

    found = [ipaddress.ip_address(address.partition("%")[0]) for address in addresses]
    return bool(found) and all(address.is_loopback for address in found)


def _same(given: str, right: str) -> bool:
    """Compared in a time that does not tell how much of it is right; a header may hold broken bytes."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), right.encode("utf-8", "surrogatepass"))


def _name(host: str) -> str:
    """The host without its port."""
    return re.sub(r":[0-9]+$", "", host).lower()
