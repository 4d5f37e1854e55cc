"""ETH and tokens, handled alike, so that one test covers both."""

from dataclasses import dataclass

from eth_typing import ChecksumAddress

from audiera.protocol.ids import ETHER
from tests.support.chain import Chain, Deployed, HasAddress, Sent

__all__ = ["Money"]


@dataclass(frozen=True, slots=True)
class Money:
    """What is paid in: ETH, or `token`."""

    chain: Chain
    token: Deployed | None = None

    @property
    def address(self) -> ChecksumAddress:
        """How contracts name it."""
        return self.token.address if self.token else ETHER

    def of(self, holder: HasAddress | str) -> int:
        """The holder's balance."""
        if self.token is None:
            return self.chain.ether(holder)
        balance: int = self.token.balanceOf(holder if isinstance(holder, str) else holder.address).call()
        return balance

    def value(self, amount: int) -> int:
        """The ETH to send along with a payment of `amount`."""
        return 0 if self.token else amount

    def ready(self, payer: HasAddress, spender: HasAddress, amount: int) -> None:
        """Gives a rich payer `amount` of a token, with the allowance to spend it."""
        if self.token:
            self.chain.send(self.token.mint(payer.address, amount))
            self.chain.send(self.token.approve(spender.address, 0), payer)
            self.chain.send(self.token.approve(spender.address, amount), payer)

    def move(self, payer: HasAddress, to: str, amount: int) -> Sent:
        """A plain transfer of a rich payer."""
        if self.token is None:
            return self.chain.send_raw(to, sender=payer, value=amount)
        self.chain.send(self.token.mint(payer.address, amount))
        return self.chain.send(self.token.transfer(to, amount), payer)

    def pay(self, splitter: Deployed, account: bytes, amount: int, payer: HasAddress) -> Sent:
        """Pays an account at the splitter, with everything that takes."""
        self.ready(payer, splitter, amount)
        return self.chain.send(splitter.pay(account, self.address, amount), payer, value=self.value(amount))
