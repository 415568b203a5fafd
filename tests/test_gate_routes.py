"""Every route, asked by somebody who is nobody: what belongs to viewers is refused, and nothing kept here is said."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from assistant.govern.audit import Audit
from assistant.serve import api
from assistant.serve.parts import Parts
from ingest.base.settings import Settings
from ingest.memory.memory import Memory
from ingest.space.entity import Entity
from tests.conftest import WordSpace
from tests.library import Parrot, accounts, keys, stock, viewer_of
from tests.test_gate import FEEDS, OWN, ROUTES


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, list[Entity]]]:
    with Memory(Settings(home=tmp_path_factory.mktemp("home")), WordSpace()) as memory:
        firm = stock(memory)
        audit = Audit(memory.catalog, b"k" * 32, memory.settings.home / "head")
        parts = Parts(memory.settings, memory, Parrot(memory), viewer_of, keys(memory), accounts(memory), audit)
        client = TestClient(
            api.application(parts), base_url="http://localhost", follow_redirects=False, client=("127.0.0.1", 50_000)
        )
        yield client, [entity for entities in firm.values() for entity in entities]


@pytest.mark.parametrize("route", ROUTES)
def test_a_stranger_sees_nothing_of_the_memory(stranger: tuple[TestClient, list[Entity]], route: str) -> None:
    client, entities = stranger
    method, path = route.split(" ")
    for entity in entities:
        answer = client.request(method, path.replace("{entity}", entity.id))
        refused = answer.status_code == 401 or answer.headers.get("location", "").startswith("/sign-in")
        assert refused or ROUTES[route][0] not in (OWN, FEEDS), answer.status_code
        assert entity.text not in answer.text
        assert entity.source not in answer.text
        if "{entity}" not in path:
            break
