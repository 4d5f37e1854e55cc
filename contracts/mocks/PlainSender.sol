// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Sends ETH as old contracts do: with 2,300 gas for whoever receives it
contract PlainSender {
    error PlainSender_OutOfGas(address to);

    /// @dev What `to.transfer(value)` compiles to, which this compiler calls deprecated: no gas but the stipend.
    function send(address to) external payable {
        bool success;
        assembly ("memory-safe") {
            success := call(0, to, callvalue(), 0, 0, 0, 0)
        }
        require(success, PlainSender_OutOfGas(to));
    }
}
