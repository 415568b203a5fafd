"""What is done beside the chat: files brought and read, sources looked at and forgotten, the map, governing, other clients."""

from __future__ import annotations

import io
import json
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from assistant.answer import cite, notes
from assistant.answer.outcome import Answer
from assistant.app.demo import POLICY, examples, guests
from assistant.govern import changes
from assistant.govern.audit import Audit
from assistant.govern.policy import Policies, Policy
from assistant.serve import api, drawing, incoming, mapping, uploads
from assistant.serve.parts import Parts
from assistant.serve.routes import describing
from assistant.serve.talks import answered
from assistant.serve.web import pages
from assistant.serve.web.told import told
from assistant.serve.web.words import LANGUAGES, Language
from ingest import pipeline
from ingest.base.access import Viewer
from ingest.base.errors import BadInput, NotAllowed
from ingest.base.settings import Settings
from ingest.memory.memory import Memory
from ingest.reading import Direct
from ingest.space.entity import Entity
from tests.conftest import FIRM, ParagraphReader, WordSpace
from tests.library import PASSWORDS, Parrot, accounts, keys, stock
from tests.office import readers

READER = Viewer("endo", frozenset({"sales", "public"}), may_feed=True)


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    """The sample firm's policy, with accounts for two of its people and for its president."""
    with Memory(Settings(home=tmp_path_factory.mktemp("home")), WordSpace()) as memory:
        stock(memory)
        policies = Policies(memory.catalog)
        policies.put(POLICY.read_text("utf-8"), "test", "policy")
        people = accounts(memory)
        people.add("hoshino", "a president among spindles")
        audit = Audit(memory.catalog, b"k" * 32, memory.settings.home / "audit.head")

        def viewer_of(name: str) -> Viewer:
            policy = policies.current()
            assert policy is not None
            return policy.viewer(name)

        yield Parts(memory.settings, memory, Parrot(memory), viewer_of, keys(memory), people, audit)


def client(parts: Parts, name: str, password: str) -> TestClient:
    found = TestClient(api.application(parts), base_url="http://localhost", follow_redirects=False)
    assert found.post("/sign-in", data={"name": name, "password": password}).status_code == 303
    return found


@pytest.fixture(scope="module")
def endo(parts: Parts) -> TestClient:
    return client(parts, "endo", PASSWORDS["endo"])


@pytest.fixture(scope="module")
def mori(parts: Parts) -> TestClient:
    return client(parts, "mori", PASSWORDS["mori"])


@pytest.fixture(scope="module")
def hoshino(parts: Parts) -> TestClient:
    return client(parts, "hoshino", "a president among spindles")


def brought(client: TestClient, scope: str, language: str = "en", **files: str) -> Any:
    sent = [("files", (name, io.BytesIO(text.encode()), "text/plain")) for name, text in files.items()]
    named = {"scope": scope, "names": list(files)}
    return client.post("/api/upload", params={"lang": language}, data=named, files=sent)


# -- feeding ---------------------------------------------------------------------------------------------------------


def test_a_folder_is_brought_read_and_found_its_failing_file_reported(parts: Parts, endo: TestClient) -> None:
    reply = brought(endo, "sales", **{"offers/june.txt": "The offer to Kawa is 12 units.", "offers/bad.txt": "BROKEN"})
    ticket = reply.json()["ticket"]
    assert {one["state"] for one in endo.get(f"/api/jobs/{ticket}").json()} == {"waiting"}
    list(pipeline.run(parts.memory, Direct([ParagraphReader()])))
    jobs = {one["name"]: one for one in endo.get(f"/api/jobs/{ticket}").json()}
    assert jobs["offers/june.txt"]["state"] == "done" and jobs["offers/june.txt"]["report"]["entities"] == {
        "passage": 1
    }
    assert jobs["offers/bad.txt"]["state"] == "failed" and jobs["offers/bad.txt"]["report"]["error"]
    assert str(parts.settings.home) not in endo.get(f"/api/jobs/{ticket}").text
    assert "june.txt" in endo.get("/files").text
    found = endo.get("/api/search", params={"query": "offer to Kawa"}).json()
    assert "12 units" in found[0]["text"]


@pytest.fixture(scope="module")
def mine(parts: Parts) -> dict[str, str]:
    """The sources of the operations by the ends of their names."""
    return {Path(row.path).suffix: row.id for row in parts.memory.catalog.sources(["operations"])}


