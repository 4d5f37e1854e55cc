"""`docs/formats.md` as code: hashes, ids, trees, splits, terms, items. No I/O."""

from audiera.protocol.cid import cid_of, digest_of
from audiera.protocol.differences import Change, Difference, compare, rows_apart
from audiera.protocol.hashing import ZERO_WORD, address_word, bytes32, keccak, type_hash, word
from audiera.protocol.identifiers import parse_ipi, parse_isni, parse_isrc, parse_iswc, parse_orcid
from audiera.protocol.ids import (
    ETHER,
    account_id,
    batch_id,
    channel_id,
    dataset_account,
    ipi_key,
    isni_key,
    name_key,
    registration_nonce,
    to_address,
)
from audiera.protocol.items import ContentTree, Item, verify_item
from audiera.protocol.kinds import DatasetFlag, Kind, holds_music, parse_kind
from audiera.protocol.licenses import ENDLESS, SignerScope, Status
from audiera.protocol.lineage import MAX_PARENTS_PPM, Parent, check_parents, owed_ppm
from audiera.protocol.metadata import Metadata, Row
from audiera.protocol.meters import Meter, parse_meter, units_of
from audiera.protocol.requests import LicenseAnswer, LicenseRequest
from audiera.protocol.rights import ALL_RIGHTS, Right, describe_rights, parse_right, parse_rights, right_bit
from audiera.protocol.served import Served, ServedItem, ServedTree, TrainingRun
from audiera.protocol.signing import check_signer, recover, sign
from audiera.protocol.splits import (
    MAX_SHARES,
    WHOLE,
    Share,
    Split,
    TooSmallError,
    from_weights,
    is_account,
    move_share,
    payee_address,
    payee_of,
    whole_weights,
)
from audiera.protocol.structs import Call, Receipt, Statement, Use, Voucher
from audiera.protocol.sumtree import Frontier, Node, Proof, SumTree, verify_sum_proof
from audiera.protocol.table import TABLE_NAME, TableRow, columns, read_table, write_table
from audiera.protocol.terms import PERPETUAL, Terms, TermsFlag
from audiera.protocol.typed import CONTRACTS, Domain, Struct, TypedMessage

__all__ = [
    "ALL_RIGHTS",
    "CONTRACTS",
    "ENDLESS",
    "ETHER",
    "MAX_PARENTS_PPM",
    "MAX_SHARES",
    "PERPETUAL",
    "TABLE_NAME",
    "WHOLE",
    "ZERO_WORD",
    "Call",
    "Change",
    "ContentTree",
    "DatasetFlag",
    "Difference",
    "Domain",
    "Frontier",
    "Item",
    "Kind",
    "LicenseAnswer",
    "LicenseRequest",
    "Metadata",
    "Meter",
    "Node",
    "Parent",
    "Proof",
    "Receipt",
    "Right",
    "Row",
    "Served",
    "ServedItem",
    "ServedTree",
    "Share",
    "SignerScope",
    "Split",
    "Statement",
    "Status",
    "Struct",
    "SumTree",
    "TableRow",
    "Terms",
    "TermsFlag",
    "TooSmallError",
    "TrainingRun",
    "TypedMessage",
    "Use",
    "Voucher",
    "account_id",
    "address_word",
    "batch_id",
    "bytes32",
    "channel_id",
    "check_parents",
    "check_signer",
    "cid_of",
    "columns",
    "compare",
    "dataset_account",
    "describe_rights",
    "digest_of",
    "from_weights",
    "holds_music",
    "ipi_key",
    "is_account",
    "isni_key",
    "keccak",
    "move_share",
    "name_key",
    "owed_ppm",
    "parse_ipi",
    "parse_isni",
    "parse_isrc",
    "parse_iswc",
    "parse_kind",
    "parse_meter",
    "parse_orcid",
    "parse_right",
    "parse_rights",
    "payee_address",
    "payee_of",
    "read_table",
    "recover",
    "registration_nonce",
    "right_bit",
    "rows_apart",
    "sign",
    "to_address",
    "type_hash",
    "units_of",
    "verify_item",
    "verify_sum_proof",
    "whole_weights",
    "word",
    "write_table",
]
