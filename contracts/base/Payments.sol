// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";

import {IPayments} from "../interfaces/IPayments.sol";
import {IRoyaltyPayer, IRoyaltySplitter} from "../interfaces/IRoyaltySplitter.sol";
import {Relayable} from "./Relayable.sol";

/// @title Paying a dataset
/// @notice Moves money from the one who acts straight to the splitter. Holds nothing on the way.
abstract contract Payments is IPayments, Relayable {
    using SafeTransferLib for address;

    /// @inheritdoc IPayments
    IRoyaltySplitter public immutable SPLITTER;

    constructor(IRoyaltySplitter splitter) {
        SPLITTER = splitter;
    }

    /// @inheritdoc IPayments
    function permit(address token, uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external {
        // Whoever saw the permit first may have used it already: then the allowance is there, and if it is not, the
        // payment itself says so. What the call answers is of no use, and is not copied.
        bytes memory data = abi.encodeCall(IERC20Permit.permit, (_sender(), address(this), amount, deadline, v, r, s));
        assembly ("memory-safe") {
            pop(call(gas(), token, 0, add(data, 0x20), mload(data), 0, 0))
        }
    }

    /// @dev Refuses value that is not exactly what is due in ETH.
    function _checkValue(uint256 due) internal view {
        require(msg.value == due, Payments_WrongValue(due, msg.value));
    }

    /// @inheritdoc IRoyaltyPayer
    function sendRoyalties(address token, uint256 amount, bytes calldata data) external {
        require(msg.sender == address(SPLITTER), Payments_NotSplitter(msg.sender));
        address from = abi.decode(data, (address));

        if (from == address(this)) token.safeTransfer(msg.sender, amount);
        else token.safeTransferFrom(from, msg.sender, amount);
    }

    /// @dev Pays one account, unless it is nothing. `from` is the account that acts, or this contract: nobody else's money
    /// is ever spent. The caller has checked `msg.value`.
    function _payAccount(bytes32 account, address token, uint256 amount, address from) internal {
        if (amount == 0) return;
        SPLITTER.creditOne{value: token == address(0) ? amount : 0}(account, token, amount, abi.encode(from));
    }
}
