"""What an answer says of itself, in the language of the question."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.text.language import JAPANESE


@dataclass(frozen=True, slots=True)
class Wording:
    """Attributes:
    refusal: nothing was found; passages: where it may be; possibly: what may be right; unsure: a sentence on a part that
    may be right; unfound: a part that is open; translated: what a passage says in the language of the question.
    """

    refusal: str
    passages: str
    possibly: str
    unsure: str
    unfound: str
    translated: str


ENGLISH = Wording(
    "Not in your sources.", "This may be in these passages:", "Possibly, see the passages below:",
    "Not sure: {}", "Not found for sure: {}", "(translated by the model: {})",
)  # fmt: skip
IN_JAPANESE = Wording(
    "お手元の資料には見つかりませんでした。", "次の箇所に書かれている可能性があります。",
    "確かではありません。下の箇所をご確認ください。", "不確か：{}", "確かな記載なし：{}",
    "（モデルによる訳：{}）",
)  # fmt: skip


def wording(question: str) -> Wording:
    return IN_JAPANESE if language(question) == "ja" else ENGLISH


def language(text: str) -> str:
    return "ja" if JAPANESE.search(text) else "en"
