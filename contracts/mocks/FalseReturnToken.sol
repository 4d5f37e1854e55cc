// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MockToken} from "./MockToken.sol";

/// @title A token that, while it refuses, answers false instead of reverting, and moves nothing
contract FalseReturnToken is MockToken {
    bool internal _refusing;

    constructor() MockToken("FALSE", 18) {}

    function setRefusing(bool refusing) external {
        _refusing = refusing;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        return !_refusing && super.transfer(to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        return !_refusing && super.transferFrom(from, to, amount);
    }
}
