"""The gate's matrix: every command and every route, who may use it, and the test that holds it to that.

A new command or route fails here until somebody has decided who may what and where that is tested.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.routing import APIRoute

from assistant.cli import build_parser
from assistant.serve import api
from assistant.serve.routes import who

OWN = "what its viewer may read"
GOVERNS = "whoever may govern"
MACHINE = "whoever has the files of this machine; prints no content of the memory beyond what is named"
ANYBODY = "anybody; shows nothing of the memory"

TWIN = "test_gate_twin.py::test_every_path_shows_what_a_memory_of_only_the_readable_would_show"
CLI = "test_cli.py::test_a_folder_is_read_asked_governed_and_forgotten"
GOVERN = "test_permitting.py::test_whoever_may_not_govern_sees_no_policy"
ALIKE = "test_api.py::test_absent_and_forbidden_read_alike_on_every_route"
CHANGE = "test_permitting.py::test_a_grant_by_command_holds_from_the_next_request_on_and_a_deny_beats_it"

TALKS = "test_web.py::test_a_conversation_is_nobody_elses"
JUDGE = "test_web.py::test_what_is_said_about_an_answer_is_kept_with_what_was_found_for_it"
FEED = "test_pages.py::test_nobody_brings_files_where_they_may_not"
PAGES = "test_pages.py::test_only_who_governs_sees_the_pages_for_it"
CLIENTS = "test_pages.py::test_openai_and_langchain_clients_are_answered_with_citations"

COMMANDS: dict[str, tuple[str, str]] = {
    "ask": (OWN, TWIN),
    "search": (OWN, "test_cli.py::test_a_search_lists_what_its_asker_may_read"),
    "sources": (OWN, TWIN),
    "forget": (OWN, CLI),
    "concepts": (OWN, "test_cli_concepts.py"),
    "ingest": (MACHINE, "test_cli.py"),
    "ahead": (MACHINE, "test_ahead.py"),
    "doctor": (MACHINE, "test_doctor.py"),
    "backup": (MACHINE, "test_backup.py"),
    "restore": (MACHINE, "test_backup.py"),
    "models": (MACHINE, "test_weights.py"),
    "models list": (MACHINE, "test_weights.py"),
    "models pull": (MACHINE, "test_fetch.py"),
    "models check": (MACHINE, "test_fetch.py"),
    "models remove": (MACHINE, "test_fetch.py"),
    "models use": (MACHINE, "test_fetch.py"),
    "models align": (MACHINE, "test_clip.py"),
    "serve": ("each request its own viewer", "test_web.py::test_sources_of_the_other_are_absent_by_id_and_by_path"),
    "demo": ("the sample firm's people", "test_demo_firm.py"),
    "evaluate": (MACHINE, "test_leaks.py"),
    "fit": (MACHINE, "test_relevance.py"),
    "people": (GOVERNS, "test_cli.py"),
    "audit": (GOVERNS, "test_gate_twin.py::test_the_audit_shows_content_only_to_readers_of_all_its_scopes"),
    "policy": (GOVERNS, GOVERN),
    "policy show": (GOVERNS, GOVERN),
    "policy history": (GOVERNS, GOVERN),
    "policy leaks": (GOVERNS, GOVERN),
    "policy set": (GOVERNS, CHANGE),
    "policy allow": (GOVERNS, CHANGE),
    "policy deny": (GOVERNS, CHANGE),
    "policy withdraw": (GOVERNS, CHANGE),
    "policy view-as": (GOVERNS, CHANGE),
    "policy explain": (GOVERNS, "test_permitting.py::test_explaining_names_the_line_that_decides"),
    "policy move": (GOVERNS, "test_moves.py"),
    "policy new-key": (GOVERNS, "test_permitting.py::test_a_new_key_opens_what_the_old_one_sealed"),
}

ROUTES: dict[str, tuple[str, str]] = {
    "POST /api/ask": (OWN, "test_api.py::test_hits_and_citations_hold_nothing_of_closed_scopes"),
    "GET /api/sources": (OWN, "test_api.py::test_sources_are_listed_only_when_readable"),
    "GET /open/{entity}": (OWN, ALIKE),
    "GET /open/{entity}/page.png": (OWN, ALIKE),
    "GET /open/{entity}/file": (OWN, ALIKE),
    "GET /": (ANYBODY, "test_api.py"),
    "GET /enter": (
        "whoever was shown the printed address, as long as there are no accounts",
        "test_api.py::test_without_accounts_the_printed_address_lets_its_owner_in_and_nobody_else",
    ),
    "GET /sign-in": (ANYBODY, "test_api.py"),
    "POST /sign-in": (ANYBODY, "test_api.py"),
    "GET /sign-in/sso": (ANYBODY, "test_sso.py::test_without_single_sign_on_there_is_no_button_and_no_way"),
    "GET /sign-in/back": (
        "whom the provider vouches for, the policy names and an account lets in",
        "test_sso.py::test_whom_the_policy_does_not_name_is_refused_even_with_an_account",
    ),
    "POST /sign-out": (ANYBODY, "test_api.py"),
    "GET /style.css": (ANYBODY, "test_api.py"),
    "GET /leaf.svg": (ANYBODY, "test_api.py"),
    "GET /favicon.ico": (ANYBODY, "test_api.py"),
    "GET /static/{name}": (ANYBODY, "test_accessible.py"),
    "GET /docs": (ANYBODY, "test_pages.py::test_the_pages_of_the_api_load_nothing_from_elsewhere"),
    "GET /docs/{name}": (ANYBODY, "test_pages.py::test_the_pages_of_the_api_load_nothing_from_elsewhere"),
    "POST /api/ask/events": (OWN, "test_pages.py::test_an_answer_comes_as_server_sent_events"),
    "GET /api/search": (OWN, "test_pages.py::test_a_folder_is_brought_read_and_found_its_failing_file_reported"),
    "GET /v1/models": (ANYBODY, CLIENTS),
    "POST /v1/chat/completions": (OWN, CLIENTS),
    "GET /api/talks": (OWN, TALKS),
    "POST /api/talks/ask": (OWN, TALKS),
    "GET /api/talks/{talk}": (OWN, TALKS),
    "PATCH /api/talks/{talk}": (OWN, TALKS),
    "DELETE /api/talks/{talk}": (OWN, TALKS),
    "GET /api/talks/{talk}/export.{form}": (OWN, TALKS),
    "POST /api/talks/{talk}/stop": (OWN, TALKS),
    "POST /api/talks/{talk}/turns/{number}/again": (OWN, TALKS),
    "GET /talks/{talk}/{number}/why": (OWN, TALKS),
    "GET /talks/{talk}/{number}/wrong": (OWN, TALKS),
    "POST /api/feedback": (OWN, JUDGE),
    "POST /feedback": (OWN, JUDGE),
    "GET /api/feedback.jsonl": (GOVERNS, JUDGE),
    "GET /files": (OWN, FEED),
    "GET /files/{id}": (OWN, FEED),
    "POST /files/{id}/forget": (OWN, FEED),
    "POST /api/upload": (OWN, FEED),
    "GET /api/jobs/{ticket}": (OWN, FEED),
    "GET /map": (OWN, "test_pages.py::test_a_map_holds_what_a_viewer_may_read_and_nothing_else"),
    "GET /govern": (GOVERNS, PAGES),
    "POST /govern/preview": (GOVERNS, PAGES),
    "POST /govern/policy": (GOVERNS, PAGES),
    "POST /govern/people/{name}/{act}": (GOVERNS, PAGES),
    "GET /govern/as/{name}": (GOVERNS, PAGES),
    "GET /govern/audit": (GOVERNS, PAGES),
    "GET /govern/health": (GOVERNS, PAGES),
}


def commands(parser: argparse.ArgumentParser, above: str = "") -> Iterator[str]:
    """Every command and the actions below it."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, part in action.choices.items():
                yield f"{above}{name}"
                yield from commands(part, f"{above}{name} ")


