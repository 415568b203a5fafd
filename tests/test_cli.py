"""The command as people run it: a process, its output, its exit status. Real parts, a small folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.cli import main
from ingest.base.settings import Settings
from ingest.memory.memory import Memory

from .conftest import WordSpace

POLICY = """\
owner: boss
scopes:
  public: {about: for all, folder: public}
  hr: {about: personal, folder: hr}
roles:
  all: {reads: [public]}
  chief: {inherits: [all], reads: [hr], may: [govern]}
people:
  boss: {roles: [chief]}
  worker: {roles: [all]}
"""


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of three files, read into a memory under a policy, through the command."""
    root = tmp_path_factory.mktemp("firm")
    (root / "files" / "public").mkdir(parents=True)
    (root / "files" / "hr").mkdir()
    (root / "files" / "public" / "spindle.md").write_text(
        "# Spindle\n\nThe spindle is greased every 500 operating hours with NBU 15."
    )
    (root / "files" / "hr" / "pay.md").write_text("# Pay\n\nThe monthly salary of Taro Tanabe is 412,000 yen.")
    (root / "files" / "public" / "noise.bin").write_bytes(os.urandom(3000))
    (root / "policy.yaml").write_text(POLICY)
    assert kotonoha(root, "policy", "set", str(root / "policy.yaml")).returncode == 0
    return root


def kotonoha(root: Path, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-c",
        "import sys; from assistant.cli import main; sys.exit(main())",
        "--home",
        str(root / "home"),
    ]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, input=given)


@pytest.mark.slow
def test_a_folder_is_read_asked_governed_and_forgotten(firm: Path) -> None:
    read = kotonoha(firm, "ingest", str(firm / "files"), "--json")
    reports = {Path(report["source"]).name: report for report in map(json.loads, read.stdout.splitlines())}
    assert read.returncode == 1, "a file failed"
    assert reports["spindle.md"]["status"] == "added"
    assert reports["spindle.md"]["scope"] == "public"
    assert reports["pay.md"]["scope"] == "hr"
    assert reports["noise.bin"]["status"] == "failed"

    asked = kotonoha(firm, "ask", "How often is the spindle greased?", "--as", "worker", "--json")
    answer = json.loads(asked.stdout)
    assert "500" in answer["answer"]
    assert answer["citations"][0]["source"].endswith("spindle.md")
    assert set(answer) >= {"answer", "refused", "citations", "hits", "grounding", "model", "tokens", "seconds"}
    assert set(answer["seconds"]) >= {"retrieve", "placed", "first_token", "total"}

    secret = kotonoha(firm, "ask", "What is the monthly salary of Taro Tanabe?", "--as", "worker", "--json")
    assert "412" not in secret.stdout
    assert json.loads(secret.stdout)["refused"]
    told = kotonoha(firm, "ask", "What is the monthly salary of Taro Tanabe?")
    assert "412,000 yen" in told.stdout
    assert "pay.md" in told.stdout

    assert "pay.md" not in kotonoha(firm, "sources", "--as", "worker").stdout
    assert "pay.md" in kotonoha(firm, "sources").stdout
    why = kotonoha(firm, "policy", "explain", "worker", str(firm / "files" / "hr" / "pay.md"))
    assert "may not" in why.stdout
    trail = kotonoha(firm, "audit", "show", "--action", "ask")
    assert trail.stdout.count(" ask ") == 3
    assert kotonoha(firm, "audit", "verify").returncode == 0
    assert kotonoha(firm, "doctor").returncode == 0

    foreign = kotonoha(firm, "forget", str(firm / "files" / "hr" / "pay.md"), "--as", "worker")
    absent = kotonoha(firm, "forget", str(firm / "files" / "hr" / "none.md"), "--as", "worker")
    assert foreign.returncode == absent.returncode == 1
    assert foreign.stderr.replace("pay.md", "none.md") == absent.stderr
    assert kotonoha(firm, "forget", str(firm / "files" / "hr" / "pay.md")).returncode == 0
    assert "pay.md" not in kotonoha(firm, "sources").stdout


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["sources", "--as", "nobody"], 2, "nobody"),
        (["policy", "set", "no-such-file"], 2, "cannot be read"),
        (["people", "add"], 2, "whom to add"),
        (["policy", "explain", "boss", "no-such-file"], 1, "no source 'no-such-file'"),
        (["people", "list", "--as", "worker"], 2, "may not govern"),
    ],
)
def test_a_wrong_command_says_what_to_do_and_has_its_status(
    firm: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], status: int, says: str
) -> None:
    assert main(["--home", str(firm / "home"), *arguments]) == status
    assert says in capsys.readouterr().err


def test_accounts_are_made_listed_and_removed(firm: Path) -> None:
    made = kotonoha(firm, "people", "add", "worker", given="correct horse battery staple\n")
    assert made.returncode == 0, made.stderr
    assert "worker" in kotonoha(firm, "people").stdout
    token = kotonoha(firm, "people", "token", "worker", "--label", "script").stdout.strip()
    assert len(token) > 20
    assert kotonoha(firm, "people", "remove", "worker").returncode == 0
    assert "worker" not in kotonoha(firm, "people").stdout


def test_a_command_without_what_it_works_on_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nothing = str(tmp_path / "none.jsonl.gz")
    for given, missing in [
        (["evaluate", "search"], "--file"),
        (["evaluate", "search", "--file", nothing], "--file"),
        (["fit"], "chooser"),
        (["fit", "chooser", "--data", str(tmp_path), "--out", nothing], "--data"),
        (["models", "align", str(tmp_path)], "KOTONOHA_CLIP"),
    ]:
        assert main(["--home", str(tmp_path), *given]) == 2
        said = capsys.readouterr().err
        assert missing in said and len(said.splitlines()) <= 2


def test_what_needs_the_memory_waits_for_nobody(
    settings: Settings, space: WordSpace, capsys: pytest.CaptureFixture[str]
) -> None:
    with Memory(settings, space):
        assert main(["--home", str(settings.home), "ahead"]) != 0
    assert "in use" in capsys.readouterr().err


def test_without_accounts_no_other_machine_is_served(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--home", str(tmp_path), "serve", "--host", "0.0.0.0"]) == 2
    assert "add accounts" in capsys.readouterr().err


@pytest.mark.slow
def test_a_search_lists_what_its_asker_may_read(firm: Path) -> None:
    """Without any language model; the salary is found by who may read it, and by nobody else."""
    kotonoha(firm, "ingest", str(firm / "files"))
    for person, seen in (("boss", True), ("worker", False)):
        found = kotonoha(firm, "search", "What is the salary of Taro Tanabe?", "--as", person, "--json")
        assert any("412,000" in json.loads(line)["text"] for line in found.stdout.splitlines()) == seen
    assert "spindle.md" in kotonoha(firm, "search", "How often is the spindle greased?", "--as", "worker").stdout
