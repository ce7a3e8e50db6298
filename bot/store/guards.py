"""What keeps the record as it was written: triggers in the database that refuse to change it, on both kinds.

They hold against slips and against other programs, not against whoever may drop triggers: that shows in the hash chain.
"""

from __future__ import annotations

from sqlalchemy import Connection

SENTENCE = "the record is append-only"

_REFUSE = f"BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END"
_SQLITE = {
    "audit_no_update": "BEFORE UPDATE ON audit",
    "audit_no_delete": "BEFORE DELETE ON audit",
    # INSERT OR REPLACE deletes without a word where recursive_triggers is off, as it is in other programs.
    "audit_no_replace": "BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE sequence = NEW.sequence)",
    "audit_words_only_erase": """BEFORE UPDATE ON audit_words WHEN NEW.sequence IS NOT OLD.sequence
        OR NEW.name IS NOT OLD.name OR NEW.salt IS NOT NULL OR NEW.words IS NOT NULL""",
    "audit_words_no_delete": "BEFORE DELETE ON audit_words",
    "audit_words_no_replace": """BEFORE INSERT ON audit_words
        WHEN EXISTS (SELECT 1 FROM audit_words WHERE sequence = NEW.sequence AND name = NEW.name)""",
}

_FUNCTIONS = (
    f"""CREATE OR REPLACE FUNCTION archway_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '{SENTENCE}' USING ERRCODE = 'restrict_violation'; END $$""",
    f"""CREATE OR REPLACE FUNCTION archway_only_erase() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.sequence IS DISTINCT FROM OLD.sequence OR NEW.name IS DISTINCT FROM OLD.name
           OR NEW.salt IS NOT NULL OR NEW.words IS NOT NULL THEN
            RAISE EXCEPTION '{SENTENCE}' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$""",
)
_POSTGRES = {
    ("audit", "audit_no_change"): "BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION archway_refuse()",
    ("audit", "audit_no_truncate"): "BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION archway_refuse()",
    ("audit_words", "audit_words_only_erase"): "BEFORE UPDATE ON audit_words FOR EACH ROW EXECUTE FUNCTION archway_only_erase()",
    ("audit_words", "audit_words_no_delete"): "BEFORE DELETE ON audit_words FOR EACH ROW EXECUTE FUNCTION archway_refuse()",
    ("audit_words", "audit_words_no_truncate"): "BEFORE TRUNCATE ON audit_words FOR EACH STATEMENT EXECUTE FUNCTION archway_refuse()",
}  # fmt: skip


def put_on(connection: Connection) -> None:
    """Makes the guards anew, in the caller's transaction; the tables are there."""
    take_off(connection)
    if connection.dialect.name == "sqlite":
        for name, rule in _SQLITE.items():
            connection.exec_driver_sql(f"CREATE TRIGGER {name} {rule} {_REFUSE}")
        return
    for function in _FUNCTIONS:
        connection.exec_driver_sql(function)
    for (table, name), rule in _POSTGRES.items():
        connection.exec_driver_sql(f"CREATE TRIGGER {name} {rule}")
        connection.exec_driver_sql(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")


def missing(connection: Connection) -> list[str]:
    """The names of the guards that are not there, or are turned off."""
    if connection.dialect.name == "sqlite":
        there = set(connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars())
        return sorted(_SQLITE.keys() - there)
    enabled = "SELECT tgname FROM pg_trigger WHERE tgenabled IN ('A', 'O') AND tgrelid IN (to_regclass('audit'), to_regclass('audit_words'))"
    there = set(connection.exec_driver_sql(enabled).scalars())
    return sorted({name for _, name in _POSTGRES} - there)


def foreign(connection: Connection) -> list[str]:
    """The names of triggers and views in a SQLite file that are none of ours."""
    kept = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type IN ('trigger', 'view')").scalars()
    return sorted(set(kept) - _SQLITE.keys())


def take_off(connection: Connection) -> None:
    """Drops the guards, in the caller's transaction: to restore a backup, and for whoever tests the chain behind them."""
    if connection.dialect.name == "sqlite":
        for name in _SQLITE:
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")
        return
    for table, name in _POSTGRES:
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name} ON {table}")
