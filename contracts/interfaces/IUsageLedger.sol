// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Node} from "../libraries/SumTree.sol";
import {IDatasetRegistry} from "./IDatasetRegistry.sol";
import {ILicenseRegistry, Status} from "./ILicenseRegistry.sol";
import {ICustody} from "./ICustody.sol";
import {IPayments} from "./IPayments.sol";

/// @notice What a payer signs: the head of one open batch of a channel.
/// @param batch Any number not settled in the channel yet.
/// @param amount For all uses, in the smallest unit of `token` (zero: ETH).
/// @param fee The gateway's own, beside the amount.
/// @param calls How many uses.
/// @param statements How many leaves `root` has.
/// @param root Hash of the sum tree over the statements.
struct Voucher {
    address payer;
    address gateway;
    address token;
    uint64 batch;
    uint128 amount;
    uint128 fee;
    uint64 calls;
    uint32 statements;
    bytes32 root;
}

/// @notice The uses of one dataset under one licence in a batch.
/// @param units As the licence's meter counts them.
/// @param uses Hash of the sum tree over the uses.
struct Statement {
    uint64 license;
    uint32 dataset;
    uint64 units;
    uint64 calls;
    bytes32 uses;
}

/// @notice One metered access.
/// @param version Of the dataset.
/// @param item The item's leaf hash; zero is the whole dataset.
/// @param right Bit index of the right used.
/// @param at Unix seconds.
/// @param nonce Makes equal uses differ.
struct Use {
    uint64 license;
    uint32 dataset;
    uint16 version;
    bytes32 item;
    uint8 right;
    uint64 units;
    uint64 at;
    bytes32 nonce;
}

/// @notice Where a leaf is in a sum tree.
/// @param index Counting from zero.
/// @param amount The leaf's own: a statement's, or the price of a use.
/// @param siblings From the leaf to the root.
struct SumProof {
    uint64 index;
    uint128 amount;
    Node[] siblings;
}

/// @notice A payer's deposit with a gateway in one token.
/// @param balance What settling may still draw on.
/// @param thawing What the payer asked back.
/// @param thawsAt Unix seconds from which it can be withdrawn; zero while nothing thaws.
struct Channel {
    uint128 balance;
    uint128 thawing;
    uint64 thawsAt;
}

/// @notice What is known of a dataset's use by holders of its licences. Where use is free it says little. Counters stop at
/// their maximum instead of starting over.
/// @param lastAt Unix seconds of the latest settlement or record.
struct DatasetUsage {
    uint48 calls;
    uint48 callUnits;
    uint48 secondUnits;
    uint48 megabyteUnits;
    uint64 lastAt;
}

/// @notice What is known of a licence's use by its holder; units as its meter counts them.
struct LicenseUsage {
    uint64 calls;
    uint64 units;
    uint64 lastAt;
}

/// @title What was used
/// @notice Payers deposit, gateways settle what payers signed, anyone carries each statement's money to its dataset.
/// A payer is never charged beyond its signature, a gateway never paid before every statement is collected.
/// @dev Assumptions:
/// - Tokens: those of `IRoyaltySplitter`. A deposit is measured as it arrives, and refused unless exactly that arrives.
/// - Payers: whoever has a payer's key, or that of its signer with the scope pay, spends its deposits. A payer signs no
/// further head before it was served, since a gateway can keep the price of a use that it did not deliver.
/// - Gateways: somebody keeps the statements of each settled batch. Without them its money, and the fee, stay here.
/// - Licence registry: it answers for times past, as licences and memberships stand when it is asked.
/// - Chain: a gateway gets a transaction in within the day that a withdrawal thaws; Unix time fits 32 bits, as it does until
/// 2106; transient storage is there (EIP-1153). The fee of 2^20 statements is released within 2^24 gas.
/// - OpenZeppelin: `ECDSA` recovers a key from 65 bytes with low s only.
interface IUsageLedger is ICustody, IPayments {
    /// @notice `from` added `amount` to the payer's channel with the gateway.
    event Deposited(
        address indexed payer, address indexed gateway, address indexed token, address from, uint256 amount
    );

    /// @notice The payer may withdraw up to `amount` from `thawsAt`, of what is there then. Replaces an earlier withdrawal.
    event WithdrawalStarted(
        address indexed payer, address indexed gateway, address indexed token, uint128 amount, uint64 thawsAt
    );

