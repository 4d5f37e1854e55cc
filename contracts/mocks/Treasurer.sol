// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";

import {IRoyaltyPayer} from "../interfaces/IRoyaltySplitter.sol";
import {Reentrant} from "./Reentrant.sol";

/// @title Pays royalties out of what it holds, or out of what `data` names and has allowed it
/// @dev It believes whoever asks, which no real payer may do, and can be told to miscount.
contract Treasurer is IRoyaltyPayer, Reentrant {
    using SafeTransferLib for address;

    int256 internal _difference;

    /// @notice It was asked, and by whom.
    event Asked(address caller, address token, uint256 amount, bytes data);

    receive() external payable {}

    /// @notice How much more than asked it sends.
    function miscount(int256 difference) external {
        _difference = difference;
    }

    function sendRoyalties(address token, uint256 amount, bytes calldata data) external {
        emit Asked(msg.sender, token, amount, data);
        _reenter();

        uint256 sent = uint256(int256(amount) + _difference);
        if (data.length == 0) token.safeTransfer(msg.sender, sent);
        else token.safeTransferFrom(abi.decode(data, (address)), msg.sender, sent);
    }
}
