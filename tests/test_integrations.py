"""Kotonoha inside somebody else's LangChain."""

from __future__ import annotations

import json

import pytest
from langchain_core.documents import Document
from langchain_core.runnables import RunnableLambda, RunnablePassthrough
from pydantic import ValidationError

from assistant.integrations import KotonohaRetriever
from assistant.retrieve import Retriever
from ingest.access import Viewer
from ingest.memory import Memory

from .test_retrieve import GUEST, put


@pytest.fixture
def retriever(memory: Memory) -> Retriever:
    put(memory, "a", "open", "the pump is oiled weekly", "the valve is made of steel")
    put(memory, "b", "closed", "the salary of the pump operator")
    return Retriever(memory, memory.catalog, memory.space)


def test_documents_say_where_they_stand(retriever: Retriever) -> None:
    (first, *rest) = KotonohaRetriever(retriever=retriever, viewer=GUEST).invoke("How often is the pump oiled?")
    assert first.page_content == "the pump is oiled weekly"
    assert first.metadata["source"] == "a"
    assert first.metadata["coverage"] == 1.0
    json.dumps([one.metadata for one in (first, *rest)])


def test_a_chain_sees_only_what_the_viewer_may_read(retriever: Retriever) -> None:
    def told(documents: list[Document]) -> str:
        return "\n".join(one.page_content for one in documents)

    guest = KotonohaRetriever(retriever=retriever, viewer=GUEST)
    chain = {"context": guest | told, "question": RunnablePassthrough()} | RunnableLambda(
        lambda given: given["context"]
    )
    assert "salary" not in chain.invoke("What is the salary of the pump operator?")
    nobody = KotonohaRetriever(retriever=retriever, viewer=Viewer("nobody", frozenset()))
    assert nobody.batch(["pump", "valve"]) == [[], []]


def test_a_retriever_without_a_viewer_cannot_be_made(retriever: Retriever) -> None:
    with pytest.raises(ValidationError, match="viewer"):
        KotonohaRetriever(retriever=retriever)  # type: ignore[call-arg]