    /// @notice The payer took `amount` back, to its recipient.
    event Withdrawn(
        address indexed payer, address indexed gateway, address indexed token, address recipient, uint256 amount
    );

    /// @notice The gateway gave `amount` back at once, to the payer's recipient.
    event Refunded(
        address indexed payer, address indexed gateway, address indexed token, address recipient, uint256 amount
    );

    /// @notice A batch is settled: its amount and fee have left the channel and wait to be collected and released.
    event BatchSettled(
        bytes32 indexed batchId,
        address indexed payer,
        address indexed gateway,
        address token,
        uint64 batch,
        uint128 amount,
        uint128 fee,
        uint64 calls,
        uint32 statements,
        bytes32 root,
        uint256 settledAt
    );

    /// @notice A statement's money was credited to its dataset.
    event StatementCollected(
        bytes32 indexed batchId,
        uint64 indexed license,
        uint32 indexed dataset,
        uint256 index,
        uint128 amount,
        uint64 units,
        uint64 calls,
        bytes32 uses,
        bool counted
    );

    /// @notice Every statement of the batch is collected, and the gateway's recipient has its fee.
    event FeeReleased(
        bytes32 indexed batchId, address indexed gateway, address indexed token, address recipient, uint256 fee
    );

    /// @notice A use recorded on chain, without a gateway, and paid.
    event UseRecorded(
        uint256 indexed license,
        uint32 indexed dataset,
        address indexed account,
        uint8 right,
        uint64 units,
        uint256 amount,
        bytes32 ref
    );

    /// @notice Where a gateway answers.
    event GatewayAnnounced(address indexed gateway, string url);

    /// @notice A deposit needs a payer, who alone can take it back.
    error Ledger_NoPayer();

    /// @notice Nothing is neither deposited nor given back.
    error Ledger_NoAmount();

    /// @notice The channel has nothing to withdraw before `thawsAt` (zero: no withdrawal was started).
    error Ledger_NotThawed(bytes32 channel, uint64 thawsAt);

    /// @notice Only the gateway, or its signer with the scope settle, settles: only it knows which head is last.
    error Ledger_NotGateway(address gateway, address caller);

    /// @notice A batch has at least one call and one statement, and at most 2^20 statements.
    error Ledger_InvalidBatch(uint64 calls, uint32 statements);

    /// @notice The signature is not the payer's, nor that of its signer with the scope pay.
    error Ledger_InvalidSignature(address payer, address recovered);

    /// @notice The channel lacks `missing` for the voucher's amount and fee.
    error Ledger_Shortfall(bytes32 channel, uint256 missing);

    /// @notice Another voucher was settled under this number.
    error Ledger_BatchTaken(bytes32 batchId);

    /// @notice This voucher was not settled at this time.
    error Ledger_WrongVoucher(bytes32 batchId, uint256 settledAt);

    /// @notice One proof for each statement.
    error Ledger_LengthMismatch(uint256 statements, uint256 proofs);

    /// @notice The proof does not show this statement in the batch.
    error Ledger_InvalidStatement(bytes32 batchId, uint256 index);

    /// @notice The statement `index` of the batch is not collected yet.
    error Ledger_NotAllCollected(bytes32 batchId, uint256 index);

    /// @notice The licence does not let the caller do this.
    error Ledger_NotAuthorized(uint256 licenseId, address account, uint32 dataset, Status status);

    /// @notice `right` is the index of a bit, below 16.
    error Ledger_UnknownRight(uint8 right);

    /// @notice Units of a record are at least 1 and below 2^40.
    error Ledger_InvalidUnits(uint64 units);

    /// @notice `used` units are used, and `units` more would go beyond the licence's `maxUnits`.
    error Ledger_QuotaExceeded(uint256 licenseId, uint64 used, uint64 units, uint48 maxUnits);

    /// @notice Adds to a channel, from the caller's money. ETH exact; a token must arrive in full.
    /// Warning: the gateway may settle against it whatever the payer signs; only the payer can take the rest back.
    function deposit(address payer, address gateway, address token, uint128 amount) external payable;

    /// @notice Starts the clock on taking `amount` back from the caller's channel; a new call replaces amount and clock,
    /// and zero stops it. The gateway can settle meanwhile.
    function startWithdrawal(address gateway, address token, uint128 amount) external;

