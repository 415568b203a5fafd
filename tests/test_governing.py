"""The pages for whoever governs: a policy weighed before it is in force, accounts, the audit read and filtered, health."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from assistant.govern import changes
from assistant.govern.policy import Policies, Policy
from assistant.serve import api
from assistant.serve.parts import Parts
from assistant.serve.web.words import LANGUAGES, words
from ingest.base.access import Viewer
from ingest.base.errors import BadPolicy
from tests.test_pages import endo, hoshino, mori, parts

__all__ = ["endo", "hoshino", "mori", "parts"]
PRESIDENT = "may: [govern, reveal, feed]"
SAMPLE = """\
scopes:
  sales: {}
  hr: {redact: [card]}
roles:
  head: {may: [govern, feed]}
people:
  mori: {roles: [head], reads: [hr]}
  endo: {reads: [sales]}
"""


def text(page: str) -> str:
    """What stands on a page, without its tags."""
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def current(parts: Parts) -> Policy:
    found = Policies(parts.memory.catalog).current()
    assert found is not None
    return found


# -- a policy before it is in force ------------------------------------------------------------------------------


def test_what_a_policy_lets_people_do_is_compared_as_is_what_they_read() -> None:
    old = Policy(SAMPLE)
    new = Policy(SAMPLE.replace("[govern, feed]", "[govern, reveal]").replace("[sales]", "[hr], may: [feed]"))
    assert changes.of_people(old, new) == [
        changes.Change("endo", ("hr",), ("sales",), ("feed",), ()),
        changes.Change("mori", may=("reveal",), may_not=("feed",)),
    ]
    assert changes.of_people(old, old) == changes.of_scopes(old, old) == []
    assert changes.of_people(None, old)[1] == changes.Change("mori", ("hr",), may=("feed", "govern"))


def test_what_a_policy_covers_and_lets_leave_is_compared_for_each_scope() -> None:
    new = Policy(SAMPLE.replace("[card]", "[phone]").replace("sales: {}", "sales: {may_leave: true}"))
    assert changes.of_scopes(Policy(SAMPLE), new) == [
        changes.Change("hr", ("phone",), ("card",)),
        changes.Change("sales", may=("leave",)),
    ]
    assert changes.of_scopes(new, Policy(SAMPLE))[1] == changes.Change("sales", may_not=("leave",))


def test_a_policy_by_which_nobody_could_govern_is_refused() -> None:
    assert changes.governed(Policy(SAMPLE))
    with pytest.raises(BadPolicy, match="nobody could govern any more"):
        changes.governed(Policy(SAMPLE.replace("govern, ", "")))


def test_the_preview_says_who_gains_and_loses_which_right(parts: Parts, hoshino: TestClient) -> None:
    new = current(parts).text.replace("auditor: {reads: [public]}", "auditor: {reads: [public], may: [reveal, govern]}")
    shown = {
        one: text(hoshino.post("/govern/preview", params={"lang": one}, data={"text": new}).text)
        for one in ("en", "ja")
    }
    assert "berg + governs + sees personal data" in shown["en"]
    assert "berg + 管理 + 個人データの原文表示" in shown["ja"]
    assert "Nobody gains or loses" not in shown["en"] and "変わる人はいません" not in shown["ja"]


def test_taking_govern_from_the_last_who_governs_is_shown_and_refused_in_the_language_of_the_page(
    parts: Parts, hoshino: TestClient
) -> None:
    before = current(parts)
    data = {"text": before.text.replace(PRESIDENT, "may: [reveal, feed]"), "version": before.version}
    for path in ("/govern/preview", "/govern/policy"):
        reply = hoshino.post(path, params={"lang": "ja"}, data=data)
        assert reply.status_code == 400 and "管理できる人がいなくなります" in reply.text
        assert "hoshino − 管理" in text(reply.text) and "有効にする" not in reply.text
    assert current(parts).version == before.version


def test_whoever_is_to_govern_needs_an_account_to_sign_in_with(parts: Parts, hoshino: TestClient) -> None:
    before = current(parts)
    left = before.text.replace(PRESIDENT, "may: [reveal, feed]")
    to = {
        name: left.replace(f"{role}: {{", f"{role}: {{may: [govern], ")
        for name, role in (("berg", "auditor"), ("endo", "sales-clerk"))
    }
    assert "only berg could govern" in hoshino.post("/govern/preview", data={"text": to["berg"]}).text
    to["endo"] = to["endo"].replace("[sales], may: [feed]", "[sales]")
    given = hoshino.post("/govern/preview", data={"text": to["endo"]})
    assert given.status_code == 200 and "You yourself would no longer govern" in given.text


def test_an_empty_policy_comes_back_as_the_form_with_what_is_wrong(hoshino: TestClient) -> None:
    for path in ("/govern/preview", "/govern/policy"):
        reply = hoshino.post(path, params={"lang": "ja"}, data={"text": "", "version": ""})
        assert "<textarea" in reply.text and reply.status_code in (400, 409), path
    assert "ポリシーが空です" in hoshino.post("/govern/preview", params={"lang": "ja"}, data={"text": ""}).text


# -- accounts ------------------------------------------------------------------------------------------------------


def test_nobody_who_governs_keeps_out_themselves(hoshino: TestClient) -> None:
    page = hoshino.get("/govern").text
    assert "/govern/people/endo/disable" in page and "/govern/people/hoshino/disable" not in page
    refused = hoshino.post("/govern/people/hoshino/disable", params={"lang": "ja"})
    assert refused.status_code == 403 and "自分自身を停止" in refused.text
    assert hoshino.get("/govern").status_code == 200


def test_one_click_of_somebody_kept_out_says_so_in_the_language_of_the_page(parts: Parts) -> None:
    firm = replace(parts, guests=(("mori", "Yuko Mori (hr-officer)"),))
    visitor = TestClient(
        api.application(firm), "http://localhost", follow_redirects=False, client=("127.0.0.1", 50_000)
    )
    assert parts.audit is not None
    parts.people.disable("mori")
    for language in LANGUAGES:
        reply = visitor.post("/sign-in/as", params={"lang": language}, data={"name": "mori"})
        assert reply.status_code == 401 and words(language)["kept_out"] in reply.text and "Yuko Mori" in reply.text
        assert next(parts.audit.show(Viewer("hoshino", frozenset()))).event.action == "sign-in refused"
    parts.people.enable("mori")
    assert visitor.post("/sign-in/as", data={"name": "mori"}).status_code == 303


# -- the audit -----------------------------------------------------------------------------------------------------


def rows(page: str) -> str:
    return text(page.split("<tbody>")[1].split("</tbody>")[0])


def test_a_day_until_which_the_audit_is_shown_is_included(hoshino: TestClient) -> None:
    hoshino.get("/govern/as/endo")
    today = datetime.now(UTC).date()
    for since, until, found in ((0, 0, True), (0, -1, False), (-1, 0, True), (1, 1, False)):
        days = {"since": str(today + timedelta(days=since)), "until": str(today + timedelta(days=until))}
        assert ("view as" in rows(hoshino.get("/govern/audit", params=days).text)) == found, days
    assert hoshino.get("/govern/audit", params={"until": "9999-12-31"}).status_code == 200
    assert hoshino.get("/govern/audit", params={"until": "yesterday"}).status_code == 200


def test_the_audit_is_filtered_by_what_the_page_calls_it_and_by_a_name_however_it_is_written(
    hoshino: TestClient,
) -> None:
    hoshino.get("/govern/as/endo")
    page = hoshino.get("/govern/audit", params={"lang": "ja", "action": "view as", "person": " ＨＯＳＨＩＮＯ "}).text
    assert '<option value="view as" selected>見え方の確認</option>' in page
    assert "見え方の確認" in rows(page) and "サインイン" not in rows(page)
    assert "見つかりません" in rows(hoshino.get("/govern/audit", params={"lang": "ja", "person": "hosh"}).text)


def test_the_japanese_audit_and_the_view_of_another_say_everything_in_japanese(
    endo: TestClient, hoshino: TestClient
) -> None:
    source = endo.get("/api/search", params={"query": "warranty"}).json()[0]
    endo.get(f"/open/{source['entity']}")
    endo.post("/api/ask", json={"question": "How long is the warranty?"})
    page = rows(hoshino.get("/govern/audit", params={"lang": "ja"}).text)
    assert "開いたもの：該当箇所" in page
    for english in ("entity:", "part:", "grounding", "how:", "by:", "person:", "rows of", "/warranty"):
        assert english not in page, english
    seen = text(hoshino.get("/govern/as/endo", params={"lang": "ja"}).text)
    assert "sales 閲覧可" in seen and "役割 sales-clerkに許可（経路：endo → 役割 sales-clerk）" in seen
    assert "role " not in seen and "権限：資料の追加と削除" in seen
