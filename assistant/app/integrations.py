"""Kotonoha's parts as LangChain's, for someone else's chain (`pip install langchain-core`).

A retriever is made for one viewer and one request: who may read what is decided before a chain sees a word.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from langchain_core.callbacks import CallbackManagerForLLMRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from assistant.model.llm import Llm
from assistant.model.vocabulary import Turn
from assistant.model.writing import Stream
from assistant.search.retrieve import Hit, Retriever
from ingest.base.access import Viewer
from ingest.base.errors import BadInput


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


ROLES: dict[str, Literal["system", "user", "assistant"]] = {"system": "system", "human": "user", "ai": "assistant"}


class KotonohaChat(BaseChatModel):
    """The local model as a LangChain chat model: `prompt | KotonohaChat(llm=...)`.

    Attributes:
        max_tokens: how many tokens an answer may have.
    """

    llm: Llm
    max_tokens: int = 256

    model_config = ConfigDict(arbitrary_types_allowed=True)

    @property
    def _llm_type(self) -> str:
        return "kotonoha"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model": self.llm.name, "max_tokens": self.max_tokens}

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        stream = self._answer(messages, stop or ())
        text = "".join(stream)
        message = AIMessage(content=text, usage_metadata=_usage(stream))
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        stream = self._answer(messages, stop or ())
        for piece in stream:
            yield ChatGenerationChunk(message=AIMessageChunk(content=piece))
        yield ChatGenerationChunk(message=AIMessageChunk(content="", usage_metadata=_usage(stream)))

    def _answer(self, messages: Sequence[BaseMessage], stop: Sequence[str]) -> Stream:
        turns = [Turn(_role(message), str(message.text)) for message in messages]
        return self.llm.chat(turns, self.max_tokens, stop)


def _role(message: BaseMessage) -> Literal["system", "user", "assistant"]:
    if message.type not in ROLES:
        raise BadInput(f"the local model knows no messages of type '{message.type}'", "use system, human and ai")
    return ROLES[message.type]


def _usage(stream: Stream) -> UsageMetadata:
    read = stream.usage.text + stream.usage.soft
    written = stream.usage.generated
    return UsageMetadata(input_tokens=read, output_tokens=written, total_tokens=read + written)
