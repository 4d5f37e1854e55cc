// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MockToken} from "./MockToken.sol";

/// @title A token whose balances all grow or shrink at once
contract RebasingToken is MockToken {
    uint256 internal _percent = 100;

    constructor() MockToken("BASE", 18) {}

    /// @notice Every balance is `percent` of what was transferred, from now on.
    function rebase(uint256 percent) external {
        _percent = percent;
    }

    function balanceOf(address holder) public view override returns (uint256) {
        return super.balanceOf(holder) * _percent / 100;
    }
}
