"""`license list`: the licences that an account holds now."""

from __future__ import annotations

from dataclasses import dataclass

from eth_typing import ChecksumAddress

from audiera.cli.license.show import license_json
from audiera.cli.license.terms import terms_json
from audiera.cli.terminal.output import print_json, print_lines, print_table
from audiera.cli.terminal.session import Session
from audiera.cli.terminal.words import counting_lines, ends
from audiera.client import License, LicenseUsage
from audiera.protocol import Meter, Terms, describe_rights
from audiera.text import Json

__all__ = ["list_held"]


@dataclass(frozen=True, slots=True)
class _Held:
    """A licence as a line of the list."""

    number: int
    license: License
    terms: Terms
    index: int
    """Of the terms."""
    used: LicenseUsage
    called: str
    """The dataset, by number and name."""
    name: str | None
    now: int
    """The chain's time."""

    @classmethod
    def read(cls, session: Session, number: int, now: int) -> _Held:
        licenses = session.client.licenses
        found = licenses.license_of(number)
        terms, index = licenses.terms(found.terms_id), licenses.terms_of(found.terms_id).index
        used = session.client.usage.usage_of_license(number)
        names = session.names
        return cls(number, found, terms, index, used, names.called(found.dataset), names.name(found.dataset), now)

    def row(self) -> tuple[object, ...]:
        """Return it as people read it."""
        used, most = self.used.units, self.terms.max_units
        unit = Meter(self.terms.meter).name.lower()
        state = "in force" if self.now < self.license.expires_at else "ended"
        return (
            self.number,
            self.called.removeprefix("dataset "),
            self.index,
            describe_rights(self.terms.rights),
            ends(self.license.expires_at),
            f"{used:,} of {most:,} {unit}s" if most else f"{used:,} {unit}{'' if used == 1 else 's'}",
            f"{state}, revoked" if self.license.revoked else state,
        )

    def json(self, session: Session) -> dict[str, Json]:
        """Return it for programs."""
        terms = terms_json(session, self.license.terms_id, self.index, self.terms)
        return {**license_json(self.number, self.license, self.used, terms, self.now), "name": self.name}


def list_held(session: Session, holder: ChecksumAddress) -> None:
    """Print the licences that an account holds now, those that ended as well."""
    client, now = session.client, session.client.node.timestamp()
    held = [_Held.read(session, it, now) for it in client.licenses.held_by(holder)]
    if session.as_json:
        print_json({"holder": holder, "chainId": client.chain_id, "licenses": [it.json(session) for it in held]})
    elif held:
        columns = ("licence", "dataset", "terms", "rights", "ends", "used", "state")
        title = f"Licences of {holder} on chain {client.chain_id}:"
        right = ("licence", "dataset", "terms", "used")
        print_table(columns, [it.row() for it in held], title=title, right=right, err=False)
        print_lines(*counting_lines(it.terms.meter for it in held))
    else:
        print_lines(f"{holder} holds no licence on chain {client.chain_id}.")