@pytest.mark.parametrize("page", ["/files/{}", "/map"])
def test_what_a_reader_said_of_a_thing_is_shown_in_the_language_of_the_page(
    mine: dict[str, str], hoshino: TestClient, page: str
) -> None:
    address = page.format(mine[".csv"])
    shown = {language: hoshino.get(address, params={"lang": language}).text for language in ("en", "ja")}
    assert "was not recorded" in shown["en"] and "was not recorded" not in shown["ja"]
    assert "記録されていません（欠測）" in shown["ja"]


def test_the_list_of_sources_says_what_was_understood_of_each_and_shows_it_small(
    parts: Parts, hoshino: TestClient
) -> None:
    for language, said in (("en", ("rows 95", "utterances 4 · 0:07")), ("ja", ("行 95", "発言 4 · 0:07"))):
        page = hoshino.get("/files", params={"lang": language}).text
        assert all(one in page for one in said)
    rows = [row for row in parts.memory.catalog.sources() if row.media.startswith(("image/", "application/pdf"))]
    pictures = re.findall(r"/open/\w+/page\.png\?small=1", page)
    assert len(pictures) == len(rows) >= 2
    for picture in pictures:
        with Image.open(io.BytesIO(hoshino.get(picture).content)) as drawn:
            assert max(drawn.size) <= drawing.SMALL


def test_the_page_of_a_source_shows_its_pages_its_picture_its_player_and_its_table(
    mine: dict[str, str], parts: Parts, hoshino: TestClient
) -> None:
    def page(id: str) -> str:
        return hoshino.get(f"/files/{id}", params={"lang": "ja"}).text

    assert page(mine[".pdf"]).count("page.png?small=1") >= 2 and "2ページ" in page(mine[".pdf"])
    assert '<figure class="drawn"><img' in page(mine[".jpg"])
    sound = page(mine[".flac"])
    assert "<audio" in sound and sound.count('class="at"') == 4 and "line 3" in sound
    table = next(row.id for row in parts.memory.catalog.sources(["sales"]) if row.path.endswith("2026.csv"))
    assert '<th scope="col">Carrier</th>' in page(table) and "SO-2026-0403" in page(table)
    assert "95行のうち最初の13行" in page(table)
    assert page(mine[".csv"]).count("<polyline") >= 1


def test_pictures_of_a_source_are_behind_the_gate(
    mine: dict[str, str], parts: Parts, endo: TestClient, mori: TestClient, hoshino: TestClient
) -> None:
    (small,) = re.findall(r"/open/\w+/page\.png\?small=1", hoshino.get(f"/files/{mine['.pdf']}").text)[:1]
    assert mori.get(small).status_code == 404 and hoshino.get(small).status_code == 200
    assert "page.png" not in mori.get("/files").text
    rows = [(action, person, what.get("part"), what.get("denied")) for action, person, what in recorded(parts, 3)]
    assert rows == [
        ("open", "hoshino", "source", None), ("open", "mori", "thumbnail", True), ("files look", "mori", None, None),
    ]  # fmt: skip
    assert hoshino.get(small).status_code == 200
    assert recorded(parts, 1)[0][2]["part"] == "thumbnail", "on no page that was got since"


def recorded(parts: Parts, last: int) -> list[tuple[str, str, dict[str, Any]]]:
    """The last rows of the audit."""
    query = "SELECT event FROM audit ORDER BY number DESC LIMIT ?"
    rows = [json.loads(row["event"]) for row in parts.memory.catalog.connection.execute(query, (last,))][::-1]
    return [(row["action"], row["person"], row["details"]) for row in rows]


def test_a_look_at_the_files_is_one_row_that_says_which_were_shown(parts: Parts, hoshino: TestClient) -> None:
    page = hoshino.get("/files", params={"search": "spindle"}).text
    pictures = re.findall(r"/open/[^/]+/page\.png\?small=1", page)
    rows = list(dict.fromkeys(re.findall(r'href="/files/([^"?]+)\?', page)))
    assert len(pictures) > 1 and {hoshino.get(one).status_code for one in pictures} == {200}
    assert recorded(parts, 1) == [("files look", "hoshino", {"sources": rows, "files": len(rows)})]
    assert parts.audit is not None
    entry = next(parts.audit.show(parts.viewer_of("hoshino"), person="hoshino"))
    assert entry.event.content["query"] == "spindle" and len(entry.event.content["names"]) == len(rows) > 0


