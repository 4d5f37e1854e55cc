"""Tokens whose decimals and symbols no node needs to be asked for: what they say of themselves is public and fixed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from eth_typing import ChecksumAddress

from audiera.protocol import to_address

__all__ = ["KNOWN_TOKENS"]

KNOWN_TOKENS: Final[Mapping[tuple[int, ChecksumAddress], tuple[str, int]]] = {
    (chain_id, to_address(address)): (symbol, decimals)
    for chain_id, address, symbol, decimals in (
        (1, "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48", "USDC", 6),  # Ethereum
        (1, "0xdAC17F958D2ee523a2206206994597C13D831ec7", "USDT", 6),
        (1, "0x6B175474E89094C44Da98b954EedeAC495271d0F", "DAI", 18),
        (1, "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2", "WETH", 18),
        (10, "0x0b2C639c533813f4Aa9D7837CAf62653d097Ff85", "USDC", 6),  # OP Mainnet
        (137, "0x3c499c542cEF5E3811e1192ce70d8cC03d5c3359", "USDC", 6),  # Polygon PoS
        (8_453, "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913", "USDC", 6),  # Base
        (42_161, "0xaf88d065e77c8cC2239327C5EDb3A432268e5831", "USDC", 6),  # Arbitrum One
        (43_114, "0xB97EF9Ef8734C71904D8002F8b6Bc66Dd9c48a6E", "USDC", 6),  # Avalanche C-Chain
        (84_532, "0x036CbD53842c5426634e7929541eC2318f3dCF7e", "USDC", 6),  # Base Sepolia
        (11_155_111, "0x1c7D4B196Cb0C7B01d743Fbc6116a902379C7238", "USDC", 6),  # Sepolia
    )
}
"""Symbol and decimals by chain and address.

Sources: developers.circle.com/stablecoins/usdc-contract-addresses; the issuers' contracts on Ethereum.
"""
