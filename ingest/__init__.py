"""The write side: what becomes of a file.

    source    bytes at a path, hashed and sniffed
    readers   one per family of formats: bytes -> drafts of entities with their place
    entity    a draft with an identity from its content and an access scope
    encoders  one per outside model; all end in the one linguistic space
    space     slots (what the model reads) and their mean, the address (what is searched)
    memory    vectors in Chroma, one collection per scope, in step with the catalogue
    catalog   SQLite: the truth
    pipeline  all of it in order, resumable, one report line per source

`assistant/` reads what is written here; nothing here imports it.
"""
