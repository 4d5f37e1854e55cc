"""What each operation may cost, in gas of one transaction on its own: 21,000, calldata and execution.

"Steady": every slot written was non-zero before, except what the operation itself creates.
"""

__all__ = ["BUDGETS", "OVER_BUDGET"]

BUDGETS: dict[str, int] = {
    "register, new split of 5": 170_000,
    "registerMany x50, shared split, each": 100_000,
    "create split of 2": 53_000,
    "create split of 10": 65_000,
    "create split of 100": 300_000,
    "pay a dataset, ETH": 52_000,
    "pay a dataset, ERC-20": 52_000,
    "claim, first": 93_000,
    "claim, later": 58_000,
    "publish terms": 105_000,
    "offer": 65_000,
    "acquire, ERC-20, buyer's first": 130_000,
    "acquire, ERC-20, steady": 112_000,
    "settle a batch of 512 statements": 70_000,
    "collect 1 of 512 statements": 130_000,
    "collect 10 of 512 statements, each": 58_000,
    "settle 100,000 calls over 500 licences, each call": 1,
}

# What stands in the way, for those that do not meet theirs.
OVER_BUDGET: dict[str, str] = {
    "pay a dataset, ERC-20": (
        "21,000 to start, 1,200 of calldata, 17,900 for the token's own transfer and balance, 12,100 for the three "
        "slots that make the payment (the account's split, what it received, what is accounted for) and 2,000 for the "
        "event are 54,200 before any work of its own"
    ),
}
