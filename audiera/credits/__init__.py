"""Who made the music, and who is paid how much for it."""

from audiera.credits.addressbook import AddressBook, read_address_book
from audiera.credits.checks import in_rows, mismatches
from audiera.credits.contributors import Contributors, ContributorsError, read_contributors
from audiera.credits.divide import Credits, Payout, ShareRule, divide, unsaid
from audiera.credits.parts import Part, divide_parts, part_notes, parts_by_credits
from audiera.credits.payouts import alike_note, payout_table, trust_notes
from audiera.credits.people import Party, name_fold

__all__ = [
    "AddressBook",
    "Contributors",
    "ContributorsError",
    "Credits",
    "Part",
    "Party",
    "Payout",
    "ShareRule",
    "alike_note",
    "divide",
    "divide_parts",
    "in_rows",
    "mismatches",
    "name_fold",
    "part_notes",
    "parts_by_credits",
    "payout_table",
    "read_address_book",
    "read_contributors",
    "trust_notes",
    "unsaid",
]
