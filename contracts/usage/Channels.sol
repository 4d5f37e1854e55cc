// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {Custody} from "../base/Custody.sol";
import {Payments} from "../base/Payments.sol";
import {IRoyaltySplitter} from "../interfaces/IRoyaltySplitter.sol";
import {Channel, IUsageLedger} from "../interfaces/IUsageLedger.sol";
import {LedgerHashes} from "../libraries/LedgerHashes.sol";

/// @title Channels
/// @notice Holds each payer's deposit with each gateway in each token. Anyone adds to one; only its payer takes from it,
/// after a day, and only settling draws on it.
abstract contract Channels is IUsageLedger, Custody {
    /// @dev How long a withdrawal thaws, in which a gateway settles what it has served.
    uint256 internal constant THAW = 1 days;

    mapping(bytes32 channel => Channel) internal _channels;

    constructor(IRoyaltySplitter splitter) Payments(splitter) {}

    /// @inheritdoc IUsageLedger
    function deposit(address payer, address gateway, address token, uint128 amount) external payable nonReentrant {
        require(payer != address(0), Ledger_NoPayer());
        require(amount != 0, Ledger_NoAmount());
        _checkValue(token == address(0) ? amount : 0);
        address from = _sender();

        if (token != address(0)) _pull(token, from, amount);
        _channels[LedgerHashes.channelId(payer, gateway, token)].balance += amount;

        emit Deposited(payer, gateway, token, from, amount);
    }

    /// @inheritdoc IUsageLedger
    function startWithdrawal(address gateway, address token, uint128 amount) external {
        address payer = _sender();
        // Seconds since 1970 fit 64 bits.
        uint64 thawsAt = amount == 0 ? 0 : uint64(block.timestamp + THAW);

        Channel storage channel = _channels[LedgerHashes.channelId(payer, gateway, token)];
        (channel.thawing, channel.thawsAt) = (amount, thawsAt);

        emit WithdrawalStarted(payer, gateway, token, amount, thawsAt);
    }

    /// @inheritdoc IUsageLedger
    function withdraw(address gateway, address token) external nonReentrant returns (uint256 amount) {
        address payer = _sender();
        bytes32 id = LedgerHashes.channelId(payer, gateway, token);
        Channel memory channel = _channels[id];
        require(channel.thawsAt != 0 && channel.thawsAt <= block.timestamp, Ledger_NotThawed(id, channel.thawsAt));
        amount = FixedPointMathLib.min(channel.thawing, channel.balance);

        // At most the balance, so the cast and the difference hold.
        _channels[id] = Channel(channel.balance - uint128(amount), 0, 0);

        address recipient = SPLITTER.recipientOf(payer);

        emit Withdrawn(payer, gateway, token, recipient, amount);

        _send(token, recipient, amount);
    }

    /// @inheritdoc IUsageLedger
    function refund(address payer, address token, uint128 amount) external nonReentrant {
        require(amount != 0, Ledger_NoAmount());
        address gateway = _sender();

        _debit(LedgerHashes.channelId(payer, gateway, token), amount);
        address recipient = SPLITTER.recipientOf(payer);

        emit Refunded(payer, gateway, token, recipient, amount);

        _send(token, recipient, amount);
    }

    /// @inheritdoc IUsageLedger
    function channelOf(address payer, address gateway, address token) external view returns (Channel memory) {
        return _channels[LedgerHashes.channelId(payer, gateway, token)];
    }

    /* INTERNALS */

    function _debit(bytes32 id, uint256 amount) internal {
        uint256 balance = _channels[id].balance;
        require(amount <= balance, Ledger_Shortfall(id, FixedPointMathLib.zeroFloorSub(amount, balance)));
        // A difference below a uint128.
        _channels[id].balance = uint128(balance - amount);
    }
}
