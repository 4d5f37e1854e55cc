"""RoyaltySplitter: payment addresses, and sweeping them."""

import pytest
from eth_account.signers.local import LocalAccount
from eth_utils import keccak, to_canonical_address, to_checksum_address

from audiera.protocol.hashing import word
from audiera.protocol.ids import ETHER, account_id
from tests.contracts.royalty_splitter.conftest import Album
from tests.support.chain import Chain, Deployed, reverts
from tests.support.money import Money
from tests.support.splits import assigned, owed

RUNTIME = "36600557005b365f5f375f5f365f73{target}5af43d5f5f3e602f573d5ffd5b3d5ff3"
KEY = b"unassigned".ljust(32, b"\0")


def runtime_code(splitter: Deployed) -> bytes:
    """A payment address's code: stop on empty calldata, else delegate to the first contract that the splitter made."""
    first = b"\xd6\x94" + to_canonical_address(splitter.address) + b"\x01"  # RLP of (creator, nonce 1)
    target = keccak(first)[12:]
    return bytes.fromhex(RUNTIME.format(target=target.hex()))


def predicted(splitter: Deployed, account: bytes, chain_id: int) -> str:
    """EIP-1014, with a salt that includes the chain id."""
    creation = bytes.fromhex("6033600a5f3960335ff3") + runtime_code(splitter)
    salt = keccak(account + word(chain_id))
    packed = b"\xff" + to_canonical_address(splitter.address) + salt + keccak(creation)
    return to_checksum_address(keccak(packed)[12:])


def test_the_payment_address_can_be_computed_by_anyone(chain: Chain, splitter: Deployed, album: Album) -> None:
    """P12."""
    expected = predicted(splitter, album.account, chain.w3.eth.chain_id)

    assert splitter.addressOf(album.account).call() == expected


def test_another_chain_has_other_payment_addresses(chain: Chain, splitter: Deployed, album: Album) -> None:
    """Attack: an address seen here that means another owner's dataset elsewhere."""
    here = predicted(splitter, album.account, chain.w3.eth.chain_id)

    with chain.renumbered(10):
        elsewhere = chain.deploy("RoyaltySplitter")
        there = elsewhere.addressOf(album.account).call()

    assert there == predicted(elsewhere, album.account, 10) == elsewhere.addressOf(album.account).call()
    assert predicted(splitter, album.account, 10) != here


@pytest.mark.parametrize("deployed", [False, True], ids=["before the first sweep", "after the first sweep"])
def test_a_chain_that_is_given_another_id_strands_nobody(
    chain: Chain, splitter: Deployed, album: Album, money: Money, listener: LocalAccount, deployed: bool
) -> None:
    """Attack: chain fork: what lay at the address, and what is sent to it after, is swept all the same."""
    address = splitter.addressOf(album.account).call()
    if deployed:
        money.move(listener, address, 1)
        chain.send(splitter.sweep(album.account, money.address))
    money.move(listener, address, 1_000)

    with chain.renumbered(10):
        assert splitter.addressOf(album.account).call() == address
        assert splitter.sweep(album.account, money.address).call() == 1_000
        chain.send(splitter.sweep(album.account, money.address))
        money.move(listener, address, 500)
        chain.send(splitter.sweep(album.account, money.address))

    assert splitter.receivedOf(album.split.id(), money.address).call() == 1_500 + deployed
    assert money.of(address) == 0


@pytest.mark.parametrize("account", [0, 1, 2**96, 2**160 - 1])
def test_an_address_has_no_payment_address(splitter: Deployed, account: int) -> None:
    """AUD-A26: Attack: a payment address of a plain address, from which nothing could ever be swept."""
    with reverts("Splitter_NotAnAccount", account=word(account)):
        splitter.addressOf(word(account)).call()
    with reverts("Splitter_UnassignedAccount", account=word(account)):
        splitter.sweep(word(account), ETHER).call()


def test_every_account_has_one(chain: Chain, splitter: Deployed) -> None:
    for account in (2**160, 2**256 - 1):
        expected = predicted(splitter, word(account), chain.w3.eth.chain_id)

        assert splitter.addressOf(word(account)).call() == expected


def test_sweep_deploys_the_address_and_credits_what_lay_there(
    chain: Chain, splitter: Deployed, album: Album, money: Money, listener: LocalAccount, stranger: LocalAccount
) -> None:
    address = splitter.addressOf(album.account).call()
    money.move(listener, address, 1_000)
    assert money.of(address) == 1_000
    assert splitter.sweep(album.account, money.address).call() == 1_000

    sent = chain.send(splitter.sweep(album.account, money.address), stranger)

    assert sent.of(splitter) == [
        splitter.event(
            "Credited",
            account=album.account,
            splitId=album.split.id(),
            token=money.address,
            payer=address,
            amount=1_000,
        )
    ]
    assert splitter.receivedOf(album.split.id(), money.address).call() == 1_000
    assert money.of(splitter) == 1_000
    assert money.of(address) == 0
    assert bytes(chain.w3.eth.get_code(address)) == runtime_code(splitter)


def test_the_address_stays_the_same_and_can_be_swept_again(
    chain: Chain, splitter: Deployed, album: Album, money: Money, listener: LocalAccount
) -> None:
    address = splitter.addressOf(album.account).call()
    for amount in (1_000, 500):
        money.move(listener, address, amount)
        chain.send(splitter.sweep(album.account, money.address))

    assert splitter.addressOf(album.account).call() == address
    assert splitter.receivedOf(album.split.id(), money.address).call() == 1_500
    assert money.of(splitter) == 1_500


