"""The lexical index: terms in many languages, BM25 over exactly the readable scopes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.memory import lexicon
from ingest.memory.catalog import Catalog
from ingest.text.terms import terms

VOCABULARY = ["pump", "valve", "seal", "oil", "bearing", "motor"]


def fill(catalog: Catalog, texts: Iterable[tuple[str, str]]) -> None:
    """Puts (scope, text) into a catalogue as entities "1", "2", ... and into their lexical index."""
    with catalog.transaction() as connection:
        for number, (scope, text) in enumerate(texts, start=1):
            connection.execute(
                "INSERT OR IGNORE INTO source (id, path, sha256, size, media, title, scope, reader, notes, added) "
                "VALUES (?, ?, 'x', 1, 'text/plain', 't', ?, 'r', '[]', '')",
                (scope, scope, scope),
            )
            connection.execute(
                "INSERT INTO entity VALUES (?, ?, ?, ?, 'passage', ?, '', '{}', '', ?, '{}', x'', x'')",
                (number, str(number), scope, scope, text, number),
            )
            lexicon.add(connection, scope, [(number, text)])


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return Catalog(tmp_path / "catalog.sqlite")


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("pumps", "The pump was replaced."),
        ("AX200", "part AX-200"),
        ("ax-200", "Part no. AX200"),
        ("200", "part AX-200/3"),
        ("1000", "costs 1,000 yen"),
        ("3.14", "about 3.14 mm"),
        ("Cafe", "the café"),
        ("２０２６年", "2026年6月"),
        ("ﾎﾟﾝﾌﾟ", "ポンプの交換"),
        ("保証期間", "この製品の保証期間は二年です"),
        ("県", "長野県"),
        ("서울", "서울에서"),
    ],
)
def test_a_question_meets_the_text_it_means(asked: str, written: str) -> None:
    """Inflection, width, accents, joints of part numbers and missing spaces do not keep words apart."""
    assert set(terms(asked)) & set(terms(written))


def test_a_decimal_is_not_the_number_without_its_point() -> None:
    assert not set(terms("3.14")) & set(terms("314"))


def test_a_part_number_is_kept_whole_and_in_pieces() -> None:
    assert terms("AX-200/3b") == ["ax", "200", "3b", "ax2003b"]


def test_chinese_characters_stand_alone_and_in_pairs_kana_only_in_pairs() -> None:
    assert terms("梅雨の雨") == ["梅", "雨", "雨", "梅雨", "雨の", "の雨"]
    assert terms("サーバ") == ["サー", "ーバ"]


@given(st.text())
def test_any_text_has_terms_that_fts5_takes_as_they_are(text: str) -> None:
    """No term is empty or holds a space, a quote or anything else FTS5 would read as syntax or split at."""
    for term in terms(text):
        assert term and all(c.isalnum() or c == "." or ord(c) > 127 for c in term)


def test_every_term_of_an_entity_finds_it(catalog: Catalog) -> None:
    text = 'A "quoted" AX-200/3b, 1,000.50 and 3.14; NOT or AND* (near) 梅雨の時期 Ｗｉ‐Ｆｉ o\'clock ไทย 한국'
    fill(catalog, [("all", text)])
    for term in set(terms(text)):
        assert lexicon.search(catalog, [term], ["all"], 5)[0][0] == "1", term


def test_hostile_questions_are_only_words(catalog: Catalog) -> None:
    """FTS5 syntax in a question is no syntax."""
    fill(catalog, [("all", "the pump")])
    for question in ['"', "pump*", "terms:pump", "NEAR(pump", "' OR 1=1 --", "", "\x00"]:
        lexicon.search(catalog, question, ["all"], 5)
    assert lexicon.search(catalog, "(((", ["all"], 5) == []


def naive(texts: list[str], question: list[str]) -> dict[str, float]:
    """BM25 as in the book, k1 = 1.2, b = 0.75, with an idf that is never negative."""
    counts = [Counter(text.split()) for text in texts]
    mean = sum(sum(c.values()) for c in counts) / len(counts)
    scores: dict[str, float] = {}
    for number, count in enumerate(counts, start=1):
        score = 0.0
        for word in set(question):
            n = sum(word in c for c in counts)
            idf = math.log(1 + (len(texts) - n + 0.5) / (n + 0.5))
            f = count[word]
            score += idf * f * 2.2 / (f + 1.2 * (0.25 + 0.75 * sum(count.values()) / mean))
        if score:
            scores[str(number)] = score
    return scores


documents = st.lists(
    st.lists(st.sampled_from(VOCABULARY), min_size=1, max_size=8).map(" ".join), min_size=1, max_size=12
)


@settings(max_examples=40, deadline=None)
@given(documents, st.lists(st.sampled_from(VOCABULARY), min_size=1, max_size=4))
def test_scores_are_those_of_the_naive_formula(texts: list[str], question: list[str]) -> None:
    catalog = Catalog(Path(":memory:"))
    texts = [" ".join(terms(text)) for text in texts]
    fill(catalog, [("all", text) for text in texts])
    expected = naive(texts, terms(" ".join(question)))
    found = dict(lexicon.search(catalog, " ".join(question), ["all"], 100))
    catalog.close()
    assert found.keys() == expected.keys()
    assert all(found[id] == pytest.approx(score) for id, score in expected.items())


@settings(max_examples=25, deadline=None)
@given(documents, documents, st.lists(st.sampled_from(VOCABULARY), min_size=1, max_size=4))
def test_what_may_not_be_read_changes_nothing(open_: list[str], secret: list[str], question: list[str]) -> None:
    """Ids, order and scores for a viewer are the same to the last bit, whatever lies in scopes closed to the viewer."""
    alone, beside = Catalog(Path(":memory:")), Catalog(Path(":memory:"))
    fill(alone, [("open", text) for text in open_])
    fill(beside, [("open", text) for text in open_] + [("secret", text) for text in secret])
    asked = " ".join(question)
    results = [lexicon.search(catalog, asked, ["open"], 100) for catalog in (alone, beside)]
    alone.close()
    beside.close()
    assert results[0] == results[1]


def test_rarity_counts_all_readable_scopes_together(catalog: Catalog) -> None:
    """A word common in one readable scope and rare in the other weighs the same in both."""
    fill(catalog, [("a", "pump oil"), ("a", "pump seal"), ("b", "pump oil"), ("b", "valve seal"), ("b", "valve oil")])
    scores = dict(lexicon.search(catalog, "pump", ["a", "b"], 9))
    assert scores["1"] == pytest.approx(scores["2"]) == pytest.approx(scores["3"])


def test_removed_words_are_not_found_and_others_stay(catalog: Catalog) -> None:
    fill(catalog, [("all", "pump oil"), ("all", "pump seal")])
    with catalog.transaction() as connection:
        lexicon.remove(connection, "all", [1, 77])
        lexicon.remove(connection, "unknown", [1])
    assert [id for id, _ in lexicon.search(catalog, "pump", ["all"], 9)] == ["2"]
    assert lexicon.missing(catalog.connection) == 1
    with catalog.transaction() as connection:
        lexicon.rebuild(connection)
    assert lexicon.missing(catalog.connection) == 0
    assert len(lexicon.search(catalog, "pump", ["all"], 9)) == 2


def test_adding_twice_is_adding_once(catalog: Catalog) -> None:
    fill(catalog, [("all", "pump oil"), ("all", "valve")])
    before = lexicon.search(catalog, "pump", ["all"], 9)
    with catalog.transaction() as connection:
        lexicon.add(connection, "all", [(1, "pump oil")])
    assert lexicon.search(catalog, "pump", ["all"], 9) == before


def test_only_the_kinds_asked_for(catalog: Catalog) -> None:
    fill(catalog, [("all", "pump oil")])
    assert lexicon.search(catalog, "pump", ["all"], 9, kinds=["picture"]) == []
    assert lexicon.search(catalog, "pump", ["all"], 9, kinds=["passage"]) != []


@pytest.mark.parametrize(("asked", "said"), [("lose", "lost"), ("break", "broken"), ("write", "wrote"), ("run", "ran")])
def test_a_verb_meets_its_irregular_forms(asked: str, said: str) -> None:
    assert terms(asked) == terms(said)
