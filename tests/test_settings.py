from __future__ import annotations

from pathlib import Path

import pytest

from ingest.base.errors import BadInput
from ingest.base.settings import Settings, load


def test_every_setting_can_come_from_the_environment(tmp_path: Path) -> None:
    given = {
        "KOTONOHA_HOME": str(tmp_path),
        "KOTONOHA_CONTEXT": "2048",
        "KOTONOHA_KEEP_GPS": "yes",
        "KOTONOHA_LLM": "x.gguf",
    }
    assert load(environment=given) == Settings(home=tmp_path, context=2048, keep_gps=True, llm="x.gguf")


def test_a_home_given_by_hand_wins_over_the_environment(tmp_path: Path) -> None:
    assert load(tmp_path / "a", {"KOTONOHA_HOME": str(tmp_path / "b")}).home == tmp_path / "a"


@pytest.mark.parametrize(("name", "value"), [("KOTONOHA_CONTEXT", "many"), ("KOTONOHA_KEEP_GPS", "perhaps")])
def test_a_value_of_the_wrong_type_is_named(name: str, value: str) -> None:
    with pytest.raises(BadInput, match=name):
        load(environment={name: value})
