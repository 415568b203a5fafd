"""The commands about who may read what, as an administrator uses them."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.cli import main
from ingest import pipeline
from ingest.base.access import Viewer
from ingest.base.settings import Settings
from ingest.memory.catalog import Catalog
from ingest.memory.memory import Memory
from ingest.reading import Direct

from .conftest import ParagraphReader, WordSpace

POLICY = """\
owner: boss
scopes:
  open: {redact: []}  # nothing in it is personal
  hr: {}
roles:
  reader: {reads: [open]}
people:
  boss: {roles: [reader], may: [govern]}
  worker: {roles: [reader]}
"""


@pytest.fixture
def home(settings: Settings, space: WordSpace, tmp_path: Path) -> Path:
    """A memory of two files under a policy."""
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "fish.txt").write_text("one fish")
    (folder / "call.txt").write_text("call 090-1234-5678")
    (tmp_path / "policy.yaml").write_text(POLICY)
    assert main(["--home", str(settings.home), "policy", "set", str(tmp_path / "policy.yaml")]) == 0
    with Memory(settings, space) as memory:
        pipeline.ask(memory.catalog, [folder], lambda path: "open")
        assert [report.status for report in pipeline.run(memory, Direct([ParagraphReader()]))] == ["added", "added"]
    return settings.home


def kotonoha(home: Path, *arguments: str) -> int:
    return main(["--home", str(home), *arguments])


def scopes(home: Path) -> list[str]:
    catalog = Catalog(home / "catalog.sqlite")
    return [row.scope for row in catalog.sources()]


def test_a_grant_by_command_holds_from_the_next_request_on_and_a_deny_beats_it(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kotonoha(home, "policy", "allow", "person:worker", "hr", "--until", "2999-12-31", "--why", "audit") == 0
    assert kotonoha(home, "policy", "show") == 0
    assert "# nothing in it is personal" in capsys.readouterr().out
    kotonoha(home, "policy", "deny", "role:reader", "open")
    capsys.readouterr()
    kotonoha(home, "policy", "view-as", "worker")
    assert capsys.readouterr().out == ""
    kotonoha(home, "policy", "withdraw", "role:reader", "open")
    kotonoha(home, "policy", "allow", "role:reader", "open")
    capsys.readouterr()
    kotonoha(home, "policy", "view-as", "worker")
    assert "fish.txt" in capsys.readouterr().out
    kotonoha(home, "audit", "show", "--action", "policy change")
    assert capsys.readouterr().out.count("policy change") == 5


def test_a_policy_by_which_nobody_could_govern_is_refused_by_command(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "new.yaml").write_text(POLICY.replace("may: [govern]", "may: [feed]"))
    capsys.readouterr()
    assert kotonoha(home, "policy", "set", str(tmp_path / "new.yaml")) == 2
    assert "nobody could govern any more" in capsys.readouterr().err
    assert kotonoha(home, "policy", "show") == 0 and "may: [govern]" in capsys.readouterr().out


def test_explaining_names_the_line_that_decides(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert kotonoha(home, "policy", "explain", "worker", str(tmp_path / "files" / "fish.txt"), "--as", "boss") == 0
    assert "line 6: role reader may read open" in capsys.readouterr().out


@pytest.mark.parametrize("act", ["disable", "remove"])
def test_the_last_who_may_govern_is_neither_kept_out_nor_removed_by_command(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], act: str
) -> None:
    for name in ("boss", "worker"):
        assert kotonoha(home, "people", "add", name, "--sso") == 0
    assert kotonoha(home, "people", act, "boss", "--as", "boss") != 0
    said = capsys.readouterr().err.strip()
    assert "'boss' is the last who may govern" in said and "give somebody else" in said and "\n" not in said
    kotonoha(home, "people")
    assert "boss                 open" in capsys.readouterr().out
    kotonoha(home, "audit", "show", "--action", f"people {act}")
    assert capsys.readouterr().out == ""
    (tmp_path / "new.yaml").write_text(POLICY.replace("worker: {", "worker: {may: [govern], "))
    assert kotonoha(home, "policy", "set", str(tmp_path / "new.yaml")) == 0
    assert kotonoha(home, "people", act, "boss") == 0
    assert kotonoha(home, "people", "disable", "worker", "--as", "worker") != 0


def test_whoever_does_not_govern_and_the_only_account_are_removed_by_command(home: Path) -> None:
    """Without any account the memory is its owner's again."""
    for name in ("boss", "worker"):
        assert kotonoha(home, "people", "add", name, "--sso") == 0
    assert kotonoha(home, "people", "disable", "worker") == 0
    assert kotonoha(home, "people", "remove", "worker") == 0
    assert kotonoha(home, "people", "remove", "boss") == 0


@pytest.mark.parametrize("action", ["show", "history", "leaks"])
def test_whoever_may_not_govern_sees_no_policy(home: Path, capsys: pytest.CaptureFixture[str], action: str) -> None:
    capsys.readouterr()
    assert kotonoha(home, "policy", action, "--as", "worker") == 2
    assert "may not govern" in capsys.readouterr().err