def test_what_is_on_its_way_and_what_lately_failed_is_told_again_to_whoever_brought_it(
    parts: Parts, endo: TestClient, hoshino: TestClient
) -> None:
    def again() -> dict[str, list[tuple[str, str]]]:
        return {
            one["ticket"]: [(file["name"], file["state"]) for file in one["files"]]
            for one in endo.get("/api/jobs").json()
        }

    first = brought(endo, "sales", **{"a/torn.txt": "BROKEN", "a/fine.txt": "Kawa is fine."}).json()["ticket"]
    second = brought(endo, "sales", **{"b/fine.txt": "Kawa is well."}).json()["ticket"]
    assert list(again())[:2] in ([first, second], [second, first])
    assert again()[first] == [("a/torn.txt", "waiting"), ("a/fine.txt", "waiting")]
    list(pipeline.run(parts.memory, Direct([ParagraphReader()])))
    assert again()[first] == [("a/torn.txt", "failed")] and second not in again()
    assert hoshino.get("/api/jobs").json() == []
    parts.memory.catalog.connection.execute("UPDATE job SET asked = '2026-01-01T00:00:00' WHERE ticket = ?", (first,))
    assert first not in again()


def test_a_source_shows_what_was_understood_and_is_forgotten_with_its_file(parts: Parts, endo: TestClient) -> None:
    brought(endo, "sales", **{"note.txt": "Kawa pays late."})
    list(pipeline.run(parts.memory, Direct([ParagraphReader()])))
    row = next(row for row in parts.memory.catalog.sources() if row.path.endswith("/note.txt"))
    assert "Kawa pays late." in endo.get(f"/files/{row.id}").text
    assert endo.post(f"/files/{row.id}/forget").status_code == 303
    assert parts.memory.catalog.source(row.id) is None and not Path(row.path).exists()


def test_nobody_brings_files_where_they_may_not(parts: Parts, endo: TestClient, mori: TestClient) -> None:
    assert brought(endo, "hr-confidential", **{"a.txt": "x"}).status_code == 403
    assert brought(mori, "public", **{"a.txt": "x"}).status_code == 403
    ticket = brought(endo, "sales", **{"mine.txt": "x"}).json()["ticket"]
    assert mori.get(f"/api/jobs/{ticket}").status_code == 404
    assert ticket in [one["ticket"] for one in endo.get("/api/jobs").json()] and mori.get("/api/jobs").json() == []
    restarted = client(parts, "endo", PASSWORDS["endo"])
    assert restarted.get(f"/api/jobs/{ticket}").json()[0]["name"] == "mine.txt"
    table = next(row for row in parts.memory.catalog.sources() if row.scope == "sales")
    assert mori.get(f"/files/{table.id}").status_code == mori.post(f"/files/{table.id}/forget").status_code == 404
    with pytest.raises(NotAllowed):
        uploads.keep(parts.settings, parts.memory.catalog, READER, "operations", [])


def test_a_folder_comes_without_its_hidden_files_and_names_that_collide_are_refused_whole(
    parts: Parts, endo: TestClient, hoshino: TestClient
) -> None:
    names = ("plans/.DS_Store", "plans/Thumbs.db", "plans/desktop.ini", "plans/bolts.txt")
    reply = brought(endo, "sales", **dict.fromkeys(names, "333 bolts")).json()
    assert reply["files"] == 1
    assert [one["name"] for one in endo.get(f"/api/jobs/{reply['ticket']}").json()] == ["plans/bolts.txt"]
    assert "bolts.txt" in (page := hoshino.get("/govern/audit", params={"action": "upload"}).text)
    assert "Thumbs" not in page
    for language, said in (("en", "rename one of them"), ("ja", "どちらかの名前を変えてください")):
        refused = brought(endo, "sales", language, **{"plans/bolts.txt": "444 bolts", "plans": "no folder"})
        assert refused.status_code == 400 and said in refused.json()["error"]
    list(pipeline.run(parts.memory, Direct([ParagraphReader()])))
    assert incoming.place(parts.settings, "sales", "plans/bolts.txt").read_text("utf-8") == "333 bolts"


