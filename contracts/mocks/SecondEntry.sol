// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DoubleEntryToken} from "./DoubleEntryToken.sol";

/// @title The second address of a token
contract SecondEntry {
    DoubleEntryToken internal immutable TOKEN;

    constructor(DoubleEntryToken token) {
        TOKEN = token;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        TOKEN.transferFor(msg.sender, to, amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        TOKEN.transferFromFor(msg.sender, from, to, amount);
        return true;
    }

    function balanceOf(address holder) external view returns (uint256) {
        return TOKEN.balanceOf(holder);
    }
}
