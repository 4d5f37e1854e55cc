"""What each operation may cost, in gas of one transaction on its own: 21,000, calldata and execution.

"Steady": every slot written was non-zero before, except what the operation itself creates.
"""

__all__ = ["BUDGETS", "OVER_BUDGET"]

BUDGETS: dict[str, float] = {
    "register, new split of 5": 170_000,
    "registerMany x50, shared split, each": 100_000,
    "create split of 2": 53_000,
    "create split of 10": 65_000,
    "create split of 100": 300_000,
    "pay a dataset, ETH": 34_000,
    "pay a dataset, ERC-20": 53_000,
    "claim, first": 88_000,
    "claim, later": 54_000,
    "publish terms": 105_000,
    "offer": 65_000,
    "acquire, ERC-20, buyer's first": 128_000,
    "acquire, ERC-20, steady": 111_000,
    "settle a batch of 512 statements": 64_000,
    "collect 1 of 512 statements": 128_000,
    "collect 10 of 512 statements, each": 50_000,
    "settle 100,000 calls over 500 licences, each call": 0.7,
    "enter 1 of 512 statements": 75_000,
    "enter 10 of 512 statements, each further": 40_000,
    "credit a reward": 80_000,
}

# What stands in the way, for those that do not meet theirs.
OVER_BUDGET: dict[str, str] = {
    "enter 1 of 512 statements": (
        "21,000 to start, 11,400 of calldata, 22,100 for the first mark of a batch, 10,000 for the two weights, 8,900 "
        "to find the campaign, the gateway, the ledger and the batch, and 2,400 for the event are 75,800 before any "
        "work of its own"
    ),
}