def test_a_report_names_no_scope_that_its_reader_may_not_read_now(parts: Parts, endo: TestClient) -> None:
    ticket = brought(endo, "sales", **{"ours.txt": "Kawa pays."}).json()["ticket"]
    list(pipeline.run(parts.memory, Direct([ParagraphReader()])))
    assert endo.get(f"/api/jobs/{ticket}").json()[0]["report"]["scope"] == "sales"
    moved = "UPDATE job SET report = replace(report, '\"sales\"', '\"hr-confidential\"') WHERE ticket = ?"
    parts.memory.catalog.connection.execute(moved, (ticket,))
    reply = endo.get(f"/api/jobs/{ticket}")
    assert "hr-confidential" not in reply.text and reply.json()[0]["state"] == "done"


def test_no_page_and_no_report_says_where_on_the_server_a_file_lies(parts: Parts, endo: TestClient) -> None:
    brought(endo, "sales", **{"first/hangar.txt": "Hangar four is empty."})
    list(pipeline.run(parts.memory, Direct([ParagraphReader()])))
    ticket = brought(endo, "sales", **{"second/hangar.txt": "Hangar four is empty."}).json()["ticket"]
    list(pipeline.run(parts.memory, Direct([ParagraphReader()])))
    row = next(row for row in parts.memory.catalog.sources() if row.path.endswith("first/hangar.txt"))
    for language in ("en", "ja"):
        reply = endo.get(f"/api/jobs/{ticket}", params={"lang": language})
        assert "hangar.txt" in reply.json()[0]["report"]["notes"][0]
        page = endo.get(f"/files/{row.id}", params={"lang": language})
        assert "second/hangar.txt" in page.text
        assert str(parts.settings.home) not in reply.text + page.text


def test_a_search_for_a_file_that_is_not_there_does_not_say_that_there_are_none(endo: TestClient) -> None:
    for language, none, nothing in (
        ("en", "Nothing here yet", "Nothing found"),
        ("ja", "まだありません", "見つかりません"),
    ):
        page = endo.get("/files", params={"search": "zeppelin.doc", "lang": language}).text
        assert nothing in page and none not in page


def test_people_without_a_right_are_told_so_in_plain_words(parts: Parts, mori: TestClient) -> None:
    source = next(row for row in parts.memory.catalog.sources() if row.scope == "public").id
    for language in ("en", "ja"):
        asked = {"lang": language}
        said = [mori.get(path, params=asked).text for path in ("/files", "/govern")]
        said += [
            mori.post(f"/files/{source}/forget", params=asked).text,
            brought(mori, "public", language, **{"a.txt": "x"}).text,
        ]
        for text in said:
            assert "may:" not in text and ("whoever governs" if language == "en" else "管理者に") in text


def test_a_picture_without_words_is_asked_about_in_the_language_of_the_page(parts: Parts) -> None:
    seeing = client(replace(parts, readers=readers), "endo", PASSWORDS["endo"])
    plate = (FIRM / "operations" / "photos" / "nameplate-spindle-mc3.jpg").read_bytes()
    for language, question in (("en", "What is this?"), ("ja", "これは何ですか。")):
        sent = {"image": ("plate.jpg", plate, "image/jpeg")}
        talk = seeing.post("/api/talks/ask", params={"lang": language}, files=sent).json()["talk"]
        for _ in range(100):
            (turn,) = seeing.get(f"/api/talks/{talk}").json()
            if turn["state"] != "waiting":
                break
            time.sleep(0.1)
        assert (turn["state"], turn["question"]) == ("done", question)


@pytest.mark.parametrize("name", ["../../x", "a/../../x", "..", "", "/", "a" * 300, "/".join("abcdefghijklmno")])
def test_a_name_that_leads_elsewhere_is_no_name(parts: Parts, name: str) -> None:
    with pytest.raises(BadInput):
        incoming.place(parts.settings, "sales", name)


def test_a_name_of_any_kind_stays_below_its_scope(parts: Parts) -> None:
    folder = parts.settings.uploads_folder / "sales"
    for name in ("/etc/passwd", "C:\\x\\y.txt", "a\x00b.txt", '<img src=x onerror="1">.txt', "資料/見積.txt"):
        assert incoming.place(parts.settings, "sales", name).is_relative_to(folder)


# -- what a figure rests on ------------------------------------------------------------------------------------------