def test_moving_into_a_scope_that_redacts_more_says_to_read_the_file_again(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kotonoha(home, "policy", "move", str(tmp_path / "files"), "hr") == 2
    assert "policy move --read-again" in capsys.readouterr().err
    assert scopes(home) == ["open", "open"]


def test_moving_into_a_scope_that_nobody_knows_is_refused(home: Path, tmp_path: Path) -> None:
    assert kotonoha(home, "policy", "move", str(tmp_path / "files"), "elsewhere") == 2
    assert kotonoha(home, "policy", "move", str(tmp_path / "none"), "hr") == 1


def test_reading_never_carries_a_file_to_whom_the_policy_does_not_let_read_it(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A link to another's file, a known file under another scope, a scope that nobody reads: each is refused and said."""
    sales, fish = tmp_path / "sales", tmp_path / "files" / "fish.txt"
    sales.mkdir()
    (sales / "fish.txt").symlink_to(fish)
    capsys.readouterr()
    assert kotonoha(home, "ingest", str(sales), "--scope", "hr") == 1
    assert "leads out of the folder" in capsys.readouterr().out
    assert kotonoha(home, "ingest", str(sales), "--follow-links", "--scope", "hr") == 1
    assert f"lies in open; it is moved by: kotonoha policy move {fish} hr" in capsys.readouterr().out
    assert kotonoha(home, "ingest", str(fish), "--scope", "nowhere") == 2
    assert "the policy has no scope 'nowhere'" in capsys.readouterr().err
    (sales / "new.txt").write_text("a new file that no folder rule fits")
    assert kotonoha(home, "ingest", str(sales / "new.txt")) == 1
    assert "the policy has no 'private'" in capsys.readouterr().out
    assert scopes(home) == ["open", "open"]
    kotonoha(home, "audit", "show", "--action", "ingest", "--as", "boss")
    assert capsys.readouterr().out.count(" ingest ") == 3


def test_while_another_process_owns_the_memory_a_move_is_begun_and_finished_there(
    home: Path, settings: Settings, space: WordSpace, tmp_path: Path
) -> None:
    text = POLICY.replace("hr: {}", "hr: {redact: []}")
    (tmp_path / "policy.yaml").write_text(text)
    assert kotonoha(home, "policy", "set", str(tmp_path / "policy.yaml")) == 0
    with Memory(settings, space) as memory:
        assert kotonoha(home, "policy", "move", str(tmp_path / "files" / "fish.txt"), "hr") == 0
        assert scopes(home) == ["open", "open&hr"]
        memory.settle()
        assert scopes(home) == ["open", "hr"]
        assert memory.scopes() == ["hr", "open"]


def test_a_new_key_opens_what_the_old_one_sealed(
    home: Path, settings: Settings, space: WordSpace, tmp_path: Path
) -> None:
    from ingest.privacy.personal import Personal

    with Memory(settings, space) as memory:
        pipeline.ask(memory.catalog, [tmp_path / "files" / "call.txt"], lambda path: "hr", moves=True)
        assert [report.status for report in pipeline.run(memory, Direct([ParagraphReader()]))] == ["updated"]
    assert kotonoha(home, "policy", "new-key") == 0
    catalog = Catalog(settings.catalog_file)
    ids = [row["entity"] for row in catalog.connection.execute("SELECT entity FROM original")]
    viewer = Viewer("boss", frozenset({"hr"}), may_reveal=True)
    assert set(Personal(catalog, settings).originals(ids, viewer).values()) == {"090-1234-5678"}


def test_an_audit_whose_key_is_lost_makes_no_new_one_and_says_so_once_begun_anew(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kotonoha(home, "audit", "verify") == 0
    assert kotonoha(home, "audit", "anew", "--as", "boss") == 2
    (home / "keys" / "audit.key").unlink()
    capsys.readouterr()
    assert kotonoha(home, "policy", "deny", "role:reader", "open", "--as", "boss") == 6
    assert "the key of the audit is gone" in capsys.readouterr().err
    assert not (home / "keys" / "audit.key").exists()
    kotonoha(home, "policy", "show", "--as", "boss")
    assert "denies" not in capsys.readouterr().out, "what cannot be recorded does not happen"
    assert kotonoha(home, "audit", "anew", "--as", "worker") == 2
    assert kotonoha(home, "audit", "anew", "--as", "boss") == 0
    assert "policy change" in next(home.glob("audit-*.jsonl")).read_text("utf-8")
    assert kotonoha(home, "audit", "verify") == 6
    assert "begun anew" in capsys.readouterr().out


def test_a_change_of_the_policy_and_its_row_are_one(home: Path) -> None:
    (home / "keys" / "audit.key").chmod(0o644)  # so that the row cannot be written
    before = Catalog(home / "catalog.sqlite").connection.execute("SELECT count(*) FROM policy").fetchone()[0]
    assert kotonoha(home, "policy", "deny", "role:reader", "open", "--as", "boss") == 2
    assert Catalog(home / "catalog.sqlite").connection.execute("SELECT count(*) FROM policy").fetchone()[0] == before
