"""What is answered instead of a page, in one sentence."""

from typing import Final

__all__ = ["NAMES", "RefusalError", "bad_request", "not_found"]

NAMES: Final = {
    400: "That cannot be read",
    404: "Nothing here",
    405: "Not that way",
    500: "Something broke",
    503: "Not now",
}
"""What the page of a refusal is called, by its status."""


class RefusalError(Exception):
    """A page that is not answered: the status of HTTP and one sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def not_found(sentence: str) -> RefusalError:
    """Return the refusal of a page about something that the index does not have."""
    return RefusalError(404, sentence)


def bad_request(sentence: str) -> RefusalError:
    """Return the refusal of a question that cannot be read."""
    return RefusalError(400, sentence)