def test_the_page_of_a_figure_says_how_many_of_its_rows_it_lists(parts: Parts, endo: TestClient) -> None:
    table = next(row for row in parts.memory.catalog.sources() if row.path.endswith("shipments-2026.csv"))
    rows = [one for one in parts.memory.catalog.entities_of(table.id) if one.kind == "row"][:4]
    cited = tuple(cite.whole(mark, row, lambda _: table.path) for mark, row in enumerate(rows, 1))
    noted = (notes.COMPUTED.format(32, "SELECT sum(Boxes) FROM t"),)
    figure = Answer("How many boxes?", "32 [1]", "calculation", cited, (), {}, "hybrid", "tiny", 0.9, notes=noted)
    talks = endo.app.state.conversing.talks  # type: ignore[attr-defined]
    talk = talks.begin("endo", "boxes")
    number = talks.ask("endo", talk, "How many boxes?")
    talks.end(talk, answered(number, figure, READER))
    for language, said in (
        ("en", "rests on 32 rows; 4 of them"),
        ("ja", "32行から計算したものです。ここにはそのうち4行"),
    ):
        page = endo.get(f"/talks/{talk}/{number}/rows", params={"lang": language}).text
        assert said in page and page.count("/open/") == 4


# -- the map ---------------------------------------------------------------------------------------------------------


def test_a_map_holds_what_a_viewer_may_read_and_nothing_else(parts: Parts) -> None:
    drawn = mapping.drawn(parts.memory, READER, question="warranty")
    assert {dot.entity.scope for dot in drawn.dots} <= READER.scopes and drawn.question is not None
    assert all(0 <= dot.x <= mapping.WIDTH and 0 <= dot.y <= mapping.HEIGHT for dot in drawn.dots)
    assert mapping.drawn(parts.memory, Viewer("nobody", frozenset())).dots == ()


def test_the_map_page_draws_the_question_and_links_every_dot(endo: TestClient) -> None:
    page = endo.get("/map", params={"question": "<b>warranty</b>"}).text
    assert 'class="asked"' in page and page.count("/open/") > 20 and "<b>warranty" not in page
    assert page.count(" hit") >= 3, "what is found for it is drawn in, too"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_map_takes_a_question_whole_or_says_that_it_is_too_long(endo: TestClient, language: Language) -> None:
    """The words that matter stand at its end; a field of the page does not cut what is pasted into it either."""

    def drawn(question: str) -> Any:
        return endo.get("/map", params={"question": question, "lang": language}, headers={"Accept": "text/html"})

    assert drawn(f"{'?' * 3_900} warranty").text.count(" hit") >= 3 and "maxlength" not in drawn("warranty").text
    reply = drawn(f"{'?' * 3_993} warranty")
    assert reply.status_code == 400 and told("a question may have 4,000 characters", language)[1:] in reply.text


# -- the sample firm -------------------------------------------------------------------------------------------------


def test_one_click_is_for_the_people_of_the_sample_firm_at_this_machine(parts: Parts) -> None:
    firm = replace(parts, guests=(("endo", "Mika Endo (sales-clerk)"),))
    here = ("127.0.0.1", 50_000)
    for of, address, name, status in (
        (firm, here, "endo", 303), (firm, here, "mori", 404), (parts, here, "endo", 404), (firm, ("192.0.2.7", 9), "endo", 404),
    ):  # fmt: skip
        visitor = TestClient(api.application(of), "http://localhost", follow_redirects=False, client=address)
        assert ("Mika Endo" in visitor.get("/sign-in").text) == (of is firm and address == here)
        assert visitor.post("/sign-in/as", data={"name": name}).status_code == status
        assert visitor.get("/api/talks").status_code == (200 if status == 303 else 401)
    with pytest.raises(BadInput, match="this machine alone"):
        api.serve(firm, "0.0.0.0", 0)


def test_everybody_of_the_sample_firm_has_an_example_in_both_languages_that_they_may_read() -> None:
    policy = Policy(POLICY.read_text("utf-8"))
    assert {name for name, _ in guests()} == set(policy.people) and guests()[0][0] == "hoshino"
    for name in policy.people:
        scopes = policy.viewer(name).scopes
        assert {one.language for one in examples() if one.scopes <= scopes} == {"en", "ja"}


# -- governing -------------------------------------------------------------------------------------------------------


