// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The chain's own coin as an ERC-20, as Celo has it: everybody's ETH behind a second address
/// @dev There, a precompiled contract moves it. Here the receiver is forced to take it, as there, but out of what this
/// contract holds: taking it from the sender is left to the test.
contract CoinToken {
    error CoinToken_NotMoved(address to, uint256 amount);

    constructor() payable {}

    function transfer(address to, uint256 amount) external returns (bool) {
        return _force(to, amount);
    }

    function transferFrom(address, address to, uint256 amount) external returns (bool) {
        return _force(to, amount);
    }

    function balanceOf(address holder) external view returns (uint256) {
        return holder.balance;
    }

    /// @dev A contract that destroys itself while it is created, PUSH20 `to` SELFDESTRUCT: no code of `to` runs.
    function _force(address to, uint256 amount) internal returns (bool) {
        bytes memory code = abi.encodePacked(hex"73", to, hex"ff");
        address sent;
        assembly ("memory-safe") {
            sent := create(amount, add(code, 0x20), mload(code))
        }
        require(sent != address(0), CoinToken_NotMoved(to, amount));
        return true;
    }
}
