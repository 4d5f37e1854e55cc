// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MockToken} from "./MockToken.sol";
import {Reentrant} from "./Reentrant.sol";

/// @title A token that makes its planned call during every transfer
contract ReentrantToken is MockToken, Reentrant {
    constructor() MockToken("BACK", 18) {}

    function _update(address from, address to, uint256 amount) internal override {
        if (from != address(0) && to != address(0)) _reenter();
        super._update(from, to, amount);
    }
}
