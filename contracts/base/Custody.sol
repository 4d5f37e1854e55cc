// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";
import {ReentrancyGuardTransient} from "solady/utils/ReentrancyGuardTransient.sol";
import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";

import {ICustody} from "../interfaces/ICustody.sol";
import {Payments} from "./Payments.sol";

/// @title Holding money for others
/// @notice Takes in only what arrives, under one lock, and sends it on. What is whose, the contract above knows.
abstract contract Custody is ICustody, Payments, ReentrancyGuardTransient {
    using SafeTransferLib for address;

    /// @dev Takes a token from `from`; refused unless exactly `amount` arrives.
    function _pull(address token, address from, uint256 amount) internal {
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(from, address(this), amount);
        uint256 received = FixedPointMathLib.zeroFloorSub(token.balanceOf(address(this)), before);
        require(received == amount, Custody_NotReceived(token, amount, received));
    }

    /// @dev Token zero is ETH.
    function _send(address token, address to, uint256 amount) internal {
        if (token == address(0)) to.safeTransferETH(amount);
        else token.safeTransfer(to, amount);
    }

    /// @dev Transient storage is there on every chain this compiles for.
    function _useTransientReentrancyGuardOnlyOnMainnet() internal pure override returns (bool) {
        return false;
    }
}
