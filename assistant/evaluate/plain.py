"""The pipeline one would write first: langchain-chroma, a prompt with a few passages, llama-cpp-python.

With the same encoder and the same model file, so that what differs is what is made of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.answer.finding import TOGETHER
from assistant.answer.spoken import LONGEST
from assistant.model.llm import DEFAULT
from ingest.base import weights
from ingest.base.settings import Settings
from ingest.space.space import Space

NAME = "LangChain + Chroma + llama.cpp"
PROMPT = "Answer the question from the sources only.\n\n{context}\n\nQuestion: {question}"


@dataclass(frozen=True, slots=True)
class Spoken:
    """What it says, from which texts, and seconds since it was asked: until they were found, first token, end."""

    words: str
    found: tuple[str, ...]
    retrieve: float
    first_token: float
    total: float


def pipeline(
    texts: Sequence[str], space: Space, settings: Settings, placed: Mapping[str, Sequence[float]] | None = None
) -> Callable[[str], Spoken]:
    """The pipeline over these texts.

    Args:
        placed: places of texts that are known already.
    """
    import llama_cpp
    from chromadb.config import Settings as Quiet
    from langchain_chroma import Chroma
    from langchain_core.embeddings import Embeddings
    from langchain_core.prompts import ChatPromptTemplate

    class Addresses(Embeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            known = placed or {}
            new = [text for text in texts if text not in known]
            own = dict(zip(new, (place.address.tolist() for place in space.place(new)), strict=True)) if new else {}
            return [list(known[text]) if text in known else own[text] for text in texts]

        def embed_query(self, text: str) -> list[float]:
            return [float(number) for number in space.place([text], question=True)[0].address]

    quiet = Quiet(anonymized_telemetry=False)
    store = Chroma.from_texts(list(texts), Addresses(), collection_name="plain", client_settings=quiet)
    retriever = store.as_retriever(search_kwargs={"k": TOGETHER})
    prompt = ChatPromptTemplate.from_messages([("user", PROMPT)])
    model = llama_cpp.Llama(
        str(weights.language_model("", DEFAULT)),
        n_ctx=settings.context,
        n_threads=settings.threads or None,
        verbose=False,
    )

    def answer(question: str) -> Spoken:
        started = time.perf_counter()
        found = tuple(one.page_content for one in retriever.invoke(question))
        retrieved = time.perf_counter() - started
        said = prompt.invoke({"context": "\n\n".join(found), "question": question})
        words = _stream(model, said.to_messages()[0].text)
        begun = next(words, "")
        first = time.perf_counter() - started
        whole = begun + "".join(words)
        return Spoken(whole, found, retrieved, first, time.perf_counter() - started)

    return answer


def _stream(model: Any, content: str) -> Iterator[str]:
    """The words of an answer as they come; the first event of llama-cpp-python only names the role."""
    turn = [{"role": "user", "content": content}]
    events = model.create_chat_completion(turn, stream=True, temperature=0.0, max_tokens=LONGEST)
    return (
        event["choices"][0]["delta"].get("content", "")
        for event in events
        if "role" not in event["choices"][0]["delta"]
    )
