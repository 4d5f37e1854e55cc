// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Holding money for others
/// @dev Assumptions:
/// - Tokens: those of `IRoyaltySplitter`. What comes in is measured, and refused unless exactly that arrives.
/// - Recipients: a contract that names another recipient at the splitter expects nothing back at itself.
interface ICustody {
    /// @notice `expected` of the token was to arrive, and `received` did.
    error Custody_NotReceived(address token, uint256 expected, uint256 received);
}
