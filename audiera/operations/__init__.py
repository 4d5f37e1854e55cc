"""What takes more than one call: offers in force, claims, collecting, rewards, tokens by their names."""

from audiera.operations.claims import Claims, ClaimStep, Owed, Worth
from audiera.operations.clearing import Choice, choose, owed_parents, result_of
from audiera.operations.collecting import Collected, collect, settled_as, settlement_of, waiting
from audiera.operations.flow import Flow
from audiera.operations.incentives import Entered, Reward, counting_batches, enter, not_entered, rewards
from audiera.operations.members import members_named, memberships_in_force
from audiera.operations.memory import hold_to_chain
from audiera.operations.names import Names
from audiera.operations.offers import offers_in_force, standing_of
from audiera.operations.runs import check_run, holder_at, recorded
from audiera.operations.tokens import TokenBook
from audiera.operations.vouchers import license_objections, objections, right_objection

__all__ = [
    "Choice",
    "ClaimStep",
    "Claims",
    "Collected",
    "Entered",
    "Flow",
    "Names",
    "Owed",
    "Reward",
    "TokenBook",
    "Worth",
    "check_run",
    "choose",
    "collect",
    "counting_batches",
    "enter",
    "hold_to_chain",
    "holder_at",
    "license_objections",
    "members_named",
    "memberships_in_force",
    "not_entered",
    "objections",
    "offers_in_force",
    "owed_parents",
    "recorded",
    "result_of",
    "rewards",
    "right_objection",
    "settled_as",
    "settlement_of",
    "standing_of",
    "waiting",
]
