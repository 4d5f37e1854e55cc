"""Writes the index's first migration anew from its tables: `python -m tools.migration`, while no release has it."""

import hashlib
import subprocess
import sys
from pathlib import Path
from textwrap import indent
from typing import Any, Literal

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.autogenerate.api import AutogenContext
from alembic.migration import MigrationContext
from alembic.operations.ops import CreateIndexOp, ModifyTableOps, UpgradeOps
from sqlalchemy import create_engine

from audiera.indexer.tables import METADATA, Amount, Word

FILE = Path("audiera/indexer/migrations/versions/first.py")
HEAD = '''"""The tables of the first release. Written by `python -m tools.migration`, while no release has them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from audiera.indexer.tables import noticing

__all__ = ["revision", "upgrade"]

revision = "{revision}"
down_revision = None

AMOUNT = sa.Numeric(78, 0).with_variant(sa.String(78), "sqlite")


def upgrade() -> None:
    """Make every table."""
'''
NOTICING = """    for statement in noticing(op.get_bind().dialect.name):
        op.get_bind().exec_driver_sql(statement)
"""
OF_POSTGRES = '    if op.get_bind().dialect.name == "postgresql":\n'


def render_item(kind: str, value: Any, _: AutogenContext) -> str | Literal[False]:  # noqa: ANN401  # as alembic has it
    """Writes a type of ours as what databases have it as, so that a later change of its class changes nothing here."""
    ours: dict[type, str | Literal[False]] = {Amount: "AMOUNT", Word: "sa.LargeBinary()"}
    return ours.get(type(value), False) if kind == "type" else False


def main() -> None:
    with create_engine("sqlite://").connect() as connection:
        context = MigrationContext.configure(connection)
        script = produce_migrations(context, METADATA)
        ops = script.upgrade_ops
        assert ops is not None
        flat = [op for it in ops.ops for op in (it.ops if isinstance(it, ModifyTableOps) else [it])]
        postgres = [it for it in flat if isinstance(it, CreateIndexOp) and "postgresql_using" in it.kw]
        everywhere, there = (
            render_python_code(UpgradeOps(ops), render_item=render_item, migration_context=context)
            for ops in ([it for it in flat if it not in postgres], postgres)
        )
    made = f"    {everywhere.strip()}\n{OF_POSTGRES}{indent(f'    {there.strip()}', '    ')}\n{NOTICING}"
    tables = "".join(f"{it}\n" for it in made.splitlines() if "# ###" not in it)
    # Whoever has an index of other tables, which no release made, is told so by another name.
    revision = f"first_{hashlib.sha256(tables.encode()).hexdigest()[:8]}"
    FILE.write_text(HEAD.replace("{revision}", revision) + tables, "utf-8")
    for action in (["format", "-q"], ["check", "--fix", "-q"]):
        subprocess.run([sys.executable, "-m", "ruff", *action, FILE], check=True)


main()
