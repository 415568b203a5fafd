"""Single sign-on by OpenID Connect: the way to the firm's provider, and back with a name it vouches for.

Authorization-code flow with PKCE (RFC 7636), `state` and `nonce`. Of the ID token, signature, issuer, audience, expiry
and nonce are verified by Authlib (extra `oidc`). What has to be remembered between going and coming back lies sealed
in a cookie of ten minutes; the key lasts as long as this process.
"""

from __future__ import annotations

import hmac
import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from cryptography.fernet import Fernet, InvalidToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from ingest.base import outward
from ingest.base.errors import BadInput, SignInRefused

SECONDS = 600
"""Until which somebody has to be back from the provider."""
LEEWAY = 60
"""Seconds by which the provider's clock may be off."""
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures that only the provider can make; those with a shared secret are refused."""
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True, slots=True)
class Begun:
    """What is remembered while somebody is at the provider; `next` is where they wanted to go."""

    state: str
    nonce: str
    verifier: str
    next: str


@dataclass(frozen=True, slots=True)
class Proven:
    """Whom the provider vouches for: the configured claim as a name, and the provider's own id for the person."""

    name: str
    subject: str
    next: str


class SingleSignOn:
    """One provider.

    Args:
        issuer: its address, as in its tokens.
        client, secret: what it knows this server by; a public client has no secret.
        claim: which claim of the ID token is the person's name here.
        hosts: further servers, as addresses, that the issuer may name for its endpoints.
        seconds: until a provider has to have answered.

    Raises:
        BadInput: an address that could be listened to.
    """

    def __init__(
        self,
        issuer: str,
        client: str,
        secret: str = "",
        claim: str = "email",
        hosts: Sequence[str] = (),
        seconds: float = outward.SECONDS,
    ) -> None:
        self.issuer, self._client_id, self._secret, self._claim = issuer, client, secret, claim
        self._origins, self._seconds = frozenset(map(outward.origin, (issuer, *hosts))), seconds
        self._seal = Fernet(Fernet.generate_key())

    def begin(self, back: str, next: str) -> tuple[str, str]:
        """Where to send the browser, and the cookie to give it. `back` is the address it comes back to.

        Raises:
            SignInRefused: the provider cannot be used.
        """
        begun = Begun(generate_token(43), generate_token(43), generate_token(64), next)
        with _refusing("the provider cannot be used"), self._client(back) as client:
            url, _ = client.create_authorization_url(
                self._metadata["authorization_endpoint"],
                state=begun.state, nonce=begun.nonce, code_verifier=begun.verifier,
            )  # fmt: skip
        return url, self._seal.encrypt(json.dumps(asdict(begun)).encode()).decode()

    def finish(self, cookie: str, answer: Mapping[str, str], back: str) -> Proven:
        """Who came back.

        Args:
            answer: the query the browser came back with.

        Raises:
            SignInRefused: with the reason, which is for the audit and not for whoever came.
        """
        begun = self._opened(cookie)
        if not hmac.compare_digest(answer.get("state", "").encode(), begun.state.encode()):
            raise SignInRefused("the provider's answer belongs to another sign-in (state)")
        if answer.get("iss", self._metadata["issuer"]) != self._metadata["issuer"]:
            raise SignInRefused("the answer comes from another provider (iss)")
        if "code" not in answer:
            raise SignInRefused(f"the provider let nobody in ({answer.get('error', 'no code')[:80]})")
        with _refusing("the provider's answer does not stand"), self._client(back) as client:
            token = client.fetch_token(
                self._metadata["token_endpoint"], grant_type="authorization_code",
                code=answer["code"], code_verifier=begun.verifier,
            )  # fmt: skip
            return Proven(*self._named(self._verified(token, begun.nonce)), begun.next)

    # -- inside ----------------------------------------------------------------------------------------

    @cached_property
    def _metadata(self) -> Mapping[str, str]:
        """What the provider says of itself (OpenID Connect Discovery); read once."""
        with _refusing("the provider cannot be used"):
            said: dict[str, str] = self._read(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
            for strange in {outward.origin(said[name]) for name in ENDPOINTS} - self._origins:
                raise ValueError(f"it sends to {strange}, which KOTONOHA_OIDC_HOSTS does not name")
        if said["issuer"].rstrip("/") != self.issuer.rstrip("/"):
            raise SignInRefused(f"the provider calls itself {said['issuer']}, not {self.issuer}")
        return said

    def _read(self, url: str) -> Any:
        with outward.Client(**outward.options(self._origins, self._seconds)) as client:
            return client.get(url).raise_for_status().json()

    def _client(self, back: str) -> OAuth2Client:
        return OAuth2Client(
            self._client_id, self._secret or None, scope="openid profile email", redirect_uri=back,
            code_challenge_method="S256", **outward.options(self._origins, self._seconds),
        )  # fmt: skip

    def _opened(self, cookie: str) -> Begun:
        try:
            return Begun(**json.loads(self._seal.decrypt(cookie.encode(), ttl=SECONDS)))
        except InvalidToken:
            raise SignInRefused("no sign-in was begun in this browser, or too long ago") from None

    def _verified(self, token: Mapping[str, Any], nonce: str) -> CodeIDToken:
        """The claims of the ID token, once all of it holds. Keys are asked for each time, so a new one is known."""
        keys = KeySet.import_key_set(self._read(self._metadata["jwks_uri"]))
        decoded = jwt.decode(token["id_token"], keys, algorithms=ALGORITHMS)
        wanted = {
            "iss": {"essential": True, "value": self._metadata["issuer"]},
            "aud": {"essential": True, "value": self._client_id},
            "exp": {"essential": True},
            "nonce": {"essential": True, "value": nonce},
        }
        params = {"nonce": nonce, "client_id": self._client_id, "access_token": token.get("access_token")}
        claims = CodeIDToken(decoded.claims, decoded.header, wanted, params)
        claims.validate(leeway=LEEWAY)
        return claims

    def _named(self, claims: Mapping[str, Any]) -> tuple[str, str]:
        """The name and the provider's id. An address that the provider has not verified is anybody's."""
        name = claims.get(self._claim)
        if not isinstance(name, str) or not name:
            raise ValueError(f"the ID token has no claim '{self._claim}'")
        if self._claim == "email" and claims.get("email_verified") is not True:
            raise ValueError("the mail address is not verified (email_verified)")
        return unicodedata.normalize("NFKC", name).casefold(), str(claims["sub"])


@contextmanager
def _refusing(what: str) -> Iterator[None]:
    """What the provider, its token or the way to it can get wrong, as one refusal with its reason."""
    try:
        yield
    except (outward.Fault, BadInput, AuthlibBaseError, JoseError, LookupError, TypeError, ValueError) as error:
        raise SignInRefused(f"{what}: {error or type(error).__name__}") from error
