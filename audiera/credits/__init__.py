"""Who made the music, and who is paid how much for it."""

from audiera.credits.addressbook import AddressBook, read_address_book
from audiera.credits.contributors import Contributors, ContributorsError, read_contributors
from audiera.credits.divide import Credits, Payout, ShareRule, divide
from audiera.credits.groups import GroupAccount
from audiera.credits.parts import Group, divide_groups, group, grouping_notes
from audiera.credits.payouts import alike_note, payout_table, trust_notes
from audiera.credits.people import Party, name_fold

__all__ = [
    "AddressBook",
    "Contributors",
    "ContributorsError",
    "Credits",
    "Group",
    "GroupAccount",
    "Party",
    "Payout",
    "ShareRule",
    "alike_note",
    "divide",
    "divide_groups",
    "group",
    "grouping_notes",
    "name_fold",
    "payout_table",
    "read_address_book",
    "read_contributors",
    "trust_notes",
]
