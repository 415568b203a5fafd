"""Which language a text is in."""

from __future__ import annotations

import pytest

from ingest.text.language import language_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("When was the spindle greased?", "en"),
        ("Who wrote Muhayyelât?", "en"),
        ("MC-3 E-204", "en"),
        ("", "en"),
        ("42", "en"),
        ("主軸のグリースはいつ交換しましたか", "ja"),
        ("保証期間", "ja"),
        ("AX-200の保証", "ja"),
        ("HoshinagiのAX-200 guard modelはいつ発売されましたか", "ja"),
        ("ﾎﾞﾙﾄ ﾄﾙｸ", "ja"),
        ("The company is called 星凪 in Japan and sells machine tools in many countries.", "en"),
        ("Когда смазали шпиндель?", "other"),
        ("스핀들은 언제 윤활되었습니까", "other"),
        ("Où a été réparée la pièce détachée ?", "other"),
    ],
)
def test_a_text_is_in_the_language_of_its_script_and_letters(text: str, language: str) -> None:
    assert language_of(text) == language
