"""The tables of the first release. Written by `python -m tools.migration`, while no release has them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from audiera.indexer.tables import noticing

__all__ = ["revision", "upgrade"]

revision = "first_a9f43130"
down_revision = None

AMOUNT = sa.Numeric(78, 0).with_variant(sa.String(78), "sqlite")


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(length=66), nullable=False),
        sa.Column("controller", sa.String(length=42), nullable=False),
        sa.Column("key", sa.String(length=66), nullable=False),
        sa.Column("split", sa.String(length=66), nullable=False),
        sa.Column("dataset", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
    )
    op.create_index(op.f("ix_accounts_dataset"), "accounts", ["dataset"], unique=False)
    op.create_index(op.f("ix_accounts_split"), "accounts", ["split"], unique=False)
    op.create_table(
        "assignments",
        sa.Column("account", sa.String(length=66), nullable=False),
        sa.Column("split", sa.String(length=66), nullable=False),
        sa.Column("block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("transaction", sa.String(length=66), nullable=False),
        sa.PrimaryKeyConstraint("block", "log_index", name=op.f("pk_assignments")),
    )
    op.create_index(op.f("ix_assignments_account"), "assignments", ["account"], unique=False)
    op.create_index(op.f("ix_assignments_split"), "assignments", ["split"], unique=False)
    op.create_table(
        "batches",
        sa.Column("id", sa.String(length=66), nullable=False),
        sa.Column("payer", sa.String(length=42), nullable=False),
        sa.Column("gateway", sa.String(length=42), nullable=False),
        sa.Column("token", sa.String(length=42), nullable=False),
        sa.Column("batch", AMOUNT, autoincrement=False, nullable=False),
        sa.Column("amount", AMOUNT, autoincrement=False, nullable=False),
        sa.Column("fee", AMOUNT, autoincrement=False, nullable=False),
        sa.Column("calls", AMOUNT, autoincrement=False, nullable=False),
        sa.Column("statements", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root", sa.String(length=66), nullable=False),
        sa.Column("voucher", sa.String(length=66), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("collected", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("collected_amount", AMOUNT, autoincrement=False, nullable=False),
        sa.Column("fee_released", sa.Boolean(), nullable=False),
        sa.Column("block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("transaction", sa.String(length=66), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
    )
    op.create_index(op.f("ix_batches_gateway"), "batches", ["gateway"], unique=False)
    op.create_index(op.f("ix_batches_payer"), "batches", ["payer"], unique=False)
    op.create_index(op.f("ix_batches_voucher"), "batches", ["voucher"], unique=False)
    op.create_table(
        "blocks",
        sa.Column("hash", sa.String(length=66), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("parent", sa.String(length=66), nullable=False),
        sa.Column("time", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("orphaned", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_blocks")),
    )
    op.create_index(op.f("ix_blocks_number"), "blocks", ["number"], unique=False)
    op.create_index(
        "ix_blocks_orphaned",
        "blocks",
        ["orphaned"],
        unique=False,
        sqlite_where=sa.text("orphaned = 1"),
        postgresql_where=sa.text("orphaned"),
    )
    op.create_table(
        "campaign_datasets",
        sa.Column("campaign", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("dataset", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("weight", AMOUNT, autoincrement=False, nullable=False),
        sa.Column("credited", AMOUNT, autoincrement=False, nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("campaign", "dataset", name=op.f("pk_campaign_datasets")),
    )
    op.create_table(
        "campaign_entries",
        sa.Column("campaign", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("batch", sa.String(length=66), nullable=False),
        sa.Column("index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("dataset", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("amount", AMOUNT, autoincrement=False, nullable=False),
        sa.Column("block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("transaction", sa.String(length=66), nullable=False),
        sa.PrimaryKeyConstraint("campaign", "batch", "index", name=op.f("pk_campaign_entries")),
    )
    op.create_table(
        "campaign_funders",
        sa.Column("campaign", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("funder", sa.String(length=42), nullable=False),
        sa.Column("amount", AMOUNT, autoincrement=False, nullable=False),
        sa.Column("returned", AMOUNT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("campaign", "funder", name=op.f("pk_campaign_funders")),
    )
    op.create_table(
        "campaigns",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sponsor", sa.String(length=42), nullable=False),
        sa.Column("reward", sa.String(length=42), nullable=False),
        sa.Column("token", sa.String(length=42), nullable=False),
        sa.Column("gateways", sa.Text(), nullable=False),
        sa.Column("start", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("end", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("closes_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("pot", AMOUNT, autoincrement=False, nullable=False),
        sa.Column("weight", AMOUNT, autoincrement=False, nullable=False),
        sa.Column("block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("transaction", sa.String(length=66), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaigns")),
    )
    op.create_table(
        "chain",
        sa.Column("chain_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("genesis", sa.String(length=66), nullable=False),
        sa.Column("suite", sa.Text(), nullable=False),
        sa.Column("start", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("next_block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("rules", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("chain_id", name=op.f("pk_chain")),
    )
    op.create_table(
        "channel_moves",
        sa.Column("payer", sa.String(length=42), nullable=False),
        sa.Column("gateway", sa.String(length=42), nullable=False),
        sa.Column("token", sa.String(length=42), nullable=False),
        sa.Column("move", sa.Text(), nullable=False),
        sa.Column("party", sa.String(length=42), nullable=False),
        sa.Column("amount", AMOUNT, autoincrement=False, nullable=False),
        sa.Column("block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("transaction", sa.String(length=66), nullable=False),
        sa.PrimaryKeyConstraint("block", "log_index", name=op.f("pk_channel_moves")),
    )
    op.create_table(
        "channels",
        sa.Column("payer", sa.String(length=42), nullable=False),
        sa.Column("gateway", sa.String(length=42), nullable=False),
        sa.Column("token", sa.String(length=42), nullable=False),
        sa.Column("balance", AMOUNT, autoincrement=False, nullable=False),
        sa.Column("thawing", AMOUNT, autoincrement=False, nullable=False),
        sa.Column("thaws_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("deposited", AMOUNT, autoincrement=False, nullable=False),
        sa.Column("settled", AMOUNT, autoincrement=False, nullable=False),
        sa.Column("withdrawn", AMOUNT, autoincrement=False, nullable=False),
        sa.Column("refunded", AMOUNT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("payer", "gateway", "token", name=op.f("pk_channels")),
    )
    op.create_index(op.f("ix_channels_gateway"), "channels", ["gateway"], unique=False)
    op.create_table(
        "claimed",
        sa.Column("split", sa.String(length=66), nullable=False),
        sa.Column("token", sa.String(length=42), nullable=False),
        sa.Column("payee", sa.String(length=66), nullable=False),
        sa.Column("amount", AMOUNT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("split", "token", "payee", name=op.f("pk_claimed")),
    )
    op.create_table(
        "claims",
        sa.Column("payee", sa.String(length=66), nullable=False),
        sa.Column("split", sa.String(length=66), nullable=False),
        sa.Column("token", sa.String(length=42), nullable=False),
        sa.Column("recipient", sa.String(length=42), nullable=False),
        sa.Column("amount", AMOUNT, autoincrement=False, nullable=False),
        sa.Column("block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("transaction", sa.String(length=66), nullable=False),
        sa.PrimaryKeyConstraint("block", "log_index", name=op.f("pk_claims")),
    )
    op.create_index(op.f("ix_claims_payee"), "claims", ["payee"], unique=False)
    op.create_table(
        "clearances",
        sa.Column("dataset", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("rights_ceiling", sa.Integer(), nullable=False),
        sa.Column("until", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("licenses", sa.Text(), nullable=False),
        sa.Column("block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("transaction", sa.String(length=66), nullable=False),
        sa.PrimaryKeyConstraint("dataset", name=op.f("pk_clearances")),
    )
    op.create_table(
        "credits",
        sa.Column("account", sa.String(length=66), nullable=False),
        sa.Column("split", sa.String(length=66), nullable=False),
        sa.Column("token", sa.String(length=42), nullable=False),
        sa.Column("payer", sa.String(length=42), nullable=False),
        sa.Column("amount", AMOUNT, autoincrement=False, nullable=False),
        sa.Column("dataset", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("transaction", sa.String(length=66), nullable=False),
        sa.PrimaryKeyConstraint("block", "log_index", name=op.f("pk_credits")),
    )
    op.create_index(op.f("ix_credits_dataset"), "credits", ["dataset"], unique=False)
    op.create_table(
        "dataset_usage",
        sa.Column("dataset", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("calls", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("call_units", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("second_units", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("megabyte_units", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("dataset", name=op.f("pk_dataset_usage")),
    )
    op.create_table(
        "datasets",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("creator", sa.String(length=42), nullable=False),
        sa.Column("owner", sa.String(length=42), nullable=False),
        sa.Column("kind", sa.Integer(), nullable=False),
        sa.Column("flags", sa.Integer(), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("item_count", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("content_root", sa.String(length=66), nullable=False),
        sa.Column("manifest", sa.String(length=66), nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account", sa.String(length=66), nullable=False),
        sa.Column("split", sa.String(length=66), nullable=False),
        sa.Column("block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("transaction", sa.String(length=66), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_datasets")),
    )
    op.create_index(op.f("ix_datasets_creator"), "datasets", ["creator"], unique=False)
    op.create_index(op.f("ix_datasets_owner"), "datasets", ["owner"], unique=False)
    op.create_table(
        "documents",
        sa.Column("digest", sa.String(length=66), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("fetched_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("wrong", sa.Text(), nullable=False),
        sa.Column("content_root", sa.String(length=66), nullable=True),
        sa.Column("item_count", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("item_table", sa.String(length=66), nullable=True),
        sa.Column("contributors", sa.String(length=66), nullable=True),
        sa.Column("peaks", sa.String(length=66), nullable=True),
        sa.Column("previews", sa.String(length=66), nullable=True),
        sa.PrimaryKeyConstraint("digest", "kind", name=op.f("pk_documents")),
    )
    op.create_index(op.f("ix_documents_contributors"), "documents", ["contributors"], unique=False)
    op.create_index(op.f("ix_documents_item_table"), "documents", ["item_table"], unique=False)
    op.create_index(op.f("ix_documents_peaks"), "documents", ["peaks"], unique=False)
    op.create_index(op.f("ix_documents_previews"), "documents", ["previews"], unique=False)
    op.create_index(
        "ix_documents_wrong",
        "documents",
        ["kind"],
        unique=False,
        sqlite_where=sa.text("wrong <> ''"),
        postgresql_where=sa.text("wrong <> ''"),
    )
    op.create_table(
        "entries",
        sa.Column("dataset", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("described", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("manifest", sa.String(length=66), nullable=False),
        sa.Column("kind", sa.Integer(), nullable=False),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("derived", sa.Boolean(), nullable=False),
        sa.Column("creator", sa.String(length=42), nullable=False),
        sa.Column("registered_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("item_count", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sort_name", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("published", sa.Text(), nullable=False),
        sa.Column("keywords", sa.Text(), nullable=False),
        sa.Column("people", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("duration_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("bpm_low", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("bpm_high", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("item_table", sa.LargeBinary(), nullable=True),
        sa.Column("peaks", sa.LargeBinary(), nullable=True),
        sa.Column("previews", sa.LargeBinary(), nullable=True),
        sa.Column("cover", sa.LargeBinary(), nullable=True),
        sa.Column("cover_type", sa.Text(), nullable=True),
        sa.Column("cover_bytes", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("rights", sa.Integer(), nullable=False),
        sa.Column("meters", sa.Integer(), nullable=False),
        sa.Column("made_from", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("changes_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("dataset", name=op.f("pk_entries")),
    )
    op.create_index(
        "ix_entries_asked",
        "entries",
        ["dataset", "kind", "synthetic", "duration_ms", "bpm_low", "bpm_high", "rights", "meters"],
        unique=False,
    )
    op.create_index(op.f("ix_entries_changes_at"), "entries", ["changes_at"], unique=False)
    op.create_index(op.f("ix_entries_cover"), "entries", ["cover"], unique=False)
    op.create_index(op.f("ix_entries_creator"), "entries", ["creator"], unique=False)
    op.create_index("ix_entries_duration_ms_dataset", "entries", ["duration_ms", "dataset"], unique=False)
    op.create_index("ix_entries_sort_name_dataset", "entries", ["sort_name", "dataset"], unique=False)
    op.create_table(
        "following",
        sa.Column("chain_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("head", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("looked_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("events", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("milliseconds", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("retries", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reorganisations", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("late", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("logs", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("chain_id", name=op.f("pk_following")),
    )
    op.create_table(
        "forwards",
        sa.Column("split", sa.String(length=66), nullable=False),
        sa.Column("payee", sa.String(length=66), nullable=False),
        sa.Column("to_split", sa.String(length=66), nullable=False),
        sa.Column("token", sa.String(length=42), nullable=False),
        sa.Column("amount", AMOUNT, autoincrement=False, nullable=False),
        sa.Column("block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("transaction", sa.String(length=66), nullable=False),
        sa.PrimaryKeyConstraint("block", "log_index", name=op.f("pk_forwards")),
    )
    op.create_table(
        "gateways",
        sa.Column("gateway", sa.String(length=42), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("transaction", sa.String(length=66), nullable=False),
        sa.PrimaryKeyConstraint("gateway", name=op.f("pk_gateways")),
    )
    op.create_table(
        "gateways_named",
        sa.Column("dataset", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("gateway", sa.String(length=42), nullable=False),
        sa.PrimaryKeyConstraint("dataset", "position", name=op.f("pk_gateways_named")),
    )
    op.create_index(op.f("ix_gateways_named_gateway"), "gateways_named", ["gateway"], unique=False)
    op.create_table(
        "items",
        sa.Column("dataset", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("people", sa.Text(), nullable=False),
        sa.Column("album", sa.Text(), nullable=True),
        sa.Column("genre", sa.Text(), nullable=True),
        sa.Column("bpm", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("duration_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("bytes", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("preview", sa.LargeBinary(), nullable=True),
        sa.Column("preview_bytes", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("preview_start_ms", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("preview_ms", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("dataset", "position", name=op.f("pk_items")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_items_preview"), "items", ["preview"], unique=False)
    op.create_index(
        "ix_items_read",
        "items",
        ["sha256"],
        unique=False,
        sqlite_where=sa.text("media_type NOT LIKE 'audio/%'"),
        postgresql_where=sa.text("media_type NOT LIKE 'audio/%'"),
    )
    op.create_table(
        "kind_totals",
        sa.Column("kind", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("datasets", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("items", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_kind_totals")),
    )
    op.create_table(
        "ledger_totals",
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("number", AMOUNT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("what", name=op.f("pk_ledger_totals")),
    )
    op.create_table(
        "license_usage",
        sa.Column("license", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("calls", AMOUNT, autoincrement=False, nullable=False),
        sa.Column("units", AMOUNT, autoincrement=False, nullable=False),
        sa.Column("last_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("license", name=op.f("pk_license_usage")),
    )
    op.create_table(
        "licenses",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("dataset", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("terms", sa.String(length=66), nullable=False),
        sa.Column("holder", sa.String(length=42), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("revoked", sa.Boolean(), nullable=False),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.Column("ref", sa.String(length=66), nullable=False),
        sa.Column("block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("transaction", sa.String(length=66), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licenses")),
    )
    op.create_index(op.f("ix_licenses_dataset"), "licenses", ["dataset"], unique=False)
    op.create_index(op.f("ix_licenses_expires_at"), "licenses", ["expires_at"], unique=False)
    op.create_index(op.f("ix_licenses_holder"), "licenses", ["holder"], unique=False)
    op.create_index(op.f("ix_licenses_terms"), "licenses", ["terms"], unique=False)
    op.create_table(
        "listings",
        sa.Column("dataset", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("terms", sa.String(length=66), nullable=False),
        sa.Column("source", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("rights", sa.Integer(), nullable=False),
        sa.Column("meter", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=42), nullable=False),
        sa.Column("price", AMOUNT, autoincrement=False, nullable=False),
        sa.Column("unit_price", AMOUNT, autoincrement=False, nullable=False),
        sa.Column("duration", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("until", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("dataset", "terms", "source", name=op.f("pk_listings")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_listings_asked",
        "listings",
        ["token", "price", "dataset", "rights", "meter", "unit_price", "duration", "until"],
        unique=False,
    )
    op.create_table(
        "logs",
        sa.Column("block_hash", sa.String(length=66), nullable=False),
        sa.Column("log_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("transaction", sa.String(length=66), nullable=False),
        sa.Column("address", sa.String(length=42), nullable=False),
        sa.Column("topics", sa.LargeBinary(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("orphaned", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("block_hash", "log_index", name=op.f("pk_logs")),
    )
    op.create_index("ix_logs_block_log_index", "logs", ["block", "log_index"], unique=False)
    op.create_index(
        "ix_logs_orphaned",
        "logs",
        ["orphaned"],
        unique=False,
        sqlite_where=sa.text("orphaned = 1"),
        postgresql_where=sa.text("orphaned"),
    )
    op.create_table(
        "memberships",
        sa.Column("catalogue", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("terms", sa.String(length=66), nullable=False),
        sa.Column("dataset", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("since", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("until", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("joined", sa.Boolean(), nullable=False),
        sa.Column("admitted", sa.Boolean(), nullable=False),
        sa.Column("member_epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("host_epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("catalogue", "terms", "dataset", name=op.f("pk_memberships")),
    )
    op.create_index(op.f("ix_memberships_dataset"), "memberships", ["dataset"], unique=False)
    op.create_table(
        "offers",
        sa.Column("dataset", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("terms", sa.String(length=66), nullable=False),
        sa.Column("licensee", sa.String(length=42), nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("price", AMOUNT, autoincrement=False, nullable=False),
        sa.Column("left", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("transaction", sa.String(length=66), nullable=False),
        sa.PrimaryKeyConstraint("dataset", "terms", "licensee", name=op.f("pk_offers")),
    )
    op.create_index(op.f("ix_offers_terms"), "offers", ["terms"], unique=False)
    op.create_table(
        "parents",
        sa.Column("dataset", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("parent", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ppm", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("dataset", "parent", name=op.f("pk_parents")),
    )
    op.create_index(op.f("ix_parents_parent"), "parents", ["parent"], unique=False)
    op.create_table(
        "peaks",
        sa.Column("digest", sa.String(length=66), nullable=False),
        sa.Column("part", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", "part", name=op.f("pk_peaks")),
    )
    op.create_table(
        "people",
        sa.Column("dataset", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("creator", sa.Boolean(), nullable=False),
        sa.Column("organization", sa.Boolean(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("isni", sa.Text(), nullable=True),
        sa.Column("ipi", sa.Text(), nullable=True),
        sa.Column("orcid", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("dataset", "position", name=op.f("pk_people")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "purchases",
        sa.Column("license", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("dataset", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("renewal", sa.Boolean(), nullable=False),
        sa.Column("payer", sa.String(length=42), nullable=False),
        sa.Column("licensee", sa.String(length=42), nullable=False),
        sa.Column("token", sa.String(length=42), nullable=False),
        sa.Column("price", AMOUNT, autoincrement=False, nullable=False),
        sa.Column("expires_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("transaction", sa.String(length=66), nullable=False),
        sa.PrimaryKeyConstraint("block", "log_index", name=op.f("pk_purchases")),
    )
    op.create_index(op.f("ix_purchases_license"), "purchases", ["license"], unique=False)
    op.create_table(
        "received",
        sa.Column("split", sa.String(length=66), nullable=False),
        sa.Column("token", sa.String(length=42), nullable=False),
        sa.Column("amount", AMOUNT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("split", "token", name=op.f("pk_received")),
    )
    op.create_table(
        "recipients",
        sa.Column("payee", sa.String(length=42), nullable=False),
        sa.Column("recipient", sa.String(length=42), nullable=False),
        sa.PrimaryKeyConstraint("payee", name=op.f("pk_recipients")),
    )
    op.create_table(
        "recorded_uses",
        sa.Column("license", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("dataset", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account", sa.String(length=42), nullable=False),
        sa.Column("right", sa.Integer(), nullable=False),
        sa.Column("units", AMOUNT, autoincrement=False, nullable=False),
        sa.Column("amount", AMOUNT, autoincrement=False, nullable=False),
        sa.Column("ref", sa.String(length=66), nullable=False),
        sa.Column("block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("transaction", sa.String(length=66), nullable=False),
        sa.PrimaryKeyConstraint("block", "log_index", name=op.f("pk_recorded_uses")),
    )
    op.create_index(op.f("ix_recorded_uses_dataset"), "recorded_uses", ["dataset"], unique=False)
    op.create_index(op.f("ix_recorded_uses_license"), "recorded_uses", ["license"], unique=False)
    op.create_table(
        "shares",
        sa.Column("split", sa.String(length=66), nullable=False),
        sa.Column("payee", sa.String(length=66), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("ppm", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("split", "payee", name=op.f("pk_shares")),
    )
    op.create_index(op.f("ix_shares_payee"), "shares", ["payee"], unique=False)
    op.create_table(
        "shares_moved",
        sa.Column("dataset", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("payee", sa.String(length=66), nullable=False),
        sa.Column("to", sa.String(length=66), nullable=False),
        sa.Column("ppm", sa.Integer(), nullable=False),
        sa.Column("split", sa.String(length=66), nullable=False),
        sa.Column("block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("transaction", sa.String(length=66), nullable=False),
        sa.PrimaryKeyConstraint("block", "log_index", name=op.f("pk_shares_moved")),
    )
    op.create_table(
        "signers",
        sa.Column("account", sa.String(length=42), nullable=False),
        sa.Column("signer", sa.String(length=42), nullable=False),
        sa.Column("access_until", AMOUNT, autoincrement=False, nullable=False),
        sa.Column("pay_until", AMOUNT, autoincrement=False, nullable=False),
        sa.Column("settle_until", AMOUNT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("account", "signer", name=op.f("pk_signers")),
    )
    op.create_index(op.f("ix_signers_signer"), "signers", ["signer"], unique=False)
    op.create_table(
        "splits",
        sa.Column("id", sa.String(length=66), nullable=False),
        sa.Column("payees", sa.Integer(), nullable=False),
        sa.Column("block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("transaction", sa.String(length=66), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_splits")),
    )
    op.create_table(
        "stale",
        sa.Column("dataset", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("dataset", name=op.f("pk_stale")),
    )
    op.create_table(
        "statements",
        sa.Column("batch", sa.String(length=66), nullable=False),
        sa.Column("index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("license", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("dataset", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("amount", AMOUNT, autoincrement=False, nullable=False),
        sa.Column("units", AMOUNT, autoincrement=False, nullable=False),
        sa.Column("calls", AMOUNT, autoincrement=False, nullable=False),
        sa.Column("uses", sa.String(length=66), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.Column("block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("transaction", sa.String(length=66), nullable=False),
        sa.PrimaryKeyConstraint("batch", "index", name=op.f("pk_statements")),
    )
    op.create_index(op.f("ix_statements_dataset"), "statements", ["dataset"], unique=False)
    op.create_index(op.f("ix_statements_license"), "statements", ["license"], unique=False)
    op.create_table(
        "terms",
        sa.Column("id", sa.String(length=66), nullable=False),
        sa.Column("index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("rights", sa.Integer(), nullable=False),
        sa.Column("meter", sa.Integer(), nullable=False),
        sa.Column("unit_price", AMOUNT, autoincrement=False, nullable=False),
        sa.Column("token", sa.String(length=42), nullable=False),
        sa.Column("duration", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("notice", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("max_units", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("derivative_ppm", sa.Integer(), nullable=False),
        sa.Column("flags", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=66), nullable=False),
        sa.Column("block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("transaction", sa.String(length=66), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terms")),
    )
    op.create_index(op.f("ix_terms_index"), "terms", ["index"], unique=False)
    op.create_index(op.f("ix_terms_text"), "terms", ["text"], unique=False)
    op.create_table(
        "texts",
        sa.Column("dataset", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("people", sa.Text(), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("rest", sa.Text(), nullable=False),
        sa.Column("vector", sa.LargeBinary().with_variant(postgresql.TSVECTOR(), "postgresql"), nullable=True),
        sa.PrimaryKeyConstraint("dataset", name=op.f("pk_texts")),
    )
    op.create_table(
        "token_totals",
        sa.Column("token", sa.String(length=42), nullable=False),
        sa.Column("payments", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("amount", sa.Text(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_token_totals")),
    )
    op.create_table(
        "tokens",
        sa.Column("token", sa.String(length=42), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("decimals", sa.Integer(), nullable=True),
        sa.Column("attempts", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("next_try", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_tokens")),
    )
    op.create_index(op.f("ix_tokens_next_try"), "tokens", ["next_try"], unique=False)
    op.create_table(
        "traits",
        sa.Column("trait", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("dataset", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("trait", "value", "dataset", name=op.f("pk_traits")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_traits_dataset_trait_value", "traits", ["dataset", "trait", "value"], unique=False)
    op.create_table(
        "transfers",
        sa.Column("contract", sa.Integer(), nullable=False),
        sa.Column("token_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("from_", sa.String(length=42), nullable=False),
        sa.Column("to", sa.String(length=42), nullable=False),
        sa.Column("block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("transaction", sa.String(length=66), nullable=False),
        sa.PrimaryKeyConstraint("block", "log_index", name=op.f("pk_transfers")),
    )
    op.create_index(op.f("ix_transfers_token_id"), "transfers", ["token_id"], unique=False)
    op.create_table(
        "undo",
        sa.Column("id", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=False),
        sa.Column("block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("table", sa.String(length=64), nullable=False),
        sa.Column("row", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_undo")),
    )
    op.create_index(op.f("ix_undo_block"), "undo", ["block"], unique=False)
    op.create_table(
        "uses",
        sa.Column("voucher", sa.LargeBinary(), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("license", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("dataset", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("item", sa.LargeBinary(), nullable=False),
        sa.Column("right", sa.Integer(), nullable=False),
        sa.Column("units", AMOUNT, autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("price", AMOUNT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("voucher", "position", name=op.f("pk_uses")),
    )
    op.create_index("ix_uses_dataset_voucher", "uses", ["dataset", "voucher"], unique=False)
    op.create_index("ix_uses_voucher_license_dataset", "uses", ["voucher", "license", "dataset"], unique=False)
    op.create_table(
        "versions",
        sa.Column("dataset", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("item_count", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("content_root", sa.String(length=66), nullable=False),
        sa.Column("manifest", sa.String(length=66), nullable=False),
        sa.Column("flags", sa.Integer(), nullable=False),
        sa.Column("block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("transaction", sa.String(length=66), nullable=False),
        sa.PrimaryKeyConstraint("dataset", "version", name=op.f("pk_versions")),
    )
    op.create_index(op.f("ix_versions_manifest"), "versions", ["manifest"], unique=False)
    op.create_table(
        "wanted",
        sa.Column("digest", sa.String(length=66), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("dataset", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("most", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("attempts", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("next_try", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", "kind", name=op.f("pk_wanted")),
    )
    op.create_index(op.f("ix_wanted_dataset"), "wanted", ["dataset"], unique=False)
    op.create_index(op.f("ix_wanted_next_try"), "wanted", ["next_try"], unique=False)
    op.create_table(
        "withdrawn_items",
        sa.Column("dataset", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("item", sa.String(length=66), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("transaction", sa.String(length=66), nullable=False),
        sa.PrimaryKeyConstraint("dataset", "item", name=op.f("pk_withdrawn_items")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.create_index("ix_texts_vector", "texts", ["vector"], unique=False, postgresql_using="gin")
    for statement in noticing(op.get_bind().dialect.name):
        op.get_bind().exec_driver_sql(statement)
