"""The write side: what becomes of a file.

    source    bytes at a path, hashed and sniffed
    readers   one per family of formats: bytes -> drafts of entities with their place
    space     the entity, its slots (what a model reads) and their mean, the address (what is searched); the encoders
    privacy   keys, and personal data replaced before anything is stored
    memory    the catalogue (the truth), vectors in step with it, the index of words
    pipeline  all of it in order, resumable, one report line per source

`assistant/` reads what is written here; nothing here imports it.
"""
