// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MockToken} from "./MockToken.sol";
import {SecondEntry} from "./SecondEntry.sol";

/// @title A token with a second address, as proxies of SNX and TUSD had: one balance, reached through either
contract DoubleEntryToken is MockToken {
    /// @notice The other address.
    SecondEntry public immutable SECOND = new SecondEntry(this);

    error DoubleEntryToken_NotSecond(address caller);

    constructor() MockToken("DOUBLE", 18) {}

    function transferFor(address caller, address to, uint256 amount) external {
        _checkSecond();
        _transfer(caller, to, amount);
    }

    function transferFromFor(address caller, address from, address to, uint256 amount) external {
        _checkSecond();
        _spendAllowance(from, caller, amount);
        _transfer(from, to, amount);
    }

    function _checkSecond() internal view {
        require(msg.sender == address(SECOND), DoubleEntryToken_NotSecond(msg.sender));
    }
}
