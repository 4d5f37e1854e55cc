// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MockToken} from "./MockToken.sol";

/// @title A token whose issuer blocks holders, as regulated stable coins do
contract BlocklistToken is MockToken {
    mapping(address holder => bool) internal _blocked;

    error BlocklistToken_Blocked(address holder);

    constructor() MockToken("BLOCK", 6) {}

    function setBlocked(address holder, bool blocked) external {
        _blocked[holder] = blocked;
    }

    function _update(address from, address to, uint256 amount) internal override {
        require(!_blocked[from], BlocklistToken_Blocked(from));
        require(!_blocked[to], BlocklistToken_Blocked(to));
        super._update(from, to, amount);
    }
}
