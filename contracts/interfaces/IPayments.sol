// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IRelayable} from "./IRelayable.sol";
import {IRoyaltyPayer, IRoyaltySplitter} from "./IRoyaltySplitter.sol";

/// @title Paying in ETH or an ERC-20
/// @dev Assumptions:
/// - Tokens: those of `IRoyaltySplitter`. A `permit` is believed by its effect alone: where a token has none, or accepts any
/// call, the payment still needs the allowance.
/// - Splitter: it is the one named at deployment, which nobody changes, and it credits what it is paid or reverts.
/// - Solady: `multicall` refuses ETH, so that none is counted twice.
interface IPayments is IRelayable, IRoyaltyPayer {
    /// @notice ETH sent along is `sent`, and exactly `due` is asked.
    error Payments_WrongValue(uint256 due, uint256 sent);

    /// @notice Only the splitter asks for royalties, in the middle of a payment that this contract makes.
    error Payments_NotSplitter(address caller);

    /// @notice Uses the caller's EIP-2612 permit for this contract, for a payment that follows in the same `multicall`.
    /// A permit that fails is ignored: the payment then needs the allowance to be there.
    function permit(address token, uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;

    /// @notice Where royalties are held.
    function SPLITTER() external view returns (IRoyaltySplitter);
}
