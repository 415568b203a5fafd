"""The gate's matrix: every command and every route, who may use it, and the test that holds it to that.

A new command or route fails here until somebody has decided who may what and where that is tested.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute

from assistant.cli import build_parser
from assistant.serve import api
from assistant.serve.routes import who

from .reach import Reach

OWN = "what its viewer may read"
GOVERNS = "whoever may govern"
FEEDS = "whoever may write the scope it lies in"
MACHINE = "whoever has the files of this machine; prints no content of the memory beyond what is named"
ANYBODY = "anybody; shows nothing of the memory"

CLI = "test_cli.py::test_a_folder_is_read_asked_governed_and_forgotten"
GOVERN = "test_permitting.py::test_whoever_may_not_govern_sees_no_policy"
ALIKE = "test_api.py::test_absent_and_forbidden_read_alike_on_every_route"
CHANGE = "test_permitting.py::test_a_grant_by_command_holds_from_the_next_request_on_and_a_deny_beats_it"

TALKS = "test_web.py::test_a_conversation_is_nobody_elses"
JUDGE = "test_web.py::test_what_is_said_about_an_answer_is_kept_with_what_was_found_for_it"
FEED = "test_pages.py::test_nobody_brings_files_where_they_may_not"
RIGHT = "test_amending.py::test_nobody_puts_right_what_they_may_not_write"
LOOKS = "test_api.py::test_what_anybody_may_load_is_the_same_for_all"
BY_HAND = "make demo"
"""It is what everybody runs first; in a test it would be minutes of the language model."""
PAGES = "test_pages.py::test_only_who_governs_sees_the_pages_for_it"
ELSEWHERE = "test_clients.py::test_errors_are_objects_where_the_openai_api_is_spoken_and_lines_elsewhere"
CLIENTS = "test_pages.py::test_openai_and_langchain_clients_are_answered_with_citations"

COMMANDS: dict[str, tuple[str, str]] = {
    "ask": (OWN, CLI),
    "search": (OWN, "test_cli.py::test_a_search_lists_what_its_asker_may_read"),
    "sources": (OWN, CLI),
    "forget": (OWN, CLI),
    "concepts": (OWN, "test_cli_concepts.py"),
    "ingest": (MACHINE, "test_cli.py"),
    "ahead": (MACHINE, "test_cli.py::test_what_needs_the_memory_waits_for_nobody"),
    "doctor": (MACHINE, CLI),
    "backup": (MACHINE, "test_backup.py::test_the_commands_save_and_put_back_and_say_so_in_the_audit"),
    "restore": (MACHINE, "test_backup.py::test_the_commands_save_and_put_back_and_say_so_in_the_audit"),
    "models": (MACHINE, "test_fetch.py"),
    "models list": (MACHINE, "test_fetch.py"),
    "models pull": (MACHINE, "test_fetch.py"),
    "models check": (MACHINE, "test_fetch.py"),
    "models remove": (MACHINE, "test_fetch.py"),
    "models use": (MACHINE, "test_fetch.py"),
    "models align": (MACHINE, "test_cli.py::test_a_command_without_what_it_works_on_is_one_line"),
    "serve": ("each request its own viewer", "test_cli.py::test_without_accounts_no_other_machine_is_served"),
    "demo": ("the sample firm's people", BY_HAND),
    "evaluate": (MACHINE, "test_cli.py::test_a_command_without_what_it_works_on_is_one_line"),
    "fit": (MACHINE, "test_cli.py::test_a_command_without_what_it_works_on_is_one_line"),
    "fit chooser": (MACHINE, "test_cli.py::test_a_command_without_what_it_works_on_is_one_line"),
    "fit sentences": (
        MACHINE,
        "test_fit_sentences.py::test_the_commands_write_sentences_train_an_adapter_and_go_on",
    ),
    "fit adapter": (MACHINE, "test_fit_sentences.py::test_the_commands_write_sentences_train_an_adapter_and_go_on"),
    "people": (GOVERNS, "test_cli.py"),
    "audit": (
        GOVERNS,
        "test_permitting.py::test_an_audit_whose_key_is_lost_makes_no_new_one_and_says_so_once_begun_anew",
    ),
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
    "policy move": (GOVERNS, "test_permitting.py::test_moving_into_a_scope_that_nobody_knows_is_refused"),
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
    "POST /sign-in/as": (ANYBODY, "test_pages.py::test_one_click_is_for_the_people_of_the_sample_firm_at_this_machine"),
    "GET /sign-in/sso": (ANYBODY, "test_sso.py::test_without_single_sign_on_there_is_no_button_and_no_way"),
    "GET /sign-in/back": (
        "whom the provider vouches for, the policy names and an account lets in",
        "test_sso.py",
    ),
    "POST /sign-out": (ANYBODY, "test_api.py"),
    "GET /style.css": (ANYBODY, LOOKS),
    "GET /leaf.svg": (ANYBODY, LOOKS),
    "GET /favicon.ico": (ANYBODY, LOOKS),
    "GET /static/{name}": (ANYBODY, LOOKS),
    "GET /docs": (ANYBODY, "test_pages.py::test_the_pages_of_the_api_load_nothing_from_elsewhere"),
    "POST /api/ask/events": (OWN, "test_pages.py::test_an_answer_comes_as_server_sent_events"),
    "GET /api/search": (OWN, "test_pages.py::test_a_folder_is_brought_read_and_found_its_failing_file_reported"),
    "GET /v1/models": (ANYBODY, CLIENTS),
    "GET /v1/models/{id}": (ANYBODY, "test_clients.py::test_the_one_model_is_found_by_its_name"),
    "POST /v1/chat/completions": (OWN, CLIENTS),
    "GET /v1/{path:path}": (ANYBODY, ELSEWHERE),
    "POST /v1/{path:path}": (ANYBODY, ELSEWHERE),
    "GET /api/talks": (OWN, TALKS),
    "POST /api/talks/ask": (OWN, TALKS),
    "GET /api/talks/{talk}": (OWN, TALKS),
    "GET /api/talks/{talk}/state": (
        OWN,
        "test_conversing.py::test_the_state_of_a_conversation_is_another_one_after_all_that_happens_in_it",
    ),
    "PATCH /api/talks/{talk}": (OWN, TALKS),
    "DELETE /api/talks/{talk}": (OWN, TALKS),
    "GET /api/talks/{talk}/export.{form}": (OWN, TALKS),
    "POST /api/talks/{talk}/stop": (OWN, "test_web.py::test_a_stopped_answer_ends_at_once_and_can_be_asked_again"),
    "POST /api/talks/{talk}/turns/{number}/again": (OWN, TALKS),
    "GET /talks/{talk}/{number}/rows": (OWN, TALKS),
    "GET /talks/{talk}/{number}/why": (OWN, JUDGE),
    "GET /talks/{talk}/{number}/wrong": (OWN, JUDGE),
    "POST /api/feedback": (OWN, JUDGE),
    "POST /feedback": (OWN, JUDGE),
    "GET /api/feedback.jsonl": (GOVERNS, JUDGE),
    "GET /files": (OWN, "test_pages.py::test_a_folder_is_brought_read_and_found_its_failing_file_reported"),
    "GET /files/{id}": (OWN, FEED),
    "POST /files/{id}/forget": (OWN, FEED),
    "POST /api/upload": (OWN, FEED),
    "GET /api/jobs": (OWN, FEED),
    "GET /api/jobs/{ticket}": (OWN, FEED),
    "POST /open/{entity}/correct": (FEEDS, RIGHT),
    "POST /open/{entity}/restore": (FEEDS, RIGHT),
    "POST /open/{entity}/hide": (FEEDS, RIGHT),
    "POST /open/{entity}/show": (FEEDS, RIGHT),
    "GET /map": (OWN, "test_pages.py::test_the_map_page_draws_the_question_and_links_every_dot"),
    "GET /govern": (GOVERNS, PAGES),
    "POST /govern/preview": (GOVERNS, PAGES),
    "POST /govern/policy": (GOVERNS, PAGES),
    "POST /govern/people/{name}/{act}": (GOVERNS, PAGES),
    "GET /govern/as/{name}": (GOVERNS, PAGES),
    "GET /govern/audit": (GOVERNS, PAGES),
    "GET /govern/health": (GOVERNS, PAGES),
    "POST /govern/health": (GOVERNS, PAGES),
    "GET /govern/personal": (GOVERNS, PAGES),
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


@pytest.mark.parametrize("name", [name for name, (_, proof) in COMMANDS.items() if proof != BY_HAND])
def test_what_is_named_as_proof_gives_the_command(name: str) -> None:
    assert Reach(COMMANDS[name][1]).command(name), COMMANDS[name][1]


@pytest.mark.parametrize("name", ROUTES)
def test_what_is_named_as_proof_asks_for_the_route(name: str) -> None:
    assert Reach(ROUTES[name][1]).route(name), ROUTES[name][1]


def test_a_proof_that_reaches_something_else_is_none() -> None:
    assert not Reach(CLI).command("policy leaks")
    assert not Reach(ALIKE).route("POST /api/ask")
    assert not Reach(ALIKE).route("POST /open/{entity}")
    with pytest.raises(KeyError):
        Reach("test_api.py::test_nothing_of_this_name")


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


@pytest.mark.parametrize("name", [name for name, (whom, _) in ROUTES.items() if whom in (OWN, FEEDS, GOVERNS)])
def test_every_route_that_reads_gets_its_viewer_from_the_request(name: str) -> None:
    method, path = name.split()
    (route,) = (one for one in all_routes() if one.path == path and method in (one.methods or ()))
    whose = (who.viewer_of, who.governor_of, who.person_of)
    assert any(one.call in whose for one in route.dependant.dependencies), name
