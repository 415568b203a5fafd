"""Forgetting a source: also what earlier answers and remarks about them took from it goes, whoever they belong to."""

from __future__ import annotations

from assistant.serve.feedback import Feedback
from assistant.serve.talks import KEY, Talks
from ingest.base.settings import Settings
from ingest.memory import amended
from ingest.memory.catalog import Catalog
from ingest.privacy import keys
from ingest.privacy.vault import Vault


def let_go(settings: Settings, catalog: Catalog, source: str) -> None:
    """Removes for good what conversations and feedback hold of a source that is about to be forgotten, and of those in its
    file. Needs the transaction in which it is forgotten. Without the key with which they are sealed nobody reads them."""
    where = keys.of(settings)
    if not where.has(KEY):
        return
    together = [source, *(row.id for row in catalog.inside(source))]
    ids = [id for one in together for id in (*_entities(catalog, one), *amended.ids_hidden(catalog, one))]
    vault = Vault(where, KEY)
    Talks(catalog, vault).let_go(ids)
    Feedback(catalog, vault).let_go(ids)


def _entities(catalog: Catalog, source: str) -> list[str]:
    return [row["id"] for row in catalog.connection.execute("SELECT id FROM entity WHERE source = ?", (source,))]
