// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MockToken} from "./MockToken.sol";

/// @title A token that anybody can keep from saying what a holder has
contract SilentToken is MockToken {
    bool internal _silent;

    error SilentToken_Silent();

    constructor() MockToken("SILENT", 18) {}

    function setSilent(bool silent) external {
        _silent = silent;
    }

    function balanceOf(address holder) public view override returns (uint256) {
        require(!_silent, SilentToken_Silent());
        return super.balanceOf(holder);
    }
}
