"""Vectors of single hashes: structs and their digests, terms, ids, lineage."""

from __future__ import annotations

from audiera.protocol.hashing import type_hash, word
from audiera.protocol.ids import (
    ETHER,
    account_id,
    batch_id,
    channel_id,
    commitment,
    dataset_account,
    ipi_key,
    isni_key,
    name_key,
    to_address,
)
from audiera.protocol.items import Item
from audiera.protocol.lineage import Parent, lineage_hash
from audiera.protocol.meters import Meter
from audiera.protocol.rights import ALL_RIGHTS, Right, describe_rights
from audiera.protocol.served import Served, TrainingRun
from audiera.protocol.signing import recover, sign
from audiera.protocol.splits import Share
from audiera.protocol.structs import Call, Receipt, Statement, Use, Voucher
from audiera.protocol.terms import Terms, TermsFlag
from audiera.protocol.typed import CONTRACTS, Domain, Struct
from tests.vectors.plain import Json, address, digest, hexed, struct_json

__all__ = [
    "id_vectors",
    "lineage_vectors",
    "struct_vectors",
    "terms_vectors",
]

KEY = digest("private key")
TYPES: tuple[type[Struct], ...] = (Item, Share, Terms, Voucher, Receipt, Use, Statement, Call, Served, TrainingRun)


def made_terms() -> list[Terms]:
    usdc = to_address(address("usdc"))
    return [
        Terms(
            rights=Right.Training | Right.Inference,
            meter=Meter.Second,
            unit_price=1_000,
            token=usdc,
            duration=365 * 86_400,
            notice=30 * 86_400,
            max_units=1_000_000,
            derivative_ppm=50_000,
            flags=TermsFlag.Revocable,
            text=digest("text"),
        ),
        Terms(
            rights=ALL_RIGHTS,
            meter=Meter.Megabyte,
            unit_price=(1 << 128) - 1,
            token=ETHER,
            duration=(1 << 32) - 1,
            notice=(1 << 32) - 1,
            max_units=(1 << 48) - 1,
            derivative_ppm=900_000,
            flags=TermsFlag.Revocable | TermsFlag.DerivativesSurvive,
            text=digest("other text"),
        ),
        Terms(
            rights=Right.DataMining,
            meter=Meter.Call,
            unit_price=0,
            token=ETHER,
            duration=0,
            notice=0,
            max_units=0,
            derivative_ppm=0,
            flags=TermsFlag.Transferable,
            text=bytes(32),
        ),
    ]


def made_structs() -> list[Struct]:
    payer, gateway, token = (to_address(address(name)) for name in ("payer", "gateway", "token"))
    voucher = Voucher(
        payer=payer,
        gateway=gateway,
        token=token,
        batch=3,
        amount=12_345_678,
        fee=90,
        calls=10_000,
        statements=12,
        root=digest("root"),
    )
    fullest = Voucher(
        payer=payer,
        gateway=gateway,
        token=ETHER,
        batch=(1 << 64) - 1,
        amount=(1 << 128) - 1,
        fee=(1 << 128) - 1,
        calls=(1 << 64) - 1,
        statements=(1 << 32) - 1,
        root=b"\xff" * 32,
    )
    use = Use(
        license=5,
        dataset=6,
        version=1,
        item=digest("item"),
        right=2,
        units=214,
        at=1_700_000_000,
        nonce=digest("nonce"),
    )
    call = Call(account=payer, data=bytes.fromhex("a9059cbb") + word(1), nonce=7, deadline=1_800_000_000)
    return [
        voucher,
        fullest,
        Receipt(voucher.struct_hash()),
        use,
        Statement(license=5, dataset=6, units=214, calls=1, uses=use.struct_hash()),
        call,
        Call(account=gateway, data=b"", nonce=(1 << 256) - 1, deadline=0),
        Served(6, 1, digest("item"), 3),
        TrainingRun(digest("document")),
    ]


def struct_vectors() -> Json:
    domains = [Domain(name, 31_337, to_address(address(name))) for name in CONTRACTS]
    ledger = next(it for it in domains if it.name == "UsageLedger")
    return {
        "types": [{"definition": kind.TYPE, "typeHash": hexed(type_hash(kind.TYPE))} for kind in TYPES],
        "domains": [
            {
                "name": domain.name,
                "version": "1",
                "chainId": str(domain.chain_id),
                "verifyingContract": domain.contract,
                "separator": hexed(domain.separator()),
            }
            for domain in domains
        ],
        "privateKey": hexed(KEY),
        "structs": [signed_json(ledger, struct) for struct in made_structs()],
    }


def signed_json(domain: Domain, struct: Struct) -> Json:
    signature = sign(domain.digest(struct), KEY)
    return {
        "type": struct.TYPE,
        "values": struct_json(struct),
        "structHash": hexed(struct.struct_hash()),
        "domain": domain.name,
        "digest": hexed(domain.digest(struct)),
        "signature": hexed(signature),
        "signer": recover(domain.digest(struct), signature),
    }


def terms_vectors() -> Json:
    return {
        "terms": [
            {
                "terms": struct_json(terms),
                "rights": describe_rights(terms.rights),
                "id": hexed(terms.id()),
            }
            for terms in made_terms()
        ]
    }


def id_vectors() -> Json:
    controller, key, salt = address("controller"), digest("key"), "label 7"
    payer, gateway, token, registry = map(address, ("payer", "gateway", "token", "registry"))
    channel = channel_id(payer, gateway, token)
    voucher = digest("voucher")
    return {
        "account": {
            "controller": controller,
            "key": hexed(key),
            "id": hexed(account_id(controller, key)),
        },
        "datasetAccounts": [
            {"registry": registry, "dataset": str(dataset), "id": hexed(dataset_account(registry, dataset))}
            for dataset in (1, 2, (1 << 32) - 1)
        ],
        "channel": {"payer": payer, "gateway": gateway, "token": token, "id": hexed(channel)},
        "batches": [
            {"channel": hexed(channel), "batch": str(batch), "id": hexed(batch_id(channel, batch))}
            for batch in (0, 1, (1 << 64) - 1)
        ],
        "commitment": {
            "voucher": hexed(voucher),
            "settledAt": "1700000000",
            "commitment": hexed(commitment(voucher, 1_700_000_000)),
        },
        "isniKeys": [
            {"isni": "0000 0001 2103 2683", "salt": "", "key": hexed(isni_key("0000 0001 2103 2683"))},
            {"isni": "0000000121032683", "salt": salt, "key": hexed(isni_key("0000000121032683", salt))},
        ],
        "ipiKeys": [
            {"ipi": "519338442", "salt": "", "key": hexed(ipi_key("519338442"))},
            {"ipi": "00519338442", "salt": salt, "key": hexed(ipi_key("00519338442", salt))},
        ],
        "nameKeys": [
            {"name": name, "salt": text, "key": hexed(name_key(name, text))}
            for name, text in (("Doug Kaufman", ""), ("  Zoe\u0308  Doe ", salt), ("Zoë Doe", salt))
        ],
    }


def lineage_vectors() -> Json:
    lineages = [
        [],
        [Parent(1, 0)],
        [Parent(1, 100_000), Parent(2, 800_000)],
        [Parent(dataset, 3_529) for dataset in range(1, 256)],
    ]
    return {
        "lineages": [
            {
                "parents": [{"dataset": str(parent.dataset), "ppm": str(parent.ppm)} for parent in parents],
                "hash": hexed(lineage_hash(parents)),
            }
            for parents in lineages
        ]
    }
