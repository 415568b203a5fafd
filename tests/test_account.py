"""What real files hold, counted by other means than the readers (docs/LOG.md): tables, rows and pictures are all there."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from ingest.base.settings import Settings
from ingest.reading import read
from ingest.source import look

from .reading import READERS


@pytest.mark.parametrize(
    ("name", "rows", "pictures", "words"),
    [
        ("files/test.docx", [5], 1, "First, because chat optimized LLMs"),
        ("files/test_with_comment.docx", [5], 0, "In light of the intuition"),
        ("firm_real/files/OSSコンプライアンス業務実態調査票.docx", [1, 6, 2, 6, 6, 4, 15, 4, 6, 3], 1, "エンドユース"),
        ("files/test.pptx", [3, 4], 2, ""),
        ("files/test.xlsx", [23, 4], 0, "6ff4173b-42a5-4784-9b19-f49caff4d93d"),
        ("files/test_mskanji.csv", [3], 0, ""),
        ("files/test_blog.html", [], 0, "LLM Applications? - A Case Study for MATH"),
        ("firm_real/files/OpenJS_CPC_minutes_2024-05-28.md", [], 0, "poorly in some small numbers"),
        ("firm_real/files/SpecChem_Acetone_SDS.pdf", [2, 12, 2], 0, "Version 1"),
    ],
)  # fmt: skip
def test_a_real_file_is_read_whole(
    shared: Path, tmp_path: Path, name: str, rows: list[int], pictures: int, words: str
) -> None:
    found = read(look(shared / name, Settings(home=tmp_path)), READERS)
    kinds = Counter(draft.kind for draft in found.drafts)
    assert ([len(table.rows) for table in found.tables], kinds["picture"]) == (rows, pictures)
    assert words in "\n".join(draft.text for draft in found.drafts)


def test_what_goes_on_on_the_next_page_keeps_its_section(shared: Path, tmp_path: Path) -> None:
    file = shared / "firm_real/files/SpecChem_Acetone_SDS.pdf"
    found = read(look(file, Settings(home=tmp_path)), READERS).drafts
    (over,) = [draft for draft in found if "Clear fire area of all non-emergency personnel" in draft.text]
    assert over.title.endswith("Further information:") and "Acetone" in over.title
    assert sum("Version 1" in draft.text for draft in found) == 1