def test_only_who_governs_sees_the_pages_for_it(endo: TestClient, hoshino: TestClient) -> None:
    for path in ("/govern", "/govern/audit", "/govern/health", "/govern/personal", "/govern/as/mori"):
        assert endo.get(path).status_code == 403, path
        assert hoshino.get(path).status_code == 200, path
    for path in (
        "/govern/preview",
        "/govern/policy",
        "/govern/people/mori/disable",
        "/govern/people/berg/add",
        "/govern/people/endo/password",
        "/govern/people/endo/token",
        "/govern/health",
    ):
        assert endo.post(path, data={"text": "scopes: {}"}).status_code == 403, path


def test_a_policy_shows_who_gains_and_loses_before_it_is_in_force(parts: Parts, hoshino: TestClient) -> None:
    policies = Policies(parts.memory.catalog)
    current = policies.current()
    assert current is not None
    text = current.text.replace("reads: [sales]", "reads: [engineering]")
    page = hoshino.post("/govern/preview", data={"text": text}).text
    assert "+ reads engineering" in page and "− reads sales" in page and policies.current() == current
    assert hoshino.post("/govern/preview", data={"text": "scopes: ["}).status_code == 400
    assert hoshino.post("/govern/policy", data={"text": text, "version": "of yesterday"}).status_code == 409
    with_comment = current.text + "# seen\n"
    assert hoshino.post("/govern/policy", data={"text": with_comment, "version": current.version}).status_code == 303
    made = policies.current()
    assert made is not None and made.text == with_comment and changes.of_people(current, made) == []


def test_somebody_kept_out_is_out_at_the_next_request(parts: Parts, hoshino: TestClient) -> None:
    stranger = client(parts, "mori", PASSWORDS["mori"])
    assert stranger.get("/api/talks").status_code == 200
    assert hoshino.post("/govern/people/mori/disable").status_code == 303
    assert stranger.get("/api/talks").status_code == 401
    assert hoshino.post("/govern/people/mori/enable").status_code == 303


def test_the_audit_is_filtered_and_names_what_was_done(endo: TestClient, hoshino: TestClient) -> None:
    brought(endo, "sales", **{"july.txt": "The offer to Kawa is 14 units."})
    page = hoshino.get("/govern/audit", params={"action": "upload"}).text
    assert "july.txt" in page and "sign-in" not in page.split("<tbody>")[1]


# -- what is not there -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/nothing", "/chat/en/nothing", "/chat/de/", "/static/nothing.js", "/open/nothing"])
def test_an_address_that_does_not_exist_is_a_page_for_people_and_json_for_programs(endo: TestClient, path: str) -> None:
    for language, trouble in (("en", "That did not work"), ("ja", "うまくいきませんでした")):
        page = endo.get(path, params={"lang": language}, headers={"Accept": "text/html,*/*"})
        assert page.status_code == 404 and trouble in page.text and 'href="/"' in page.text, path
    program = endo.get(path, headers={"Accept": "application/json"})
    assert program.status_code == 404 and program.json() == {"error": "there is nothing here that you may read"}


def test_a_request_of_another_form_is_a_page_in_a_browser_too(endo: TestClient) -> None:
    for method, path, status in (("GET", "/feedback", 405), ("POST", "/feedback", 422)):
        reply = endo.request(method, f"{path}?lang=ja", headers={"Accept": "text/html"})
        assert reply.status_code == status and "うまくいきませんでした" in reply.text, path
        assert endo.request(method, path).json()["error"]


def test_what_goes_wrong_in_the_source_beside_a_chat_is_said_there_without_a_second_chat(endo: TestClient) -> None:
    for beside, leads_back in ((0, True), (1, False)):
        page = endo.get(f"/open/nothing?beside={beside}", headers={"Accept": "text/html"}).text
        assert ("Back to the chat" in page) == leads_back and "That did not work" in page


# -- other clients ---------------------------------------------------------------------------------------------------


def test_what_stands_between_backticks_is_code_and_nothing_of_it_is_markup() -> None:
    made = pages.environment().from_string("{{ text | code }}").render(text="`<b>` & <i>`x`")
    assert made == "<code>&lt;b&gt;</code> &amp; &lt;i&gt;<code>x</code>"


