// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";
import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";

/// @title What holds after tokens were spent
/// @notice Holds nothing. Nobody is trusted but the token: its balances and allowances are asked, not remembered.
/// It never lets an amount pass that arrived in part.
library ExactSpending {
    using SafeTransferLib for address;

    /// @notice `expected` of the token was to reach `receiver`, and `received` did.
    error Spending_NotReceived(address token, address receiver, uint256 expected, uint256 received);

    /// @dev Takes back what `spender` has left, as it has where a token does not count an allowance down. Says nothing to
    /// other tokens, of which some refuse an allowance of zero.
    function endAllowance(address token, address spender) internal {
        if (IERC20(token).allowance(address(this), spender) != 0) token.safeApprove(spender, 0);
    }

    /// @dev Refuses anything but `expected` more than `balanceBefore`.
    function checkReceived(address token, address receiver, uint256 balanceBefore, uint256 expected) internal view {
        uint256 received = FixedPointMathLib.zeroFloorSub(token.balanceOf(receiver), balanceBefore);
        require(received == expected, Spending_NotReceived(token, receiver, expected, received));
    }
}
