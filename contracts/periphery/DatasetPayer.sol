// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";

import {IDatasetRegistry} from "../interfaces/IDatasetRegistry.sol";
import {IRoyaltySplitter} from "../interfaces/IRoyaltySplitter.sol";
import {ExactSpending} from "./ExactSpending.sol";

/// @title DatasetPayer
/// @notice Holds which datasets are paid, and where. Nobody changes that after deployment, and only the inheriting contract
/// decides what is paid. It never leaves an allowance, adds tokens of two kinds, or takes a part for the whole.
abstract contract DatasetPayer {
    using ExactSpending for address;
    using SafeTransferLib for address;

    /// @notice Whose datasets are paid.
    IDatasetRegistry public immutable DATASETS;

    /// @notice Where royalties are held.
    IRoyaltySplitter public immutable SPLITTER;

    /// @notice A payment is more than nothing.
    error Payer_NothingToPay(uint32 dataset, address token);

    /// @notice ETH sent along is `sent`, and exactly `due` is asked.
    error Payer_WrongValue(uint256 due, uint256 sent);

    constructor(IDatasetRegistry datasets) {
        DATASETS = datasets;
        SPLITTER = datasets.SPLITTER();
    }

    /// @dev Takes what is to be paid on from the caller: ETH sent along, exactly, or an approved token, in full.
    /// Warning: call it once in a transaction's frame. Twice, as in a loop or a `multicall`, counts the same ETH twice.
    /// @param token Zero is ETH.
    function _takeFromCaller(address token, uint256 amount) internal {
        uint256 due = token == address(0) ? amount : 0;
        require(msg.value == due, Payer_WrongValue(due, msg.value));
        if (token == address(0) || amount == 0) return;

        uint256 balanceBefore = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        token.checkReceived(address(this), balanceBefore, amount);
    }

    /// @dev Pays a dataset's account out of what this contract holds; its contributors claim it from the splitter.
    /// Warning: it spends whatever is here, so a contract that also holds others' money takes in first what it pays on.
    /// @param token Zero is ETH.
    function _payDataset(uint32 dataset, address token, uint256 amount) internal {
        require(amount != 0, Payer_NothingToPay(dataset, token));
        bytes32 account = DATASETS.accountOf(dataset);
        if (token == address(0)) {
            SPLITTER.pay{value: amount}(account, token, amount);
            return;
        }

        address splitter = address(SPLITTER);
        uint256 balanceBefore = token.balanceOf(splitter);
        token.safeApproveWithRetry(splitter, amount);
        SPLITTER.pay(account, token, amount);
        token.endAllowance(splitter);
        token.checkReceived(splitter, balanceBefore, amount);
    }
}
