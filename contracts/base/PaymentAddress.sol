// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";

/// @title What a payment address does
/// @notice Runs behind every payment address and hands its holdings to the splitter that deployed it, and to nobody else.
contract PaymentAddress {
    using SafeTransferLib for address;

    address internal immutable SPLITTER = msg.sender;

    /// @notice Only the splitter empties a payment address.
    error PaymentAddress_NotSplitter(address caller);

    /// @notice Sends `amount` of `token` (zero: ETH) to the splitter.
    function empty(address token, uint256 amount) external {
        require(msg.sender == SPLITTER, PaymentAddress_NotSplitter(msg.sender));

        if (token == address(0)) SPLITTER.safeTransferETH(amount);
        else token.safeTransfer(SPLITTER, amount);
    }
}
