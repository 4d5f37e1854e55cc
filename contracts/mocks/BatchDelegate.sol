// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What an account may delegate its code to (EIP-7702): it makes calls in a row, and knows nothing of ERC-1271
contract BatchDelegate {
    error BatchDelegate_NotItself(address caller);
    error BatchDelegate_Failed(uint256 index);

    receive() external payable {}

    function execute(address[] calldata targets, bytes[] calldata calls) external {
        require(msg.sender == address(this), BatchDelegate_NotItself(msg.sender));
        for (uint256 i; i < targets.length; ++i) {
            (bool success,) = targets[i].call(calls[i]);
            require(success, BatchDelegate_Failed(i));
        }
    }
}
