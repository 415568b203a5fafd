"""Kotonoha's parts as LangChain's, for someone else's chain. Knows nothing of what that chain does with them.

A retriever is made for one viewer and one request: who may read what is decided before a chain sees a word.
"""

from __future__ import annotations

from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

from assistant.retrieve import Hit, Retriever
from ingest.access import Viewer


class KotonohaRetriever(BaseRetriever):
    """The memory as a LangChain retriever: `KotonohaRetriever(retriever=..., viewer=...).invoke("a question")`.

    Attributes:
        viewer: for whom; there is no default.
        k: how many documents at most.
        kinds: only entities of these kinds; all when None.
    """

    retriever: Retriever
    viewer: Viewer
    k: int = 8
    kinds: tuple[str, ...] | None = None

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        hits = self.retriever.search(query, self.viewer, self.k, kinds=self.kinds)
        return [document(hit) for hit in hits]


def document(hit: Hit) -> Document:
    """A hit as a LangChain document: its text, and where it stands, in JSON values."""
    entity = hit.entity
    metadata: dict[str, Any] = {
        "source": entity.source,
        "kind": entity.kind,
        "title": entity.title,
        "locator": entity.locator.as_dict(),
        "score": hit.score,
        "similarity": hit.similarity,
        "coverage": hit.coverage,
    }
    return Document(page_content=entity.text, id=entity.id, metadata=metadata)
