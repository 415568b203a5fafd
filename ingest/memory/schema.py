"""The tables of the catalogue, and how they came to be: one script per version of the schema."""

from __future__ import annotations

MIGRATIONS: tuple[str, ...] = (
    # 1: the spine
    """
    CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE source (
        id TEXT PRIMARY KEY, path TEXT NOT NULL UNIQUE, sha256 TEXT NOT NULL, size INTEGER NOT NULL, media TEXT NOT NULL,
        title TEXT NOT NULL, scope TEXT NOT NULL, reader TEXT NOT NULL, notes TEXT NOT NULL DEFAULT '[]', added TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX source_sha256 ON source (sha256);
    CREATE TABLE entity (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, source TEXT NOT NULL REFERENCES source (id) ON DELETE CASCADE,
        scope TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL, title TEXT NOT NULL, locator TEXT NOT NULL,
        parent TEXT NOT NULL, ordinal INTEGER NOT NULL, facts TEXT NOT NULL, address BLOB NOT NULL, slots BLOB NOT NULL
    );
    CREATE INDEX entity_source ON entity (source, ordinal);
    CREATE INDEX entity_scope ON entity (scope, kind);
    CREATE INDEX entity_parent ON entity (parent);
    CREATE TABLE pending (
        number INTEGER PRIMARY KEY, entity TEXT NOT NULL, scope TEXT NOT NULL, put INTEGER NOT NULL
    );
    CREATE TABLE lexicon (scope TEXT PRIMARY KEY, number INTEGER NOT NULL UNIQUE) WITHOUT ROWID;
    CREATE TABLE job (
        number INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, scope TEXT NOT NULL, ticket TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'failed')),
        asked TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0, report TEXT NOT NULL DEFAULT ''
    );
    CREATE INDEX job_ticket ON job (ticket);
    """,
    # 2: what governs (assistant.govern.audit, assistant.govern.people, assistant.govern.policy)
    """
    CREATE TABLE audit (number INTEGER PRIMARY KEY, event TEXT NOT NULL, previous TEXT NOT NULL, mac TEXT NOT NULL);
    CREATE TABLE audit_head (
        one INTEGER PRIMARY KEY CHECK (one = 1), number INTEGER NOT NULL, mac TEXT NOT NULL, seal TEXT NOT NULL
    );
    CREATE TABLE audit_cut (number INTEGER PRIMARY KEY, mac TEXT NOT NULL, seal TEXT NOT NULL);
    CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
        BEGIN SELECT RAISE (ABORT, 'the audit is append-only'); END;
    CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
        WHEN old.number > (SELECT coalesce(max(number), 0) FROM audit_cut)
        BEGIN SELECT RAISE (ABORT, 'the audit is append-only'); END;
    CREATE TRIGGER audit_cut_no_update BEFORE UPDATE ON audit_cut
        BEGIN SELECT RAISE (ABORT, 'the audit is append-only'); END;
    CREATE TRIGGER audit_cut_no_delete BEFORE DELETE ON audit_cut
        BEGIN SELECT RAISE (ABORT, 'the audit is append-only'); END;
    CREATE TABLE person (
        name TEXT PRIMARY KEY, password TEXT NOT NULL, failures INTEGER NOT NULL DEFAULT 0,
        locked_until REAL NOT NULL DEFAULT 0, disabled INTEGER NOT NULL DEFAULT 0, added TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE credential (
        digest TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES person (name) ON DELETE CASCADE,
        kind TEXT NOT NULL CHECK (kind IN ('session', 'token')), label TEXT NOT NULL, expires REAL NOT NULL, added TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX credential_person ON credential (person);
    CREATE TABLE policy (
        number INTEGER PRIMARY KEY, version TEXT NOT NULL, text TEXT NOT NULL, person TEXT NOT NULL, added TEXT NOT NULL
    );
    """,
    # 3: personal data (ingest.privacy.personal) and moves between scopes
    """
    CREATE TABLE original (
        entity TEXT PRIMARY KEY REFERENCES entity (id) ON DELETE CASCADE, sealed BLOB NOT NULL
    ) WITHOUT ROWID;
    ALTER TABLE source ADD COLUMN redacted TEXT NOT NULL DEFAULT '';
    ALTER TABLE source ADD COLUMN moved INTEGER NOT NULL DEFAULT 0;
    """,
    # 4: concepts (ingest.memory.links). What leaves a scope, or is forgotten, takes its influence on concepts with it.
    """
    CREATE TABLE mention (
        concept TEXT NOT NULL REFERENCES entity (id) ON DELETE CASCADE,
        entity TEXT NOT NULL REFERENCES entity (id) ON DELETE CASCADE,
        name TEXT NOT NULL, times INTEGER NOT NULL, PRIMARY KEY (concept, entity)
    ) WITHOUT ROWID;
    CREATE INDEX mention_entity ON mention (entity);
    CREATE TABLE concept_version (
        concept TEXT NOT NULL REFERENCES entity (id) ON DELETE CASCADE, version INTEGER NOT NULL, address BLOB NOT NULL,
        residual REAL NOT NULL, rounds INTEGER NOT NULL, speakers INTEGER NOT NULL, made TEXT NOT NULL,
        PRIMARY KEY (concept, version)
    ) WITHOUT ROWID;
    CREATE VIEW refined AS
        SELECT v.concept, m.entity, v.address FROM concept_version AS v
        LEFT JOIN mention AS m ON m.concept = v.concept WHERE v.version = 0;
    CREATE TRIGGER speaker_moved AFTER UPDATE OF scope ON entity WHEN old.scope != new.scope BEGIN
        INSERT INTO pending (entity, scope, put) SELECT id, scope, 1 FROM entity
            WHERE id IN (SELECT concept FROM refined WHERE entity = new.id OR concept = new.id);
        UPDATE entity SET address = (SELECT address FROM concept_version WHERE concept = entity.id AND version = 0)
            WHERE id IN (SELECT concept FROM refined WHERE entity = new.id OR concept = new.id);
        DELETE FROM concept_version
            WHERE concept IN (SELECT concept FROM refined WHERE entity = new.id OR concept = new.id);
    END;
    CREATE TRIGGER speaker_gone BEFORE DELETE ON entity BEGIN
        INSERT INTO pending (entity, scope, put) SELECT id, scope, 1 FROM entity
            WHERE id IN (SELECT concept FROM refined WHERE entity = old.id);
        UPDATE entity SET address = (SELECT address FROM concept_version WHERE concept = entity.id AND version = 0)
            WHERE id IN (SELECT concept FROM refined WHERE entity = old.id);
        DELETE FROM concept_version WHERE concept IN (SELECT concept FROM refined WHERE entity = old.id);
    END;
    """,
    # 5: the gate is asked of an index alone, so that a row that is not the viewer's is not even touched
    """
    CREATE INDEX entity_gate ON entity (id, scope);
    """,
    # 6: the files beside a source that are read with it
    """
    ALTER TABLE source ADD COLUMN beside TEXT NOT NULL DEFAULT '';
    """,
    # 7: the door: who tried to sign in from where (assistant.throttle); a job that moves its source to its scope
    """
    CREATE TABLE attempt (key TEXT PRIMARY KEY, failures INTEGER NOT NULL, until REAL NOT NULL, last REAL NOT NULL)
        WITHOUT ROWID;
    CREATE INDEX attempt_last ON attempt (last);
    ALTER TABLE job ADD COLUMN moves INTEGER NOT NULL DEFAULT 0;
    """,
    # 8: the number of an entity that is gone is not given again (`Catalog.last_number`), so "up to which" means something
    """
    INSERT INTO fact SELECT 'numbered', coalesce(max(number), 0) FROM entity;
    DELETE FROM fact WHERE name = 'linked';
    """,
    # 9: the rows of tables and records (ingest.memory.tables), as Parquet. They go where their entity goes.
    """
    CREATE TABLE rows (
        entity TEXT PRIMARY KEY REFERENCES entity (id) ON DELETE CASCADE, part TEXT NOT NULL, parquet BLOB NOT NULL
    );
    """,
    # 10: conversations and what people say about answers (assistant.serve.talks), sealed with the firm's key
    """
    CREATE TABLE talk (
        id TEXT PRIMARY KEY, person TEXT NOT NULL, title BLOB NOT NULL, began TEXT NOT NULL, changed REAL NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX talk_person ON talk (person, changed);
    CREATE TABLE turn (
        number INTEGER PRIMARY KEY AUTOINCREMENT, talk TEXT NOT NULL REFERENCES talk (id) ON DELETE CASCADE,
        state TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'stopped', 'failed')), sealed BLOB NOT NULL
    );
    CREATE INDEX turn_talk ON turn (talk, number);
    CREATE TABLE feedback (
        number INTEGER PRIMARY KEY AUTOINCREMENT, person TEXT NOT NULL, added TEXT NOT NULL, verdict TEXT NOT NULL,
        scopes TEXT NOT NULL, sealed BLOB NOT NULL
    );
    """,
    # 11: the further places of a source whose file lies in several (ingest.memory.places)
    """
    CREATE TABLE place (
        path TEXT PRIMARY KEY, source TEXT NOT NULL REFERENCES source (id) ON DELETE CASCADE
    ) WITHOUT ROWID;
    CREATE INDEX place_source ON place (source);
    """,
    # 12: files inside a file are sources of their own (attachments of a mail). Mails that were read before are read again.
    """
    ALTER TABLE source ADD COLUMN within TEXT NOT NULL DEFAULT '';
    CREATE INDEX source_within ON source (within);
    UPDATE source SET beside = 'read before attachments were sources' WHERE reader = 'mail';
    """,
    # 13: what people put right (ingest.memory.amended): words they corrected, with what was read and where it lay; what they
    # hid, whole, so that it can be shown again
    """
    CREATE TABLE correction (
        entity TEXT PRIMARY KEY, source TEXT NOT NULL REFERENCES source (id) ON DELETE CASCADE, was TEXT NOT NULL,
        address BLOB NOT NULL, slots BLOB NOT NULL, space TEXT NOT NULL, sealed BLOB NOT NULL,
        person TEXT NOT NULL, added TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX correction_source ON correction (source);
    CREATE TABLE hidden (
        entity TEXT PRIMARY KEY, source TEXT NOT NULL REFERENCES source (id) ON DELETE CASCADE, whole TEXT NOT NULL,
        kind TEXT NOT NULL, text TEXT NOT NULL, title TEXT NOT NULL, locator TEXT NOT NULL, parent TEXT NOT NULL,
        ordinal INTEGER NOT NULL, facts TEXT NOT NULL, address BLOB NOT NULL, slots BLOB NOT NULL, space TEXT NOT NULL,
        sealed BLOB, part TEXT, parquet BLOB, person TEXT NOT NULL, added TEXT NOT NULL
    );
    CREATE INDEX hidden_source ON hidden (source);
    CREATE INDEX hidden_whole ON hidden (whole);
    """,
    # 14: what readers read that read otherwise now is read again when it is next asked for; what says the same is not placed
    # anew. Add such an UPDATE whenever they change.
    """
    ALTER TABLE source ADD COLUMN stale INTEGER NOT NULL DEFAULT 0;
    UPDATE source SET stale = 1 WHERE within = '';
    """,
    # 15: a file that was brought lies aside until it is read, and takes its place then (ingest.work.landing)
    """
    ALTER TABLE job ADD COLUMN place TEXT NOT NULL DEFAULT '';
    CREATE INDEX job_place ON job (place) WHERE place != '';
    """,
)
"""One script per schema version, applied once, in order. Add; never edit one that was released."""
