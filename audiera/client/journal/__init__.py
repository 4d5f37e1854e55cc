"""What was sent: a journal for each account and chain, written before anything is sent."""

from audiera.client.journal.entries import Entry, State
from audiera.client.journal.journal import SentJournal
from audiera.client.journal.places import state_folder

__all__ = ["Entry", "SentJournal", "State", "state_folder"]
