"""The SQLite store: events and the outbox."""