def test_the_pages_of_the_api_load_nothing_from_elsewhere(endo: TestClient) -> None:
    paths = endo.get("/api/openapi.json").json()["paths"]
    requests = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    assert requests - describing.japanese().keys() == set(), "what each does is said in Japanese, too"
    for language in ("en", "ja"):
        page = endo.get("/docs", params={"lang": language})
        assert page.status_code == 200 and "http" not in page.text
        assert all(f'data-method="{one.split()[0]}" data-path="{one.split()[1]}"' in page.text for one in requests)
        assert (describing.japanese()["GET /api/search"] in page.text) == (language == "ja")
        assert "<code>Authorization: Bearer</code>" in page.text and "`" not in page.text
    assert {
        "/api/ask",
        "/api/ask/events",
        "/api/search",
        "/api/sources",
        "/api/upload",
        "/api/feedback",
    } <= paths.keys()
    assert "/v1/chat/completions" in paths


def test_each_form_of_the_page_of_the_api_is_taken_as_it_is_filled_in(endo: TestClient) -> None:
    """What it fills in of itself is of the form that the request expects; conversations and entities are to be named."""
    filled = [one for one in describing.operations(endo.get("/api/openapi.json").json(), "en") if one.sample]
    as_json = {"Content-Type": "application/json"}
    replies = {
        one.path: endo.request(one.method, re.sub(r"\{\w+\}", "1", one.path), content=one.sample, headers=as_json)
        for one in filled
    }
    refused = {path: reply.text for path, reply in replies.items() if reply.status_code in (400, 422)}
    assert refused == {} and len(replies) > 4
    for path in ("/v1/chat/completions", "/api/ask", "/api/ask/events"):
        assert replies[path].status_code == 200 and "18 months" in replies[path].text


def test_an_answer_comes_as_server_sent_events(endo: TestClient) -> None:
    reply = endo.post("/api/ask/events", json={"question": "How long is the warranty?"})
    assert reply.headers["content-type"].startswith("text/event-stream")
    events = [block.split("\n") for block in reply.text.strip().split("\n\n")]
    assert events[0][0] == "event: found" and events[-1][0] == "event: answer"
    assert json.loads(events[-1][1].removeprefix("data: "))["citations"]


def test_openai_and_langchain_clients_are_answered_with_citations(parts: Parts) -> None:
    """The real packages, over the wire of an in-process server, with a token as their key."""
    from langchain_openai import ChatOpenAI
    from openai import OpenAI

    token = parts.people.issue_token("endo", "test")
    wire = TestClient(api.application(parts), base_url="http://localhost")
    openai = OpenAI(base_url="http://localhost/v1", api_key=token, http_client=wire)
    assert [one.id for one in openai.models.list()] == ["kotonoha"]
    said = [{"role": "user", "content": "How long is the warranty?"}]
    for method, route in (("GET", "/v1/models"), ("POST", "/v1/chat/completions")):
        assert wire.request(method, route, json={"model": "kotonoha", "messages": said}).status_code == 401, route
    whole = openai.chat.completions.create(model="kotonoha", messages=said)  # type: ignore[arg-type]
    assert "[1]" in (whole.choices[0].message.content or "") and whole.model_extra
    assert whole.model_extra["citations"][0]["mark"] == 1
    stream = openai.chat.completions.create(model="kotonoha", messages=said, stream=True)  # type: ignore[call-overload]
    assert "[1]" in "".join(chunk.choices[0].delta.content or "" for chunk in stream)
    chat = ChatOpenAI(model="kotonoha", base_url="http://localhost/v1", api_key=token, http_client=wire)  # type: ignore[arg-type]
    assert "[1]" in str(chat.invoke("How long is the warranty?").content)


def test_every_page_stands_without_a_policy_too(tmp_path: Path) -> None:
    owner = Viewer("owner", frozenset({"private"}), may_govern=True, may_feed=True)
    with Memory(Settings(home=tmp_path), WordSpace()) as memory:
        alone = Parts(
            memory.settings, memory, Parrot(memory), lambda _: owner, keys(memory), accounts(memory), start="s" * 40
        )
        signed = client(alone, "endo", PASSWORDS["endo"])
        for path in ("/files", "/map", "/govern", "/govern/audit", "/govern/health", "/govern/personal", "/docs"):
            for language in ("en", "ja"):
                assert signed.get(path, params={"lang": language}).status_code == 200, path


def test_entities_of_every_kind_have_a_family() -> None:
    from typing import get_args

    from assistant.serve.routes.exploring import FAMILIES
    from ingest.space.entity import Kind

    assert FAMILIES.keys() == set(get_args(Kind)) and Entity is not None