def routes() -> set[str]:
    return {f"{method} {route.path}" for route in all_routes() for method in route.methods or ()}


def all_routes() -> list[APIRoute]:
    return [route for one in api.ROUTERS for route in one.router.routes if isinstance(route, APIRoute)]


def test_every_command_is_in_the_matrix() -> None:
    assert set(commands(build_parser())) == set(COMMANDS)


def test_every_route_is_in_the_matrix() -> None:
    assert routes() == set(ROUTES)


@pytest.mark.parametrize("name", [*COMMANDS, *ROUTES])
def test_what_the_matrix_names_as_proof_exists(name: str) -> None:
    _, proof = {**COMMANDS, **ROUTES}[name]
    file, _, test = proof.partition("::")
    text = (Path(__file__).parent / file).read_text("utf-8")
    assert not test or re.search(rf"^def {test}\(", text, re.MULTILINE), proof


@pytest.mark.parametrize("name", [name for name, (whom, _) in COMMANDS.items() if whom == OWN])
def test_every_command_that_reads_says_for_whom(name: str) -> None:
    """There is no way to read without a viewer: `--as`, else the owner whom the policy names."""
    parser = build_parser()
    for word in name.split():
        actions = next(a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
        parser = actions.choices[word]
    assert any("--as" in action.option_strings for action in _all_actions(parser)), name


def _all_actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for part in action.choices.values():
                yield from _all_actions(part)


@pytest.mark.parametrize("name", [name for name, (whom, _) in ROUTES.items() if whom in (OWN, GOVERNS)])
def test_every_route_that_reads_gets_its_viewer_from_the_request(name: str) -> None:
    method, path = name.split()
    (route,) = (one for one in all_routes() if one.path == path and method in (one.methods or ()))
    whose = (who.viewer_of, who.governor_of, who.person_of)
    assert any(one.call in whose for one in route.dependant.dependencies), name