def test_a_sweep_in_front_of_another_leaves_it_nothing_to_do(
    chain: Chain, splitter: Deployed, album: Album, money: Money, label: LocalAccount, listener: LocalAccount,
    stranger: LocalAccount,
) -> None:  # fmt: skip
    """AUD-A12: What lay there is credited to the same account, once, whoever comes first."""
    money.move(listener, address := splitter.addressOf(album.account).call(), 1_000)
    sweep = splitter.sweep(album.account, money.address)

    first, second = chain.send(sweep, stranger), chain.send(sweep, label)

    assert [event.name for event in first.of(splitter)] == ["Credited"]
    assert second.events == []
    assert splitter.receivedOf(album.split.id(), money.address).call() == 1_000
    assert (money.of(splitter), money.of(address)) == (1_000, 0)


def test_a_sweep_of_nothing_is_no_error_and_deploys_nothing(
    chain: Chain, splitter: Deployed, album: Album, money: Money
) -> None:
    sent = chain.send(splitter.sweep(album.account, money.address))

    assert sent.events == []
    assert splitter.sweep(album.account, money.address).call() == 0
    assert chain.w3.eth.get_code(splitter.addressOf(album.account).call()) == b""


def test_a_sweep_waits_until_the_account_is_assigned(
    chain: Chain, splitter: Deployed, album: Album, money: Money, label: LocalAccount, listener: LocalAccount
) -> None:
    account = account_id(label.address, KEY)
    money.move(listener, splitter.addressOf(account).call(), 1_000)

    with reverts("Splitter_UnassignedAccount", account=account):
        chain.send(splitter.sweep(account, money.address))

    assigned(chain, splitter, label, KEY, album.split)
    chain.send(splitter.sweep(account, money.address))
    assert splitter.receivedOf(album.split.id(), money.address).call() == 1_000


def test_unswept_money_belongs_to_the_split_of_the_day_it_is_swept(
    chain: Chain,
    splitter: Deployed,
    album: Album,
    composer: LocalAccount,
    label: LocalAccount,
    listener: LocalAccount,
) -> None:
    account = assigned(chain, splitter, label, KEY, album.split)
    Money(chain).move(listener, splitter.addressOf(account).call(), 1_000)
    assert owed(splitter, album.split, ETHER, composer) == 0

    chain.send(splitter.sweep(account, ETHER))

    assert owed(splitter, album.split, ETHER, composer) == 600


@pytest.mark.parametrize("deployed", [False, True], ids=["before the first sweep", "after the first sweep"])
def test_contracts_that_send_with_2300_gas_can_pay(
    chain: Chain, splitter: Deployed, album: Album, listener: LocalAccount, deployed: bool
) -> None:
    """AUD-R9"""
    address = splitter.addressOf(album.account).call()
    if deployed:
        chain.send_raw(address, sender=listener, value=1)
        chain.send(splitter.sweep(album.account, ETHER))
    sender = chain.deploy("PlainSender")

    chain.send(sender.send(address), listener, value=1_000)

    assert chain.ether(address) == 1_000
    chain.send(splitter.sweep(album.account, ETHER))
    assert splitter.receivedOf(album.split.id(), ETHER).call() == 1_000 + deployed


@pytest.mark.parametrize("where", ["the payment address", "the code behind it"])
def test_nobody_but_the_splitter_empties_a_payment_address(
    chain: Chain, splitter: Deployed, album: Album, listener: LocalAccount, stranger: LocalAccount, where: str
) -> None:
    """AUD-R9"""
    address = splitter.addressOf(album.account).call()
    chain.send_raw(address, sender=listener, value=1)
    chain.send(splitter.sweep(album.account, ETHER))
    chain.send_raw(address, sender=listener, value=1_000)
    target = to_checksum_address(runtime_code(splitter)[15:35])
    place = chain.at("PaymentAddress", address if where == "the payment address" else target)

    with reverts("PaymentAddress_NotSplitter", caller=stranger.address):
        chain.send(place.empty(ETHER, 1_000), stranger)

    assert chain.ether(address) == 1_000


def test_a_payment_address_that_cannot_be_deployed_says_so(
    chain: Chain, splitter: Deployed, album: Album, listener: LocalAccount
) -> None:
    """A nonce before the code makes CREATE2 fail (EIP-7610); no transaction can bring that about, the node can."""
    address = splitter.addressOf(album.account).call()
    chain.send_raw(address, sender=listener, value=1)
    chain.rpc("anvil_setNonce", address, "0x1")

    with reverts("PaymentAddress_DeploymentFailed", salt=keccak(album.account + word(31337))):
        chain.send(splitter.sweep(album.account, ETHER))


def test_a_payment_address_does_nothing_else(
    chain: Chain, splitter: Deployed, album: Album, listener: LocalAccount, stranger: LocalAccount
) -> None:
    address = splitter.addressOf(album.account).call()
    chain.send_raw(address, sender=listener, value=1)
    chain.send(splitter.sweep(album.account, ETHER))

    with reverts(""):
        chain.send_raw(address, b"\x01\x02\x03\x04", stranger)


def test_a_token_that_is_no_contract_sweeps_nothing(splitter: Deployed, album: Album, stranger: LocalAccount) -> None:
    assert splitter.sweep(album.account, stranger.address).call() == 0
