"""The way in: by an account once there is one; before that, for whoever was shown the address that the server printed.

Asked at every request, so the first account holds from the next one on.
"""

from __future__ import annotations

import hmac

from assistant.govern.people import People, Person
from ingest.base.errors import SignInRefused

OWNER = "owner"
"""The person at this machine, where there are no accounts."""
AT_THIS_MACHINE = "start"
"""How that person was recognised; it counts for requests from this machine alone."""


class Entrance:
    """
    Args:
        start: the secret in the address that was printed; empty where everybody signs in.
        sso: whether there is single sign-on, with which everybody signs in from the first moment.
    """

    def __init__(self, people: People, start: str = "", sso: bool = False) -> None:
        self._people, self._start, self._sso = people, start, sso

    @property
    def has_accounts(self) -> bool:
        """Whether people sign in here."""
        return self._sso or self._people.exist()

    def is_start(self, secret: str) -> bool:
        """Whether this is the secret of the printed address, and that still counts."""
        same = hmac.compare_digest(secret.encode(errors="replace"), self._start.encode())
        return bool(self._start) and same and not self.has_accounts

    def principal(self, credential: str) -> Person:
        """The person a session, a token or the printed secret belongs to.

        Raises:
            SignInRefused: it belongs to nobody, or does not count any more.
        """
        if self.has_accounts:
            return self._people.principal(credential)
        if self.is_start(credential):
            return Person(OWNER, AT_THIS_MACHINE)
        raise SignInRefused("this session is not valid", "open the address that `kotonoha serve` printed")
