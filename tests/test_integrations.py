"""Kotonoha inside somebody else's LangChain."""

from __future__ import annotations

import json

import pytest
from langchain_core.documents import Document
from langchain_core.messages import HumanMessage, SystemMessage, ToolMessage
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda, RunnablePassthrough
from pydantic import ValidationError

from assistant.app.integrations import KotonohaChat, KotonohaRetriever
from assistant.model.llm import Llm
from assistant.search.retrieve import Retriever
from ingest.base.access import Viewer
from ingest.base.errors import BadInput
from ingest.memory.memory import Memory

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


@pytest.fixture(scope="module")
def chat() -> KotonohaChat:
    return KotonohaChat(llm=Llm(context=512, threads=1), max_tokens=12)


@pytest.mark.slow
def test_the_local_model_speaks_in_a_chain(chat: KotonohaChat) -> None:
    """A prompt template, the local model and its answer, with what it cost; streamed it says the same."""
    prompt = ChatPromptTemplate.from_messages([("system", "Be brief."), ("human", "What is the capital of {country}?")])
    answer = (prompt | chat).invoke({"country": "France"})
    assert "Paris" in answer.text
    assert answer.usage_metadata is not None
    assert answer.usage_metadata["output_tokens"] > 0
    assert "".join(chunk.text for chunk in (prompt | chat).stream({"country": "France"})) == answer.text


@pytest.mark.slow
def test_a_stop_text_ends_the_answer(chat: KotonohaChat) -> None:
    messages = [SystemMessage("Be brief."), HumanMessage("What is the capital of France?")]
    assert "Paris" not in chat.invoke(messages, stop=["Par"]).text


@pytest.mark.slow
def test_messages_the_model_does_not_know_are_refused(chat: KotonohaChat) -> None:
    with pytest.raises(BadInput, match="tool"):
        chat.invoke([ToolMessage("42", tool_call_id="1")])
