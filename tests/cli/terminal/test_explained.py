"""What Ape says without a way out, as the commands say it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
from ape.exceptions import ApeException

from audiera.errors import InputError
from scripts._command import check_network, explained

if TYPE_CHECKING:
    from ape.api import ProviderAPI


def test_a_network_without_a_node_is_told_how_to_name_one() -> None:
    assert explained(ApeException("Missing URI for network 'sepolia' on 'ethereum'.")) == (
        "No node is known for ethereum:sepolia; write `--network ethereum:sepolia:https://…` with the URL of one, "
        "which is held to be on that chain, or its `uri` under "
        "`node: ethereum: sepolia:` in ape-config.yaml. Choose one you trust: it sees what you send before it is mined."
    )


def test_a_chain_that_ape_started_is_not_taken_for_the_users(capsys: pytest.CaptureFixture[str]) -> None:
    started = cast("ProviderAPI", SimpleNamespace(process=object()))
    there = cast("ProviderAPI", SimpleNamespace(process=None))

    with pytest.raises(InputError) as refused:
        check_network(started, is_named=False)
    check_network(there, is_named=False)
    assert capsys.readouterr().err == ""
    check_network(started, is_named=True)

    assert str(refused.value) == (
        "No network was named, so Ape started a chain of its own: it is empty, and ends with this command. Name yours, "
        "as --network ethereum:sepolia:node or --network http://127.0.0.1:8545."
    )
    assert capsys.readouterr().err == (
        "This chain is empty, and ends with this command: Ape started it, as no node runs here.\n"
    )


def test_every_other_error_is_told_as_it_is() -> None:
    assert explained(ApeException("Nobody is there.")) == "Nobody is there."


def test_a_node_that_does_not_answer_is_named_without_the_keys_in_its_url() -> None:
    silent = ApeException("No (supported) node found on 'https://reader:secret@node.example:8545/v3/0123456789abcdef'.")

    assert explained(silent) == (
        "The node at https://node.example:8545 cannot be reached, or refuses to be asked so often; check that it runs "
        "and that its URL is right, and try again."
    )
