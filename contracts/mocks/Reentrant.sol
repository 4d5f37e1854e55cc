// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title One who makes a call of its own when it is called
/// @dev It records what came of it and never reverts itself, so that a test sees the refusal and the outer call goes on.
abstract contract Reentrant {
    address internal _target;
    uint256 internal _value;
    bytes internal _data;

    /// @notice How often the plan was carried out.
    uint256 public attempts;
    /// @notice Whether the last attempt succeeded, and what it returned or reverted with.
    bool public succeeded;
    bytes public result;

    /// @notice What to call when called, and with which ETH: what is sent along now.
    function plan(address target, bytes calldata data) external payable {
        (_target, _value, _data) = (target, msg.value, data);
    }

    function _reenter() internal {
        if (_target == address(0)) return;
        ++attempts;
        (succeeded, result) = _target.call{value: _value}(_data);
    }
}