    /// @notice Pays the caller's recipient (see `IRoyaltySplitter.setRecipient`) the thawed amount, or what is left of it,
    /// a day after `startWithdrawal`.
    function withdraw(address gateway, address token) external returns (uint256 amount);

    /// @notice Gives part of a payer's deposit with the caller back at once, to the payer's recipient: a cooperative close.
    /// By the gateway itself, not by a signer of it.
    function refund(address payer, address token, uint128 amount) external;

    /// @notice Settles a batch: checks the payer's signature and takes amount and fee from the channel, or nothing at all.
    /// Settling the same voucher again changes nothing and answers the same.
    /// Warning: the gateway chooses which signed head of a batch it settles; the payer signs only heads it would pay.
    /// @param signature ECDSA with low s, 65 bytes, by the payer or its signer; never ERC-1271.
    /// @return batchId `keccak256(abi.encode(channel, batch))`.
    function settle(Voucher calldata voucher, bytes calldata signature) external returns (bytes32 batchId);

    /// @notice Credits statements of a settled batch to their datasets. Anyone may; collected ones are skipped.
    /// A statement counts, for its dataset and for its licence and quota, if the payer holds the licence, the licence covered
    /// the dataset at settlement, and the amount is in the terms' token and no less than their price; calls count up to
    /// units. The money is credited whether it counts or not.
    /// @return total What was credited.
    function collect(
        Voucher calldata voucher,
        uint256 settledAt,
        Statement[] calldata statements,
        SumProof[] calldata proofs
    ) external returns (uint256 total);

    /// @notice Pays the gateway's recipient its fee, once every statement of the batch is collected. Anyone may trigger it.
    /// @return fee What was paid; zero if it was paid before.
    function releaseFee(Voucher calldata voucher, uint256 settledAt) external returns (uint256 fee);

    /// @notice Records and pays a use on chain. By the holder or its signer with the scope access; ETH exact.
    /// @param right Bit index of the right used.
    /// @param ref Commits to the work done: a training run's manifest, say.
    /// @return amount What was paid: units at the licence's unit price.
    function record(uint256 licenseId, uint32 dataset, uint8 right, uint64 units, bytes32 ref)
        external
        payable
        returns (uint256 amount);

    /// @notice Says where the caller's gateway answers, in an event.
    function announce(string calldata url) external;

    /// @notice Whether the statement, at its proof's amount, is part of the settled batch.
    /// Reverts where the proof's index is out of range or sums overflow.
    function verifyStatement(
        Voucher calldata voucher,
        uint256 settledAt,
        Statement calldata statement,
        SumProof calldata proof
    ) external view returns (bool);

    /// @notice Whether `use`, at its proof's amount, is part of the statement, and the statement of the settled batch.
    /// Reverts where a proof's index is out of range or sums overflow.
    function verifyUse(
        Voucher calldata voucher,
        uint256 settledAt,
        Statement calldata statement,
        SumProof calldata statementProof,
        Use calldata use,
        SumProof calldata useProof
    ) external view returns (bool);

    /// @notice The licence registry's answer, and Exhausted where the quota is used up.
    function statusOf(uint256 licenseId, address account, uint32 dataset, uint16 rights) external view returns (Status);

    /// @notice A channel's state.
    function channelOf(address payer, address gateway, address token) external view returns (Channel memory);

    /// @notice What is kept of a settled batch: the commitment `keccak256(abi.encode(hashStruct(voucher), settledAt))`
    /// without its last four bytes, in whose place the time of settlement stands. Zeros for a batch not settled.
    function batchOf(bytes32 batchId) external view returns (bytes28 commitment, uint32 settledAt);

    /// @notice Whether statement `index` of a batch is collected.
    function isCollected(bytes32 batchId, uint256 index) external view returns (bool);

    /// @notice What was used of a dataset, as far as it counted.
    function usageOf(uint32 dataset) external view returns (DatasetUsage memory);

    /// @notice What was used under a licence by its holder.
    function usageOfLicense(uint256 licenseId) external view returns (LicenseUsage memory);

    /// @notice Whose datasets are used.
    function DATASETS() external view returns (IDatasetRegistry);

    /// @notice Whose licences are used.
    function LICENSES() external view returns (ILicenseRegistry);
}
