"""Single sign-on against a real OpenID Connect provider on this machine: who is vouched for comes in, nobody else."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote, urlencode, urlsplit

import httpx
import oidc_provider_mock
import pytest
from fastapi.testclient import TestClient
from werkzeug.serving import make_server

from assistant.app import build
from assistant.govern.audit import Audit
from assistant.govern.sso import SingleSignOn
from assistant.serve import api
from assistant.serve.guard import COOKIE
from assistant.serve.parts import Parts
from ingest.base.errors import BadInput, SignInRefused
from ingest.base.settings import Settings, load
from ingest.memory.memory import Memory
from tests.conftest import WordSpace
from tests.library import Parrot, accounts, keys, stock, viewer_of
from tests.test_web import CHROMIUM, Served

HOME = "http://localhost"
CLIENT = "kotonoha"
PATIENT = 300
"""Seconds that are waited for a provider on a machine that does much else: what is slow is not refused."""
Token = dict[str, Any]


class Provider:
    """A real provider, on loopback, behind a desk that checks PKCE (it does not itself) and can exchange an answer."""

    def __init__(self, **options: Any) -> None:
        self._app = oidc_provider_mock.app(require_nonce=True, **options)
        self.challenges: dict[str, str] = {}
        self.asked: list[str] = []
        self.forge: Callable[[Token], Token] = lambda token: token
        self._server = make_server("localhost", 0, self._desk, threaded=True)
        self.issuer = f"http://localhost:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Provider:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()

    def _desk(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        self.asked.append(environ["PATH_INFO"])
        if environ["PATH_INFO"] == "/oauth2/authorize":
            return self._app(environ, partial(self._remembering, start, dict(parse_qsl(environ["QUERY_STRING"]))))
        if environ["PATH_INFO"] != "/oauth2/token":
            return self._app(environ, start)
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        said = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        digest = hashlib.sha256(said["code_verifier"].encode()).digest()
        assert base64.urlsafe_b64encode(digest).decode().rstrip("=") == self.challenges[said["code"]]
        answers: list[tuple[str, list[Any]]] = []
        environ["wsgi.input"] = BytesIO(body)
        given = b"".join(self._app(environ, lambda status, headers, *_: answers.append((status, headers))))
        ((status, headers),) = answers
        token = json.dumps(self.forge(json.loads(given)))
        start(status, [pair for pair in headers if pair[0].lower() != "content-length"])
        return [token.encode()]

    def _remembering(
        self, start: Callable[..., Any], asked: dict[str, str], status: str, headers: Any, *more: Any
    ) -> Any:
        """Lets a code out, and remembers the challenge it was asked for with."""
        assert asked["code_challenge_method"] == "S256"
        sent = urlsplit(dict(headers).get("Location", ""))
        self.challenges.update((code, asked["code_challenge"]) for code in parse_qs(sent.query).get("code", ()))
        return start(status, headers, *more)

    def knows(self, sub: str, **claims: Any) -> None:
        assert httpx.put(f"{self.issuer}/users/{quote(sub)}", json=claims, timeout=PATIENT).status_code == 204

    def lets_in(self, url: str, sub: str) -> str:
        """What the person does at the provider; returns where the browser is sent back to."""
        return str(httpx.post(url, data={"sub": sub}, timeout=PATIENT).headers["location"])


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with Provider() as running:
        running.knows("u-1", email="endo@hoshinagi.example", email_verified=True, preferred_username="endo")
        running.knows("u-2", email="endo", email_verified=False, preferred_username="mori")
        running.knows("u-3", email="ghost", email_verified=True, preferred_username="ghost")
        yield running


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Memory]:
    with Memory(Settings(home=tmp_path_factory.mktemp("home")), WordSpace()) as opened:
        stock(opened)
        yield opened


@pytest.fixture
def parts(memory: Memory, provider: Provider) -> Parts:
    """The server with its accounts made anew."""
    provider.forge = lambda token: token
    memory.catalog.connection.execute("DELETE FROM person")
    memory.catalog.connection.execute("DELETE FROM attempt")
    audit = Audit(memory.catalog, b"k" * 32, memory.settings.home / "head")
    said = (memory.settings, memory, Parrot(memory), viewer_of, keys(memory), accounts(memory), audit)
    return Parts(*said, sso=sso(provider))


def sso(provider: Provider, claim: str = "preferred_username", hosts: tuple[str, ...] = ()) -> SingleSignOn:
    return SingleSignOn(provider.issuer, CLIENT, "s3cret", claim, hosts, PATIENT)


def browser(parts: Parts) -> TestClient:
    return TestClient(api.application(parts), base_url=HOME, follow_redirects=False, client=("127.0.0.1", 50_000))


def begin(page: TestClient, next: str = "/api/sources") -> str:
    reply = page.get("/sign-in/sso", params={"next": next})
    assert reply.status_code == 303
    return reply.headers["location"]


def come_in(parts: Parts, provider: Provider, sub: str = "u-1") -> tuple[TestClient, httpx.Response]:
    page = browser(parts)
    return page, page.get(provider.lets_in(begin(page), sub))


def refused(parts: Parts, page: TestClient, reply: httpx.Response, why: str) -> None:
    """No session, one page whatever the reason, and the reason in the audit."""
    assert reply.status_code == 401 and "did not let you in" in reply.text
    assert COOKIE not in reply.cookies
    assert page.get("/api/sources").status_code == 401
    assert parts.audit is not None and parts.people is not None
    event = next(iter(parts.audit.show(viewer_of("owner"), action="sign-in refused"))).event
    assert re.search(why, str(event.details["reason"])), event.details


def test_whom_the_provider_vouches_for_has_the_session_a_password_gives(parts: Parts, provider: Provider) -> None:
    page, reply = come_in(parts, provider)
    assert reply.status_code == 200 and 'content="0;url=/api/sources"' in reply.text
    cookie = next(one for one in reply.headers.get_list("set-cookie") if one.startswith(COOKIE)).lower()
    assert "httponly" in cookie and "samesite=strict" in cookie
    assert {row["scope"] for row in page.get("/api/sources").json()} == {"sales", "public", "operations"}
    assert parts.people is not None and parts.audit is not None
    assert parts.people.principal(page.cookies[COOKIE]).name == "endo"
    event = next(iter(parts.audit.show(viewer_of("owner"), action="sign-in"))).event
    assert (event.person, event.details["by"], event.details["subject"]) == ("endo", "single sign-on", "u-1")


def test_a_revoked_session_and_a_disabled_person_are_out_at_the_next_request(parts: Parts, provider: Provider) -> None:
    assert parts.people is not None
    for end in (parts.people.revoke, parts.people.disable):
        page, _ = come_in(parts, provider)
        assert page.get("/api/sources").status_code == 200
        end("endo")
        assert page.get("/api/sources").status_code == 401


def test_a_disabled_person_is_not_let_in_and_a_strangers_guesses_keep_nobody_out(
    parts: Parts, provider: Provider
) -> None:
    assert parts.people is not None
    parts.people.disable("endo")
    refused(parts, *come_in(parts, provider), "locked")
    parts.people.enable("endo")
    for _ in range(5):
        with pytest.raises(SignInRefused):
            parts.people.sign_in("endo", "not the password")
    assert come_in(parts, provider)[0].get("/api/sources").status_code == 200


def test_whom_the_policy_does_not_name_is_refused_even_with_an_account(parts: Parts, provider: Provider) -> None:
    provider.knows("u-4", preferred_username="stranger")
    refused(parts, *come_in(parts, provider, "u-4"), "policy does not name")
    refused(parts, *come_in(parts, provider, "u-3"), "policy does not name")
    refused(parts, *come_in(parts, provider, "nobody"), "no claim")


def test_an_account_is_made_only_where_the_settings_say_so_and_the_policy_names_the_person(
    parts: Parts, provider: Provider
) -> None:
    assert parts.people is not None
    parts.people.remove("endo")
    refused(parts, *come_in(parts, provider), "wrong")
    making = replace(parts, settings=replace(parts.settings, oidc_create=True))
    page, _ = come_in(making, provider)
    assert page.get("/api/sources").status_code == 200
    refused(making, *come_in(making, provider, "u-3"), "policy does not name")
    assert not parts.people.knows("ghost")


def test_without_a_policy_nobody_comes_in_as_the_owner(parts: Parts, provider: Provider) -> None:
    """Without a policy `owner` reads everything, and no provider may decide who that is."""
    provider.knows("u-5", preferred_username="owner")
    assert parts.people is not None
    parts.people.add("owner")
    catalog = parts.memory.catalog
    open_to_all = replace(parts, viewer_of=lambda name: build.viewer(catalog, name))
    refused(open_to_all, *come_in(open_to_all, provider, "u-5"), "policy does not name")


def test_a_mail_address_counts_only_when_the_provider_has_verified_it(parts: Parts, provider: Provider) -> None:
    by_mail = replace(parts, sso=sso(provider, "email"))
    refused(by_mail, *come_in(by_mail, provider, "u-2"), "not verified")
    provider.knows("u-6", email="Endo", email_verified=True)
    page, _ = come_in(by_mail, provider, "u-6")
    assert page.get("/api/sources").status_code == 200


# -- answers that do not stand -----------------------------------------------------------------------------------


def test_another_state_is_refused_and_one_browser_cannot_finish_for_another(parts: Parts, provider: Provider) -> None:
    page = browser(parts)
    back = provider.lets_in(begin(page), "u-1")
    refused(parts, page, page.get(re.sub("state=[^&]+", "state=mine", back)), "state")
    other = browser(parts)
    refused(parts, other, other.get(back), "no sign-in was begun")
    begin(other)
    refused(parts, other, other.get(back), "state")


def test_another_nonce_is_refused(parts: Parts, provider: Provider) -> None:
    """A token that was made for another sign-in has another nonce."""
    page = browser(parts)
    asked = re.sub("nonce=[^&]+", "nonce=another", begin(page))
    refused(parts, page, page.get(provider.lets_in(asked, "u-1")), "nonce")


def test_a_code_is_good_once(parts: Parts, provider: Provider) -> None:
    page = browser(parts)
    back = provider.lets_in(begin(page), "u-1")
    cookie = page.cookies["kotonoha-sso"]
    assert page.get(back).status_code == 200
    again = browser(parts)
    again.cookies.set("kotonoha-sso", cookie)
    refused(parts, again, again.get(back), "invalid_grant")


def own_token(provider: Provider, client: str, nonce: str) -> str:
    """An ID token the very same provider issues to another client."""
    verifier = "v" * 64
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    there = {"client_id": client, "redirect_uri": "http://localhost/other", "response_type": "code", "nonce": nonce}
    query = {
        **there,
        "scope": "openid profile",
        "state": "s",
        "code_challenge": digest,
        "code_challenge_method": "S256",
    }
    back = provider.lets_in(f"{provider.issuer}/oauth2/authorize?{urlencode(query)}", "u-1")
    form = {**there, "grant_type": "authorization_code", "code": parse_qs(urlsplit(back).query)["code"][0]}
    reply = httpx.post(
        f"{provider.issuer}/oauth2/token",
        data={**form, "client_secret": "x", "code_verifier": verifier},
        timeout=PATIENT,
    )
    return str(reply.json()["id_token"])


def test_a_token_for_another_audience_is_refused(parts: Parts, provider: Provider) -> None:
    """Soundly signed by the same provider, for the same person and nonce, but for another client."""
    for client, stands in ((CLIENT, True), ("another-client", False)):
        page = browser(parts)
        asked = begin(page)
        nonce = parse_qs(urlsplit(asked).query)["nonce"][0] + "-"
        provider.forge = lambda token: token
        foreign = own_token(provider, client, nonce)
        # The provider takes a nonce once, so this sign-in is told of the one that was just used.
        sealed = parts.sso._opened(page.cookies["kotonoha-sso"])  # type: ignore[union-attr]
        told = json.dumps({**{n: getattr(sealed, n) for n in sealed.__slots__}, "nonce": nonce}).encode()
        back = provider.lets_in(asked, "u-1")
        page.cookies.clear()
        page.cookies.set("kotonoha-sso", parts.sso._seal.encrypt(told).decode())  # type: ignore[union-attr]
        # The access token, too, is another one, and a token would say so by its `at_hash`.
        provider.forge = lambda token, id_token=foreign: {**token, "id_token": id_token, "access_token": ""}  # type: ignore[misc]
        reply = page.get(back)
        if stands:
            assert page.get("/api/sources").status_code == 200
        else:
            refused(parts, page, reply, "aud")


def _unsigned(token: str) -> str:
    header = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    return f"{header}.{token.split('.')[1]}."


def _renamed(token: str) -> str:
    head, body, seal = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    forged = json.dumps({**claims, "preferred_username": "mori"}).encode()
    return ".".join((head, base64.urlsafe_b64encode(forged).decode().rstrip("="), seal))


@pytest.mark.parametrize(
    "forge",
    [_unsigned, _renamed, lambda token: "", lambda token: "a.b.c"],
    ids=["unsigned", "changed", "empty", "no token"],
)
def test_a_token_without_a_sound_signature_is_refused(
    parts: Parts, provider: Provider, forge: Callable[[str], str]
) -> None:
    provider.forge = lambda token: {**token, "id_token": forge(token["id_token"])}
    refused(parts, *come_in(parts, provider), "does not stand")


def test_a_token_signed_with_another_key_is_refused(parts: Parts, provider: Provider) -> None:
    with Provider() as other:
        other.knows("u-1", preferred_username="endo")
        foreign = own_token(other, CLIENT, "n")
        provider.forge = lambda token: {**token, "id_token": foreign}
        refused(parts, *come_in(parts, provider), "does not stand")


def test_an_expired_token_is_refused(parts: Parts) -> None:
    with Provider(access_token_max_age=timedelta(hours=-1)) as late:
        late.knows("u-1", preferred_username="endo")
        there = replace(parts, sso=sso(late))
        refused(there, *come_in(there, late), "expired")


# -- what leaves, and when there is none -------------------------------------------------------------------------


def test_only_the_issuer_is_spoken_to(parts: Parts, provider: Provider) -> None:
    """A provider that sends to another server is not followed there, unless the settings name that server."""
    with Provider() as elsewhere:

        def named(*hosts: str) -> SingleSignOn:
            made = sso(provider, hosts=hosts)
            read = made._read
            made._read = lambda url: {**read(url), "jwks_uri": f"{elsewhere.issuer}/jwks"}  # type: ignore[method-assign]
            return made

        with pytest.raises(SignInRefused, match="KOTONOHA_OIDC_HOSTS"):
            named().begin(f"{HOME}/sign-in/back", "/")
        named(elsewhere.issuer).begin(f"{HOME}/sign-in/back", "/")
        assert elsewhere.asked == []


@pytest.mark.parametrize("issuer", ["http://id.example", "ftp://localhost", "id.example", "https://me:pw@id.example"])
def test_an_issuer_that_could_be_listened_to_is_refused(issuer: str) -> None:
    with pytest.raises(BadInput, match=r"https|address"):
        SingleSignOn(issuer, CLIENT)


def test_a_provider_that_does_not_answer_is_one_page(parts: Parts) -> None:
    with Provider() as gone:
        pass
    page = browser(replace(parts, sso=sso(gone)))
    refused(parts, page, page.get("/sign-in/sso"), "cannot be used")


def test_without_single_sign_on_there_is_no_button_and_no_way(parts: Parts) -> None:
    assert 'href="/sign-in/sso?next=/chat/"' in browser(parts).get("/sign-in?next=/chat/").text
    without = browser(replace(parts, sso=None))
    assert "/sign-in/sso" not in without.get("/sign-in").text
    assert {without.get(path).status_code for path in ("/sign-in/sso", "/sign-in/back?code=1&state=2")} == {404}


def test_the_settings_name_the_provider_and_its_secret_lies_in_a_strict_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("s3cret\n")
    file.chmod(0o600)
    said = {"KOTONOHA_OIDC_ISSUER": "https://id.example", "KOTONOHA_OIDC_SECRET": str(file)}
    assert build.sso(load(tmp_path, {})) is None
    made = build.sso(load(tmp_path, said))
    assert made is not None and (made.issuer, made._secret) == ("https://id.example", "s3cret")
    file.chmod(0o644)
    with pytest.raises(BadInput, match="chmod 600"):
        build.sso(load(tmp_path, said))


@pytest.mark.browser
def test_in_a_browser_the_button_leads_to_the_provider_and_back_into_the_chat(parts: Parts, provider: Provider) -> None:
    """The session's cookie is strict, and still comes along after the way over the provider's page."""
    from playwright.sync_api import sync_playwright

    if CHROMIUM is None:
        pytest.skip("chromium is not on this machine")
    with Served(parts, Parrot(parts.memory), {}) as served, sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = started.new_page(locale="en-GB")
        page.goto(f"{served.url}/api/sources")  # leads to the door
        page.get_by_role("link", name="Sign in with your organisation").click()
        page.get_by_placeholder("sub").fill("u-1")
        page.get_by_role("button", name="Authorize").click()
        page.wait_for_url(f"{served.url}/api/sources")
        assert "shipments-2026.csv" in page.content()
        assert len(page.context.cookies(served.url)) == 2  # the session and the language; nothing of the way there
        started.close()
