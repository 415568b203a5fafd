"""The pages for whoever governs: a policy weighed before it is in force, accounts, the audit read and filtered, health."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from fastapi.testclient import TestClient

from assistant.app import doctor
from assistant.govern import changes
from assistant.govern.people import People
from assistant.govern.policy import Policies, Policy
from assistant.serve import api
from assistant.serve.conversing import Conversing
from assistant.serve.parts import Parts
from assistant.serve.web.recorded import check_name
from assistant.serve.web.told import told
from assistant.serve.web.words import LANGUAGES, words
from ingest import pipeline
from ingest.base.access import Viewer
from ingest.base.errors import BadPolicy, NotAllowed
from ingest.memory.memory import Memory
from ingest.reading import Direct
from tests.conftest import ParagraphReader, WordSpace
from tests.test_pages import brought, client, endo, hoshino, mori, parts
from tests.test_told import JAPANESE

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


def test_the_preview_of_what_is_no_policy_says_in_which_line(hoshino: TestClient) -> None:
    for language, said in (("en", "line 2: what stands before a colon is one name"), ("ja", "2行目：コロンの前")):
        reply = hoshino.post("/govern/preview", params={"lang": language}, data={"text": "scopes: {a: {}}\n? [a]\n: b"})
        assert reply.status_code == 400 and said in text(reply.text)


def test_the_preview_says_who_gains_and_loses_which_right(parts: Parts, hoshino: TestClient) -> None:
    new = current(parts).text.replace("auditor: {reads: [public]}", "auditor: {reads: [public], may: [reveal, govern]}")
    shown = {
        one: text(hoshino.post("/govern/preview", params={"lang": one}, data={"text": new}).text)
        for one in ("en", "ja")
    }
    assert "berg + governs + sees personal data" in shown["en"]
    assert "berg + 管理 + 個人データの原文表示" in shown["ja"]
    covering = new.replace("{folder: sales,", "{folder: sales, redact: [card, name], may_leave: true,")
    scopes = text(hoshino.post("/govern/preview", params={"lang": "ja"}, data={"text": covering}).text)
    assert "sales + 氏名を伏せる + 外部モデルへの送信 − 住所、銀行口座、" in scopes
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


def test_of_two_who_govern_and_keep_out_each_other_one_is_left(parts: Parts) -> None:
    """A page that was opened before cannot take the other one, too."""
    policy, people = Policy(SAMPLE.replace("{reads: [sales]}", "{roles: [head]}")), parts.people
    people.disable("mori")
    changes.somebody_left(policy, people, "mori")
    people.disable("endo")
    with pytest.raises(NotAllowed, match="'endo' is the last"):
        changes.somebody_left(policy, people, "endo")
    changes.somebody_left(policy, people, "hoshino")
    people.enable("mori")
    people.enable("endo")


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


def test_looking_at_the_audit_and_at_feedback_leaves_one_row_for_each_look(parts: Parts, hoshino: TestClient) -> None:
    def newest() -> tuple[str, str, dict[str, object]]:
        assert parts.audit is not None
        event = next(parts.audit.show(Viewer("hoshino", frozenset()))).event
        return event.action, event.person, dict(event.details)

    page = hoshino.get("/govern/audit", params={"person": "endo", "since": "2026-01-01"})
    assert page.status_code == 200 and "audit look" in page.text  # it can be chosen
    assert newest() == ("audit look", "hoshino", {"name": "endo", "since": "2026-01-01"})
    assert hoshino.get("/api/feedback.jsonl").status_code == 200
    assert newest() == ("feedback export", "hoshino", {})
    before = len(list(parts.audit.show(Viewer("hoshino", frozenset()))))  # type: ignore[union-attr]
    hoshino.get("/govern/audit")
    assert len(list(parts.audit.show(Viewer("hoshino", frozenset())))) == before + 1  # type: ignore[union-attr]


def secret(page: str) -> str:
    return re.findall('<code class="secret">([^<]*)</code>', page)[0]


def test_an_account_is_added_with_a_password_that_is_shown_once(parts: Parts, hoshino: TestClient) -> None:
    assert "/govern/people/berg/add" in hoshino.get("/govern").text
    made = hoshino.post("/govern/people/berg/add", params={"lang": "ja"})
    first = secret(made.text)
    assert len(first) == 20 and made.headers["cache-control"] == "no-store" and "表示されるのは今回だけ" in made.text
    berg = client(parts, "berg", first)
    assert berg.get("/api/talks").status_code == 200 and first not in hoshino.get("/govern").text
    again = hoshino.post("/govern/people/berg/add", params={"lang": "ja"})
    assert again.status_code == 400 and "既にいます" in again.text
    second = secret(hoshino.post("/govern/people/berg/password").text)
    assert (
        berg.get("/api/talks").status_code == 401 and client(parts, "berg", second).get("/api/talks").status_code == 200
    )
    assert first not in rows(hoshino.get("/govern/audit").text) and second not in rows(
        hoshino.get("/govern/audit").text
    )
    assert "people add" in rows(hoshino.get("/govern/audit").text)


def test_a_token_is_issued_listed_and_ended_by_itself(parts: Parts, hoshino: TestClient) -> None:
    token = secret(hoshino.post("/govern/people/endo/token", data={"label": "nightly report"}).text)
    program = TestClient(api.application(parts), "http://localhost", headers={"Authorization": f"Bearer {token}"})
    assert program.get("/api/talks").status_code == 200
    page = hoshino.get("/govern", params={"lang": "ja"}).text
    assert "トークン nightly report" in page and token not in page
    (account,) = (one for one in parts.people.accounts() if one.name == "endo")
    (kept,) = (one.id for one in account.credentials if one.label == "nightly report")
    assert hoshino.post("/govern/people/endo/revoke", data={"id": kept}).status_code == 303
    assert program.get("/api/talks").status_code == 401
    (left,) = (one for one in parts.people.accounts() if one.name == "endo")
    assert len(left.credentials) == len(account.credentials) - 1


def test_an_account_is_for_whom_the_policy_names_and_the_first_of_one_who_governs(
    parts: Parts, hoshino: TestClient
) -> None:
    assert hoshino.post("/govern/people/nobody/add").status_code == 400
    assert "not in the policy" in text(hoshino.get("/govern").text), (
        "the account of a stranger is seen and can be kept out"
    )
    with Memory(replace(parts.settings, home=parts.settings.home / "alone"), WordSpace()) as memory:
        Policies(memory.catalog).put(SAMPLE, "test")
        owner = Viewer("owner", frozenset(), may_govern=True)
        people = People(memory.catalog, hasher=PasswordHasher(1, 8, 1))
        alone = replace(parts, memory=memory, people=people, viewer_of=lambda _: owner, start="s" * 40)
        here = TestClient(api.application(alone), "http://localhost", client=("127.0.0.1", 50_000))
        here.get("/enter", params={"token": "s" * 40})
        assert "the first account is of somebody who governs" in here.post("/govern/people/endo/add").text
        assert not people.exist() and secret(here.post("/govern/people/mori/add").text) and people.exist()


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


# -- health, feedback, personal data -------------------------------------------------------------------------------


def asked(client: TestClient, question: str) -> Any:
    """Asks in a new conversation; gives its turn once it is answered."""
    talk = client.post("/api/talks/ask", data={"question": question}).json()["talk"]
    while (turn := client.get(f"/api/talks/{talk}").json()[-1])["state"] == "waiting":
        time.sleep(0.02)
    return turn


def judged(client: TestClient, **said: str) -> int:
    talk = client.get("/api/talks").json()[0]["id"]
    turn = client.get(f"/api/talks/{talk}").json()[-1]["turn"]
    return client.post("/api/feedback", json={"talk": talk, "turn": turn, **said}).status_code


def test_the_same_said_twice_about_an_answer_is_kept_once(parts: Parts, endo: TestClient) -> None:
    asked(endo, "How long is the warranty?")
    kept = parts.memory.catalog.connection.execute
    before = kept("SELECT count(*) FROM feedback").fetchone()[0]
    assert judged(endo, verdict="good") == judged(endo, verdict="good") == 204
    assert kept("SELECT count(*) FROM feedback").fetchone()[0] == before + 1
    assert judged(endo, verdict="bad") == judged(endo, verdict="bad", remark="too short") == 204
    assert kept("SELECT count(*) FROM feedback").fetchone()[0] == before + 3


def test_whoever_governs_sees_the_source_that_was_named_and_what_had_been_found(
    endo: TestClient, hoshino: TestClient
) -> None:
    found = asked(endo, "How long is the warranty of spindles?")["answer"]["hits"]
    judged(endo, verdict="bad", entity=found[1]["entity"])
    judged(endo, verdict="bad")
    for language in LANGUAGES:
        said = words(language)
        bare, named = (
            hoshino.get("/govern/health", params={"lang": language})
            .text.split('<ul class="found">')[1]
            .split("<li>")[1:3]
        )
        assert said["no_particulars"] in bare and said["right_source"] not in bare
        assert f"/open/{found[1]['entity']}" in named.split(said["found"])[0] and said["right_source"] in named
        assert f"/open/{found[0]['entity']}" in named.split(said["found"])[1]


def test_feedback_with_personal_data_in_it_is_for_whom_may_see_personal_data(parts: Parts) -> None:
    feedback = Conversing(parts).feedback
    said = {"question": "Whose number is 090-1234-5678?", "answered": {"answer": "Nobody's."}, "revealed": True}
    feedback.add("mori", "bad", {**said, "right_answer": "", "right_source": "", "remark": ""}, ["public"])
    plain = Viewer("boss", frozenset({"public"}), may_govern=True)
    assert next(feedback.seen_by(plain)).said == {}
    assert next(feedback.seen_by(replace(plain, may_reveal=True))).said["question"].endswith("5678?")


def test_every_check_of_the_doctor_is_made_on_the_page_and_said_in_its_language(
    parts: Parts, hoshino: TestClient
) -> None:
    held = replace(parts, examined=lambda: doctor.examine_held(parts.memory))
    governor = client(held, "hoshino", "a president among spindles")
    checks = list(doctor.examine_held(parts.memory))
    assert {"catalogue", "keys", "disk", "audit", "vectors of public", "self-retrieval"} <= {one.name for one in checks}
    page = text(governor.post("/govern/health", params={"lang": "ja"}).text)
    home = str(parts.settings.home)
    assert home not in page
    for one in checks:
        if "free" not in one.finding:
            said = told(one.finding.replace(f"{home}/keys/", ""), "ja")
            assert check_name(one.name, "ja") in page and said in page
        assert JAPANESE.search(told(one.finding, "ja")), one.finding
    assert "publicのベクトル" in page and "点検" in rows(governor.get("/govern/audit", params={"lang": "ja"}).text)
    assert words("en")["checks"] not in governor.get("/govern/health").text


def test_the_models_are_listed_with_their_size_and_whether_they_were_checked(hoshino: TestClient) -> None:
    page = text(hoshino.get("/govern/health", params={"lang": "ja"}).text)
    assert "qwen2.5-coder-1.5b" in page and " MB " in page and "音声認識" in page


def test_what_is_covered_is_counted_by_file_and_never_shown(
    parts: Parts, endo: TestClient, hoshino: TestClient
) -> None:
    numbers = "Call 090-1234-5678 or 080-9876-5432, mail anything."
    brought(endo, "sales", **{"calls.txt": numbers})
    list(pipeline.run(parts.memory, Direct([ParagraphReader()])))
    page = hoshino.get("/govern/personal", params={"lang": "ja"}).text
    assert re.search(r"calls\.txt</a></th><td>sales</td><td class=\"wide\">電話番号 2<", page)
    assert "5678" not in page and "5432" not in page
    scopes = text(page.split("<tbody>")[1].split("</tbody>")[0])
    assert "hr-confidential hoshino、mori" in scopes and "sales hoshino " in scopes


def test_a_governor_who_may_not_read_a_file_sees_how_much_is_covered_and_not_its_name(parts: Parts) -> None:
    alone = replace(parts, viewer_of=lambda name: Viewer(name, frozenset({"public"}), may_govern=True))
    page = text(client(alone, "hoshino", "a president among spindles").get("/govern/personal").text)
    assert "calls.txt" not in page and "1 files you may not read sales telephone 2" in page
