// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MockToken} from "./MockToken.sol";

/// @title A token that never counts an allowance down
contract EndlessAllowanceToken is MockToken {
    constructor() MockToken("ENDLESS", 18) {}

    function _spendAllowance(address owner, address spender, uint256 amount) internal override {
        uint256 before = allowance(owner, spender);
        super._spendAllowance(owner, spender, amount);
        _approve(owner, spender, before);
    }
}
