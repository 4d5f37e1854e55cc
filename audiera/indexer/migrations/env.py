"""What alembic runs: the migrations, on the connection that `upgrade` has begun a transaction on."""

from __future__ import annotations

from alembic import context

from audiera.indexer.tables import METADATA

__all__: list[str] = []

if __name__ == "env_py":  # as alembic calls it; whoever just imports it runs nothing
    context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
    context.run_migrations()
